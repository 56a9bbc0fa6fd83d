/**
 * Parsers of durations, dates and ids. They are loaded when a flag or an argument needs them, since help does not.
 *
 * @since 0.1.0
 */
import { durationForms, parseDuration } from "@effect-comms/domain/Input"
import { OperationId } from "@effect-comms/domain/Operation"
import { SenderId } from "@effect-comms/domain/Sender"
import { SenderPoolId } from "@effect-comms/domain/SenderPool"
import { Timestamp } from "@effect-comms/domain/Timestamp"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * Reads a text, and says what it accepts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Parser<A> {
  readonly parse: (text: string) => Effect.Effect<Option.Option<A>>
  readonly expected: string
}

/**
 * A finite duration above zero.
 *
 * @category parsing
 * @since 0.1.0
 */
export const positiveDuration: Parser<Duration.Duration> = {
  parse: (text) =>
    Effect.succeed(
      Option.filter(parseDuration(text), (duration) => Duration.isFinite(duration) && Duration.isPositive(duration))
    ),
  expected: `${durationForms}, above zero`
}

const decodeTimestamp = Schema.decodeOption(Timestamp)

/**
 * A point in time: a date-time, a date, or a duration before now.
 *
 * @category parsing
 * @since 0.1.0
 */
export const date: Parser<DateTime.Utc> = {
  parse: (text) =>
    Option.match(parseDuration(text), {
      onNone: () => Effect.succeed(decodeTimestamp(text)),
      onSome: (ago) => Effect.map(Clock.currentTimeMillis, (now) => DateTime.make(now - Duration.toMillis(ago)))
    }),
  expected: "an RFC 3339 date-time such as 2024-04-05T06:20:00Z, a date (its first instant in UTC), " +
    "or an age such as 2h or 7d"
}

const idOf = (schema: Schema.Codec<string>, expected: string): Parser<string> => {
  const isId = Schema.is(schema)
  return { parse: (text) => Effect.succeed(isId(text) ? Option.some(text) : Option.none()), expected }
}

/**
 * The id of an operation.
 *
 * @category parsing
 * @since 0.1.0
 */
export const operationId = idOf(OperationId, "an operation id such as comms_operation_01h9krwprkeee8fzqspvwy6nq8")

/**
 * The id of a SenderPool.
 *
 * @category parsing
 * @since 0.1.0
 */
export const poolId = idOf(SenderPoolId, "a SenderPool id such as comms_senderpool_01h9krwprkeee8fzqspvwy6nq8")

/**
 * The id of a Sender.
 *
 * @category parsing
 * @since 0.1.0
 */
export const senderId = idOf(SenderId, "a Sender id such as comms_sender_01h9krwprkeee8fzqspvwy6nq8")
