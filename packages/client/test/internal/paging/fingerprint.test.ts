import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Effect, Schema } from "effect"
import { fingerprint } from "../../../src/internal/paging/fingerprint.ts"

type Parts = readonly [id: string, ...state: ReadonlyArray<string | number>]

const of = (items: ReadonlyArray<Parts>) => fingerprint(items.map(([id, ...state]) => ({ id, state })))

// Counters and times are integers. Other numbers can collide.
const Items = Schema.Array(Schema.Tuple([Schema.String, Schema.String, Schema.Int]))

describe("fingerprint", () => {
  it("of an empty page is undefined", () => {
    assert.isUndefined(of([]))
  })

  it.effect.prop(
    "is equal for equal items and different for different ones",
    [Items, Items],
    ([one, other]) =>
      Effect.sync(() => {
        assert.strictEqual(of(one), of(structuredClone(one)))
        if (JSON.stringify(one) !== JSON.stringify(other)) assert.notStrictEqual(of(one), of(other))
      })
  )

  it.effect.prop(
    "differs if the states differ in one number of any size",
    [Arbitrary.schema(Schema.Int), Arbitrary.schema(Schema.Int)],
    ([one, other]) =>
      Effect.sync(() => {
        if (one !== other) assert.notStrictEqual(of([["a", one]]), of([["a", other]]))
      })
  )

  it("differs if any field of an item differs, including dates and nested counters", () => {
    const item = { id: "a", at: DateTime.makeUnsafe(1), stats: { total: 1, failed: 0 }, name: null, open: true }
    const others = [
      { ...item, id: "b" },
      { ...item, at: DateTime.makeUnsafe(2) },
      { ...item, stats: { total: 1, failed: 1 } },
      { ...item, name: "" },
      { ...item, open: false }
    ]
    assert.strictEqual(new Set([item, ...others].map((item) => fingerprint([item]))).size, 6)
  })

  it("is short for a long page", () => {
    const items = Array.from({ length: 1000 }, (_, n): Parts => [`comms_operation_${n}`, n, n * 2 ** 33])
    assert.isBelow(of(items)?.length ?? Infinity, 100)
  })

  it("has no collision among pages with equal ends and lengths", () => {
    const prints = Array.from(
      { length: 20_000 },
      (_, n) => of([["a", 1], ["b", n % 100, Math.floor(n / 100), 1.7e12 + n], ["c", 1]])
    )
    assert.isAtLeast(new Set(prints).size, 19_999)
  })
})
