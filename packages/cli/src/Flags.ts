/**
 * Parsers of flags and arguments: durations, dates, ids and sizes.
 *
 * @since 0.1.0
 */
import { durationForms, parseDuration } from "@effect-comms/domain/Input"
import { OperationId } from "@effect-comms/domain/Operation"
import { maxPageSize } from "@effect-comms/domain/Pagination"
import { Timestamp } from "@effect-comms/domain/Timestamp"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const dateForms = "an RFC 3339 date-time such as 2024-04-05T06:20:00Z, a date (its first instant in UTC), " +
  "or an age such as 2h or 7d"

const decodeTimestamp = Schema.decodeOption(Timestamp)

/**
 * Reads a point in time: a date-time, a date, or a duration before now.
 *
 * @category parsing
 * @since 0.1.0
 */
export const parseDate = (text: string): Effect.Effect<Option.Option<DateTime.Utc>> =>
  Option.match(parseDuration(text), {
    onNone: () => Effect.succeed(decodeTimestamp(text)),
    onSome: (ago) => Effect.map(Clock.currentTimeMillis, (now) => DateTime.make(now - Duration.toMillis(ago)))
  })

/**
 * A finite duration above zero.
 *
 * @category flags
 * @since 0.1.0
 */
export const positiveDuration = (name: string): Flag.Flag<Duration.Duration> =>
  Flag.String(name).pipe(
    Flag.filterMap(
      (text) =>
        Option.filter(parseDuration(text), (duration) => Duration.isFinite(duration) && Duration.isPositive(duration)),
      () => `${durationForms}, above zero`
    ),
    Flag.withMetavar("DURATION")
  )

/**
 * A point in time.
 *
 * @category flags
 * @since 0.1.0
 */
export const date = (name: string): Flag.Flag<DateTime.Utc> =>
  Flag.String(name).pipe(
    Flag.mapEffect((value) =>
      Effect.flatMap(
        parseDate(value),
        Option.match({
          onNone: () =>
            Effect.fail(new CliError.InvalidValue({ option: name, value, expected: dateForms, kind: "flag" })),
          onSome: (date) => Effect.succeed(date)
        })
      )
    ),
    Flag.withMetavar("DATE")
  )

const parseInt = (text: string): Option.Option<number> =>
  /^-?\d+$/.test(text) ? Option.filter(Option.some(Number(text)), Number.isSafeInteger) : Option.none()

/**
 * A whole number within bounds.
 *
 * @category flags
 * @since 0.1.0
 */
export const int = (name: string, minimum: number, maximum: number): Flag.Flag<number> =>
  Flag.String(name).pipe(
    Flag.filterMap(
      (text) => Option.filter(parseInt(text), (value) => value >= minimum && value <= maximum),
      () => {
        const from = minimum === Number.MIN_SAFE_INTEGER ? "" : ` from ${minimum}`
        const to = maximum === Number.MAX_SAFE_INTEGER ? "" : ` to ${maximum}`
        return `a whole number${from}${to}`
      }
    ),
    Flag.withMetavar("N")
  )

/**
 * The size of a page.
 *
 * @category flags
 * @since 0.1.0
 */
export const pageSize: Flag.Flag<number> = int("page-size", 1, maxPageSize)

/**
 * Whether a text is the id of an operation.
 *
 * @category guards
 * @since 0.1.0
 */
export const isOperationId: (text: string) => boolean = Schema.is(OperationId)

/**
 * The form of an operation's id, for messages.
 *
 * @category formatting
 * @since 0.1.0
 */
export const operationIdForm = "an operation id such as comms_operation_01h9krwprkeee8fzqspvwy6nq8"
