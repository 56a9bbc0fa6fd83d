import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import * as History from "../../../src/internal/waiting/history.ts"
import { operationOf, type Standing } from "../../utils/polls.ts"

/** The progress after polls in turn. */
const after = (...polls: ReadonlyArray<readonly [at: number, standing: Standing]>) => {
  const [first, ...rest] = polls.map(([at, standing]) => ({ at, operation: operationOf(standing) }))
  return first === undefined
    ? assert.fail("There must be a poll")
    : History.toProgress(rest.reduce(History.add, History.begin(first)))
}

describe("progress", () => {
  it("counts what is created or failed as settled", () => {
    const { fraction, settled, total } = after([0, { created: 3, failed: 1, queued: 6 }])
    assert.deepEqual([settled, total, fraction], [4, 10, 0.4])
  })

  it("has no fraction without items, and a fraction of 1 at most", () => {
    assert.isUndefined(after([0, { total: 0 }]).fraction)
    const tooMuch = after([0, { created: 1 }], [1000, { created: 12 }])
    assert.deepEqual([tooMuch.fraction, tooMuch.remaining], [1, Duration.zero])
  })

  it("has a rate over the last five polls, and an estimate from it", () => {
    const slow = [[0, {}], [1000, { created: 0 }]] as const
    const { rate, remaining } = after(...slow, [2000, { created: 1 }], [3000, { created: 2 }], [4000, { created: 4 }])
    assert.deepEqual([rate, remaining], [1, Duration.seconds(6)])
    const later = after(
      ...slow,
      [2000, { created: 1 }],
      [3000, { created: 2 }],
      [4000, { created: 4 }],
      [5000, { created: 4 }]
    )
    assert.deepEqual([later.rate, later.remaining], [1, Duration.seconds(6)])
  })

  it("has no rate or estimate without enough polls", () => {
    const once = after([0, { created: 3 }])
    assert.deepEqual([once.rate, once.remaining], [undefined, undefined])
    const still = after([0, { created: 3 }], [1000, { created: 3 }])
    assert.deepEqual([still.rate, still.remaining], [0, undefined])
    const atOnce = after([0, { created: 3 }], [0, { created: 4 }])
    assert.deepEqual([atOnce.rate, atOnce.remaining], [undefined, undefined])
    const setBack = after([5000, { created: 3 }], [1000, { created: 4 }])
    assert.deepEqual([setBack.rate, setBack.remaining], [undefined, undefined])
    assert.deepEqual(setBack.unchangedFor, Duration.zero)
  })

  it("has nothing left at the end", () => {
    for (const status of ["COMPLETED", "CANCELED"]) {
      const { rate, remaining } = after([0, { created: 3 }], [1000, { created: 4, status }])
      assert.deepEqual([rate, remaining], [undefined, Duration.zero])
    }
  })

  it("says when the last change went backwards, and measures from there", () => {
    const polls = [[0, { created: 6, failed: 1 }], [1000, { created: 7, failed: 1 }]] as const
    assert.isFalse(after(...polls).wentBackwards)
    for (const standing of [{ created: 5, failed: 3 }, { created: 8 }]) {
      const back = after(...polls, [2000, standing])
      assert.deepEqual([back.wentBackwards, back.rate, back.remaining], [true, undefined, undefined])
      assert.isTrue(after(...polls, [2000, standing], [3000, standing]).wentBackwards)
      const on = after(...polls, [2000, standing], [3000, standing], [4000, { created: 9, failed: 1 }])
      assert.deepEqual([on.wentBackwards, on.rate], [standing.failed === 3, standing.failed === 3 ? undefined : 1])
    }
    assert.isTrue(after([0, { status: "COMPLETED" }], [1000, {}]).wentBackwards)
  })

  it("says how long nothing has changed", () => {
    const { unchangedFor } = after([0, {}], [1000, { created: 1 }], [5000, { created: 1 }], [9000, { created: 1 }])
    assert.deepEqual(unchangedFor, Duration.seconds(8))
  })

  it("accepts numbers of any size", () => {
    const total = Number.MAX_SAFE_INTEGER
    const { fraction, remaining } = after([0, { total }], [8.64e15, { total, created: 1 }])
    assert.isAbove(fraction ?? 0, 0)
    assert.isTrue(remaining !== undefined && Duration.isPositive(remaining))
  })
})
