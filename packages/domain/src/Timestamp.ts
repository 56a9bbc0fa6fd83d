/**
 * The timestamps of the Comms API: RFC 3339 date-times.
 *
 * @module
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"

// `Date.parse` accepts almost any text ("foo 3" is a day in 2001) and reads February 30 as March 1. The pattern rejects
// both. It accepts six-digit years, because `Date` prints years beyond 9999 in that form.
const rfc3339 =
  /^(?:\d{4}|[+-]\d{6})-(?!02-3|(?:0[469]|11)-31)\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/

const isInLeapYear = (text: string): boolean => {
  const end = text.indexOf("-02-29") + "-02-29".length
  return new Date(text.slice(0, end)).getUTCDate() === 29
}

// `Date` has no leap seconds.
const leapSecond = /([T ]\d{2}:\d{2}:)60/i

const toMillis = (text: string): number => {
  if (text.includes("-02-29") && !isInLeapYear(text)) return Number.NaN
  const millis = Date.parse(text)
  return Number.isNaN(millis) ? Date.parse(text.replace(leapSecond, "$159")) + 1000 : millis
}

const textForms = "an RFC 3339 date-time such as 2024-04-05T06:20:00Z, or a date"

/**
 * A timestamp: an RFC 3339 date-time on the wire, a `DateTime.Utc` in the program.
 *
 * **Details**
 *
 * Decoding reads a bare date (`2024-01-15`) as midnight UTC, because the documentation's curl samples send such dates.
 * It truncates to milliseconds, and reads a leap second (`23:59:60`) as the following second. Encoding always writes a
 * UTC date-time with milliseconds.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Timestamp = Schema.String.annotate({
  expected: textForms,
  format: "date-time"
}).check(
  Schema.isPattern(rfc3339, {
    expected: textForms,
    toJsonSchema: () => [{}, true]
  })
).pipe(
  Schema.decodeTo(
    Schema.DateTimeUtc,
    // Dates are half the cost of decoding a page. `DateTimeUtcFromString` takes half as long again, because it checks
    // for a time zone, as the pattern already does.
    SchemaTransformation.transformEffect({
      decode: (text: string, options) => {
        const millis = toMillis(text)
        return Number.isNaN(millis)
          ? Effect.fail(new SchemaIssue.InvalidValue({ expected: textForms }, text, options))
          : Effect.succeed(DateTime.makeUnsafe(millis))
      },
      encode: (utc) => Effect.succeed(DateTime.formatIso(utc))
    })
  )
)

export type Timestamp = typeof Timestamp.Type

/**
 * A timestamp as caller input: a `DateTime`, a `Date`, or the text of a {@link Timestamp} without a leap second.
 *
 * @category models
 * @since 0.1.0
 */
export type TimestampInput = DateTime.DateTime | Date | string

const inputForms = "a DateTime, a valid Date, or an RFC 3339 date-time such as 2024-04-05T06:20:00Z"

const decodeText = Schema.decodeOption(Timestamp)

const fromInput = (input: unknown): Option.Option<DateTime.Utc> => {
  if (DateTime.isDateTime(input)) return Option.some(DateTime.toUtc(input))
  if (input instanceof Date) return DateTime.make(input)
  return typeof input === "string" && !leapSecond.test(input) ? decodeText(input) : Option.none()
}

/**
 * Accepts every form of {@link TimestampInput} and decodes it to a `DateTime.Utc`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TimestampFromInput = Schema.Unknown.pipe(
  Schema.decodeTo(
    Schema.DateTimeUtc,
    SchemaTransformation.transformEffect({
      decode: (input: unknown, options) =>
        Effect.mapError(
          Effect.fromOption(fromInput(input)),
          () => new SchemaIssue.InvalidValue({ expected: inputForms }, input, options)
        ),
      encode: (utc) => Effect.succeed(utc)
    })
  )
)

/**
 * Rejects a range that ends before it starts, for the parameters of a list. The issue names `startDate`.
 *
 * @category checks
 * @stability unstable
 * @since 0.1.0
 */
export const isDateRange = Schema.makeFilter(
  (range: { readonly startDate?: DateTime.Utc | undefined; readonly endDate?: DateTime.Utc | undefined }) =>
    range.startDate === undefined || range.endDate === undefined ||
      DateTime.isLessThanOrEqualTo(range.startDate, range.endDate)
      ? undefined
      : { path: ["startDate"], issue: "Expected a date that is not after endDate" }
)
