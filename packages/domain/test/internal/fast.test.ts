import { EmailOperation, MessageOperation, SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Array as Arr, DateTime, Effect, Equal, Hash, Result, Schema } from "effect"
import { deepStrictEqual } from "node:assert"
import { inspect } from "node:util"
import { makeUtc, utcMillis } from "../../src/internal/utc.ts"

const families = [SenderPoolOperation.family, MessageOperation.family, EmailOperation.family] as const

const counters = [
  "total",
  "queued",
  "created",
  "failed",
  "sent",
  "delivered",
  "opened",
  "new",
  "constructor",
  "__proto__"
]

const dates = [
  "2024-04-05T06:20:00Z",
  "2024-04-05T06:20:00.123Z",
  "2024-02-29T23:59:59Z",
  "2023-02-29T00:00:00Z",
  "1900-03-01T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999Z",
  "2024-04-05T24:00:00Z",
  "2016-12-31T23:59:60Z",
  "2024-04-31T06:20:00Z",
  "2024-4-05T06:20:00Z",
  "2024-04-05T06:20:0xZ",
  "2024-04-05T06:20:00.1x3Z",
  "2024-04-05T06:20:00.12Z",
  "2024-04-05T06:20:00+02:00",
  "2024-04-05T06:20:00z",
  "2024-04-05",
  "+02024-04-05T06:20:00Z"
]

const oneOf = <const A extends ReadonlyArray<string | number>>(all: A) => Schema.Literals(all)

const Odd = Schema.Union([
  Schema.Null,
  Schema.Literals([true, "", "x", -1, 1.5, 0, 2 ** 53, "PAUSED"]),
  Schema.Struct({}),
  Schema.Array(Schema.Int)
])

const Wire = Schema.Struct({
  id: Schema.String,
  status: oneOf(["PROCESSING", "COMPLETED", "CANCELED", "SCHEDULED", "", "NEW"]),
  stats: Schema.Array(Schema.Tuple([oneOf(counters), Schema.Union([Schema.Natural, Odd])])),
  required: Schema.Boolean,
  createdAt: Schema.Union([oneOf(dates), Schema.String, Odd]),
  updatedAt: oneOf(dates),
  without: Schema.UndefinedOr(oneOf(["id", "status", "stats", "createdAt", "updatedAt"])),
  replaced: Schema.UndefinedOr(Schema.Tuple([oneOf(["id", "status", "stats", "updatedAt"]), Odd])),
  reversed: Schema.Boolean,
  prototype: oneOf(["plain", "none", "inherited"])
})

const inputOf = (wire: typeof Wire.Type): unknown => {
  const { createdAt, id, prototype, replaced, required, reversed, stats, status, updatedAt, without } = wire
  const counts = [
    ...required ? ["total", "queued", "created", "failed"].map((name) => [name, 7] as const) : [],
    ...stats
  ]
  const fields: Record<string, unknown> = {
    id,
    status,
    stats: Object.fromEntries(reversed ? Arr.reverse(counts) : counts),
    createdAt,
    updatedAt,
    added: 1
  }
  if (replaced !== undefined) fields[replaced[0]] = replaced[1]
  const kept = Object.entries(fields).filter(([name]) => name !== without)
  const input: object = Object.fromEntries(reversed ? Arr.reverse(kept) : kept)
  return prototype === "plain"
    ? input
    : prototype === "none"
    ? Object.assign(Object.create(null), input)
    : Object.create(input)
}

const keysOf = (u: unknown): unknown =>
  typeof u === "object" && u !== null && !DateTime.isDateTime(u)
    ? Object.entries(u).map(([key, value]) => [key, keysOf(value)])
    : typeof u

const codecs = families.map(({ model, resource }) => {
  const schema: Schema.Codec<object, unknown> = model
  return {
    fast: Schema.decodeUnknownResult(Schema.toCodecJson(schema)),
    // An annotated class has a codec of its own, without the fast decoder.
    slow: Schema.decodeUnknownResult(Schema.toCodecJson(schema.annotate({}))),
    encode: Schema.encodeUnknownSync(Schema.toCodecJson(schema)),
    model,
    resource
  }
})

const assertSame = (input: unknown): boolean => {
  let decoded = false
  for (const { encode, fast, model, slow } of codecs) {
    const [a, b] = [fast(input), slow(input)]
    if (Result.isFailure(b)) {
      assert.strictEqual(Result.isFailure(a) ? a.failure.message : "decoded", b.failure.message)
      continue
    }
    if (Result.isFailure(a)) return assert.fail(a.failure.message)
    decoded = true
    for (let times = 0; times < 2; times++) {
      deepStrictEqual(a.success, b.success)
      assert.deepEqual(keysOf(a.success), keysOf(b.success))
      assert.isTrue(Equal.equals(a.success, b.success))
      assert.strictEqual(Hash.hash(a.success), Hash.hash(b.success))
      assert.strictEqual(inspect(a.success, { depth: 9 }), inspect(b.success, { depth: 9 }))
      assert.strictEqual(JSON.stringify(a.success), JSON.stringify(b.success))
      deepStrictEqual(encode(a.success), encode(b.success))
      assert.strictEqual(Object.getPrototypeOf(a.success), Object.getPrototypeOf(b.success))
      assert.isTrue(Schema.is(model)(a.success))
      // The parts of a time are stored in it.
      for (const time of Object.values(a.success)) if (DateTime.isDateTime(time)) DateTime.toParts(time)
    }
  }
  return decoded
}

describe("the fast decoder", () => {
  it.effect.prop(
    "decodes and rejects every input as the schema does",
    [Arbitrary.schema(Wire)],
    ([wire]) => Effect.sync(() => void assertSame(inputOf(wire))),
    { arbitrary: { runs: 1000 } }
  )

  for (const { encode, model, resource } of codecs) {
    it.effect.prop(
      `decodes every valid operation of ${resource}`,
      [Arbitrary.schema(Schema.toType<Schema.Codec<object, unknown>>(model))],
      ([operation]) => Effect.sync(() => assert.isTrue(assertSame(encode(operation))))
    )
  }

  it("decodes documented operations", () => {
    const [createdAt = "", updatedAt] = dates
    const stats = { total: 9, queued: 1, created: 3, failed: 0 }
    assert.isTrue(assertSame({ id: "x", status: "PROCESSING", stats, createdAt, updatedAt }))
    assert.isTrue(assertSame({ id: "x", status: "NEW", stats: { new: 1, ...stats }, createdAt, updatedAt }))
  })
})

describe("a time", () => {
  it.effect.prop(
    "of the API's form is read as Date.parse reads it",
    [Arbitrary.schema(
      Schema.Int.check(Schema.isBetween({ minimum: -62_167_219_200_000, maximum: 253_402_300_799_999 }))
    )],
    ([millis]) =>
      Effect.sync(() => {
        const text = new Date(millis).toISOString()
        const read = utcMillis(text)
        assert.isTrue(read === millis || (Number.isNaN(read) && text.includes("-02-29")))
        const seconds = Math.floor(millis / 1000) * 1000
        const short = text.replace(/\.\d+/, "")
        assert.isTrue(utcMillis(short) === seconds || short.includes("-02-29"))
      }),
    { arbitrary: { runs: 2000 } }
  )

  it.each(dates)("that is not of this form is left to the schema: %s", (text) => {
    const read = utcMillis(text)
    assert.isTrue(Number.isNaN(read) || read === Date.parse(text))
  })

  it("has a hidden part that stays hidden", () => {
    const time = makeUtc(1e12)
    const made = DateTime.makeUnsafe(1e12)
    assert.deepEqual(Object.keys(time), Object.keys(made))
    DateTime.toParts(time)
    DateTime.toParts(made)
    assert.deepEqual(Object.keys(time), Object.keys(made))
    assert.deepEqual(
      Object.getOwnPropertyDescriptor(time, "partsUtc"),
      Object.getOwnPropertyDescriptor(made, "partsUtc")
    )
  })
})
