import { Timestamp } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { DateTime, Effect, Schema } from "effect"
import { rejection } from "./utils/rejection.ts"
import { roundTrips } from "./utils/roundTrip.ts"

const decode = Schema.decodeUnknownEffect(Timestamp.Timestamp)
const encode = Schema.encodeEffect(Timestamp.Timestamp)
const decodeInput = Schema.decodeUnknownEffect(Timestamp.TimestampFromInput)

describe("Timestamp", () => {
  it.effect.each(
    [
      ["2024-04-05T06:20:00Z", "2024-04-05T06:20:00.000Z"],
      ["2024-04-05t06:20:00z", "2024-04-05T06:20:00.000Z"],
      ["2024-04-05T06:20:00+02:00", "2024-04-05T04:20:00.000Z"],
      ["2024-01-01T00:00:00-05:30", "2024-01-01T05:30:00.000Z"],
      ["2024-04-05T06:20:00.5Z", "2024-04-05T06:20:00.500Z"],
      ["2024-04-05T06:20:00.123456789Z", "2024-04-05T06:20:00.123Z"],
      ["2024-04-05 06:20:00Z", "2024-04-05T06:20:00.000Z"],
      ["2024-01-15", "2024-01-15T00:00:00.000Z"],
      ["2024-02-29", "2024-02-29T00:00:00.000Z"],
      ["2000-02-29T23:59:59-01:00", "2000-03-01T00:59:59.000Z"],
      ["2024-01-31", "2024-01-31T00:00:00.000Z"],
      ["2024-01-02T00:00:00-02:29", "2024-01-02T02:29:00.000Z"],
      ["+012024-04-05T06:20:00Z", "+012024-04-05T06:20:00.000Z"],
      ["-000001-04-05T06:20:00Z", "-000001-04-05T06:20:00.000Z"],
      ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
      ["2016-12-31T23:59:60.25Z", "2017-01-01T00:00:00.250Z"],
      ["2017-01-01t05:29:60+05:30", "2017-01-01T00:00:00.000Z"],
      ["2016-12-31 23:59:60Z", "2017-01-01T00:00:00.000Z"],
      ["2024-02-29T06:20:60Z", "2024-02-29T06:21:00.000Z"]
    ] as const
  )("reads %j", ([text, written]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* encode(yield* decode(text)), written)
    }))

  it.effect.each([
    "foo 3",
    "2024",
    "2024-04",
    "",
    " 2024-04-05",
    "2024-04-05\n",
    "2024-13-01",
    "2024-00-01",
    "2024-01-00",
    "2024-01-32",
    "2024-02-30",
    "2023-02-29",
    "1900-02-29T00:00:00Z",
    "+012023-02-29",
    "2024-04-31T00:00:00Z",
    "2024-11-31",
    "2024-04-05T06:20:00",
    "2024-04-05T25:00:00Z",
    "2024-04-05T06:20:61Z",
    "2024-04-05T06:60:60Z",
    "2024-04-05T24:00:60Z",
    "2023-02-29T23:59:60Z",
    "2024-13-01T23:59:60Z",
    "2024-04-05T06:20:00+0200",
    "05/04/2024",
    "Fri, 05 Apr 2024 06:20:00 GMT",
    1712298000000,
    null
  ])("rejects %o", (input) =>
    Effect.gen(function*() {
      assert.match(
        yield* rejection(Timestamp.Timestamp)(input),
        /an RFC 3339 date-time such as 2024-04-05T06:20:00Z, or a date|DateTime|Expected string/
      )
    }))

  roundTrips("a timestamp", Timestamp.Timestamp)
})

describe("TimestampFromInput", () => {
  const instant = DateTime.makeUnsafe("2024-04-05T04:20:00Z")

  it.effect.each([
    instant,
    DateTime.setZoneOffset(instant, 7_200_000),
    new Date("2024-04-05T04:20:00Z"),
    "2024-04-05T06:20:00+02:00"
  ])("accepts %s", (input) =>
    Effect.gen(function*() {
      const decoded = yield* decodeInput(input)
      assert.isTrue(DateTime.isUtc(decoded))
      assertEquals(decoded, instant)
    }))

  it.effect.each([new Date(Number.NaN), "yesterday", "2024", "2016-12-31T23:59:60Z", 1712290800000, null, {}])(
    "rejects %o",
    (input) =>
      Effect.gen(function*() {
        assert.include(
          yield* rejection(Timestamp.TimestampFromInput)(input),
          "a DateTime, a valid Date, or an RFC 3339 date-time such as 2024-04-05T06:20:00Z"
        )
      })
  )
})

describe("isDateRange", () => {
  const date = Schema.optional(Timestamp.TimestampFromInput)
  const Range = Schema.Struct({ startDate: date, endDate: date }).check(Timestamp.isDateRange)
  const decodeRange = Schema.decodeUnknownEffect(Range)

  it.effect.each([
    {},
    { startDate: "2024-04-05" },
    { endDate: "2024-04-05" },
    { startDate: undefined, endDate: "2024-04-05" },
    { startDate: "2024-04-05", endDate: "2024-04-05" },
    { startDate: "2024-04-05", endDate: "2024-04-06" }
  ])("accepts %j", (range) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(Object.keys(yield* decodeRange(range)), Object.keys(range))
    }))

  it.effect("rejects a range that ends before it starts", () =>
    Effect.gen(function*() {
      const message = yield* rejection(Range)({ startDate: "2024-04-05T00:00:00.001Z", endDate: "2024-04-05" })
      assert.include(message, "Expected a date that is not after endDate")
      assert.include(message, `["startDate"]`)
    }))
})
