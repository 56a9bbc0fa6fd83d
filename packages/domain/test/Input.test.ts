import { Input, SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Duration, Effect, Option, Schema } from "effect"
import { rejection } from "./utils/rejection.ts"

describe("makeDecoder", () => {
  const decode = Input.makeDecoder("Things.list", "params", SenderPoolOperation.family.ListParams)

  it.effect("reports every invalid field, and the first as the error's field", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(decode({ status: "FAILED", pageSize: 1001 }))
      assert.strictEqual(error.call, "Things.list")
      assert.strictEqual(error.field, error.issues[0].field)
      assert.sameMembers(error.issues.map(({ field }) => field), ["status", "pageSize"])
    }))

  it.effect("names the input itself when it is not a struct", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(decode("all"))
      assert.deepEqual(error.issues.map(({ field }) => field), ["params"])
      assert.match(error.message, /^The input of Things\.list is invalid\. Nothing was sent\. params: Expected /)
    }))

  it.effect("shows at most 100 characters of a value, and of the name of a field", () =>
    Effect.gen(function*() {
      const long = "x".repeat(1000)
      const error = yield* Effect.flip(decode({ status: long }))
      assert.match(error.message, /, got "x{99}…\.$/)
      const strict = Input.makeDecoder(
        "Things.list",
        "params",
        Schema.Struct({ size: Schema.optional(Schema.Int) }),
        "error"
      )
      const [issue] = (yield* Effect.flip(strict({ [long]: long }))).issues
      assert.isAtMost(issue.field.length, 101)
      assert.isAtMost(issue.problem.length, 150)
    }))

  it.effect("returns valid input", () =>
    Effect.gen(function*() {
      assert.deepEqual<unknown>(yield* decode({ pageSize: 1 }), { pageSize: 1 })
    }))
})

it.effect("toInvalidInput joins the path of a nested field", () =>
  Effect.gen(function*() {
    const nested = Schema.Struct({ a: Schema.Struct({ b: Schema.Array(Schema.Finite) }) })
    const error = yield* Effect.flip(Schema.decodeUnknownEffect(nested)({ a: { b: [1, "x"] } }))
    assert.strictEqual(Input.toInvalidInput("Things.make", "input")(error).field, "a.b[1]")
  }))

it("invalidInput rejects one field", () => {
  const error = Input.invalidInput("Things.make", "size", "Expected a size")
  assert.strictEqual(error.field, "size")
  assert.strictEqual(error.message, "The input of Things.make is invalid. Nothing was sent. size: Expected a size.")
})

describe("intFrom", () => {
  it.effect.each<readonly [input: number, minimum: number, maximum?: number]>([
    [1, 1],
    [Number.MAX_SAFE_INTEGER, 1],
    [0, 0],
    [1, 1, 64],
    [64, 1, 64],
    [-3, -3, -3]
  ])("accepts %d from %d to %s", ([input, minimum, maximum]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Schema.decodeUnknownEffect(Input.intFrom(minimum, maximum))(input), input)
    }))

  it.effect.each([0, -1, 1.5, Number.NaN, Infinity, 2 ** 60])(
    "rejects %d with a minimum of 1",
    (input) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* rejection(Input.intFrom(1))(input), "Expected a whole number from 1")
      })
  )

  it.effect.each([0, 65, 1.5, Number.NaN, Infinity])(
    "rejects %d outside of 1 to 64",
    (input) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* rejection(Input.intFrom(1, 64))(input), "Expected a whole number from 1 to 64")
      })
  )

  it.effect.each(["1", null, undefined])("rejects %o, which is not a number", (input) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* rejection(Input.intFrom(1))(input), "Expected number")
    }))
})

describe("DurationFromInput", () => {
  const decode = Schema.decodeUnknownEffect(Input.DurationFromInput)

  it.effect.each([[2000, 2000], ["2 seconds", 2000], [Duration.minutes(1), 60_000], [0, 0]] as const)(
    "accepts %s",
    ([input, millis]) =>
      Effect.gen(function*() {
        assertEquals(yield* decode(input), Duration.millis(millis))
      })
  )

  it.effect.each([-1, Duration.millis(-1), "soon", "", null, Duration.negativeInfinity])(
    "rejects %o",
    (input) =>
      Effect.gen(function*() {
        assert.include(yield* rejection(Input.DurationFromInput)(input), "a duration such as \"30 seconds\"")
      })
  )
})

it("parseDuration reads the forms of flags and of Effect", () => {
  const cases: ReadonlyArray<readonly [string, number]> = [
    ["200ms", 200],
    ["30s", 30_000],
    ["10m", 600_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["1.5s", 1_500],
    ["0s", 0],
    ["30 seconds", 30_000],
    ["1 minute", 60_000],
    ["Infinity", Infinity]
  ]
  for (const [text, millis] of cases) {
    assert.deepStrictEqual(Option.map(Input.parseDuration(text), Duration.toMillis), Option.some(millis), text)
  }
  for (
    const text of ["", "5", "s", "-1s", "1 s", "1w", "1e3s", "1s2", "NaNs", "9999999999d", "-1 seconds", "-Infinity"]
  ) {
    assert.isTrue(Option.isNone(Input.parseDuration(text)), text)
  }
})

describe("DurationFromText", () => {
  it.effect.each([["10m", 600_000], ["10 minutes", 600_000], ["0s", 0]] as const)(
    "accepts %s",
    ([text, millis]) =>
      Effect.gen(function*() {
        assertEquals(yield* Schema.decodeEffect(Input.DurationFromText)(text), Duration.millis(millis))
      })
  )

  it.effect("names both forms when it rejects a text", () =>
    Effect.gen(function*() {
      const expected = "Expected a duration such as 200ms, 30s, 10m, 2h, 7d or \"30 seconds\""
      assert.include(yield* rejection(Input.DurationFromText)("soon"), expected)
      assert.include(yield* rejection(Input.DurationFromText)("-1 seconds"), expected)
      assert.include(yield* rejection(Input.PositiveDurationFromText)("0s"), `${expected}, above zero`)
    }))

  it.effect("encodes a text that it decodes", () =>
    Effect.gen(function*() {
      const text = yield* Schema.encodeEffect(Input.DurationFromText)(Duration.seconds(90))
      assertEquals(yield* Schema.decodeEffect(Input.DurationFromText)(text), Duration.seconds(90))
    }))
})
