/**
 * The errors that end a wait before its operation ends. The operation itself may still be in progress. Each error
 * holds the last known state of the operation.
 *
 * @module
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { CommsError } from "./CommsError.ts"
import { counted, DescribedError, inWords, timesOf } from "./internal/describe.ts"
import { AnyOperation, type Counts, OperationId, UnknownOperationStatus } from "./Operation.ts"
import { Outcome, Tolerance } from "./Outcome.ts"
import { printable } from "./Printable.ts"

const wait = {
  operationId: OperationId,
  startedAt: Schema.DateTimeUtc,
  waited: Schema.Duration,
  polls: Schema.Natural,
  notFound: Schema.optionalKey(Schema.Natural),
  last: Schema.optionalKey(AnyOperation)
}

/**
 * The fields of every error of a wait.
 *
 * **Details**
 *
 * - `startedAt`, `waited`: when the wait began, and how long it took. A resumed wait keeps its original start time.
 * - `polls`: the number of polls of this wait.
 * - `notFound`: how many of them the API answered with 404. Absent for none.
 * - `last`: the last known state of the operation. Absent when no poll found it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wait extends Schema.Struct.Type<typeof wait> {}

const inCounts = ({ failed, settled, total }: Counts): string => `${settled} of ${total} settled, ${failed} failed`

const maxStatusLength = 64

const nameOf = (status: string): string => printable(status).slice(0, maxStatusLength)

const lastOf = ({ last, notFound, polls }: Wait): string =>
  last === undefined
    ? notFound === undefined
      ? "No poll has found it."
      : `The API answered 404 to ${notFound} of ${counted(polls, "poll")}.`
    : `Its last known status is ${nameOf(last.status)}: ${inCounts(last.counts)}.`

const inProgress = "The operation itself may still be in progress."

/**
 * Polls failed too many times in a row or for too long, or a poll failed with a permanent error.
 *
 * **Details**
 *
 * `reason` is the error of the last poll, `failures` the number of failed polls in a row, and `since` the time of the
 * first of them.
 * `Effect.catchReason("PollsFailed", "Unauthorized", ...)` catches one kind.
 *
 * @category errors
 * @since 0.1.0
 */
export class PollsFailed extends DescribedError<PollsFailed>()("PollsFailed", {
  ...wait,
  reason: CommsError,
  failures: Schema.Natural,
  since: Schema.DateTimeUtc
}, (error) => {
  const { what, why, ...rest } = error.reason.description
  return {
    ...rest,
    what: `Polling ${error.operationId} failed${timesOf(error)}: ${what}`,
    why: [...why, lastOf(error), inProgress]
  }
}) {}

/**
 * The API does not find the operation, and the time in which a new operation may be missing has passed.
 *
 * @category errors
 * @since 0.1.0
 */
export class OperationNotFound extends DescribedError<OperationNotFound>()("OperationNotFound", {
  ...wait,
  grace: Schema.Duration
}, (error) => {
  const wasFound = error.last !== undefined
  return {
    what: wasFound
      ? `${error.operationId} was found before, and is no longer found.`
      : `${error.operationId} was still not found ${inWords(error.grace)} after its creation.`,
    why: [lastOf(error)],
    advice: wasFound
      ? "List the operations to check whether it was removed."
      : "Check the id, and that it belongs to this account."
  }
}) {}

/**
 * The operation has had a status that this version of the library does not know, for longer than allowed.
 *
 * @category errors
 * @since 0.1.0
 */
export class StatusNotKnown extends DescribedError<StatusNotKnown>()("StatusNotKnown", {
  ...wait,
  status: UnknownOperationStatus,
  since: Schema.DateTimeUtc
}, (error) => ({
  what: `${error.operationId} has had the status ${nameOf(error.status)} since ${DateTime.formatIso(error.since)}.`,
  why: [
    "This version of the library does not know that status, so it cannot tell whether the operation has ended.",
    lastOf(error)
  ],
  advice: "Update the library, or wait for it again."
})) {}

/**
 * The operation has not changed for too long.
 *
 * @category errors
 * @since 0.1.0
 */
export class Stalled extends DescribedError<Stalled>()("Stalled", {
  ...wait,
  unchangedFor: Schema.Duration
}, (error) => ({
  what: `${error.operationId} has not changed for ${inWords(error.unchangedFor)}.`,
  why: [lastOf(error)],
  advice: "Wait for it again, or contact Twilio support."
})) {}

/**
 * The wait reached its time limit, or its schedule allows no more polls.
 *
 * @category errors
 * @since 0.1.0
 */
export class WaitTimeout extends DescribedError<WaitTimeout>()("WaitTimeout", {
  ...wait,
  limit: Schema.Literals(["time", "schedule"])
}, (error) => ({
  what: `${error.operationId} had not ended after ${inWords(error.waited)} and ${counted(error.polls, "poll")}.`,
  why: [
    error.limit === "time" ? "The wait reached its time limit." : "The schedule of the wait allows no more polls.",
    lastOf(error),
    inProgress
  ],
  advice: error.limit === "time"
    ? "Wait for it again, or raise its time limit."
    : "Wait for it again, or use a schedule with more polls."
})) {}

/**
 * The operation ended with an outcome that the caller does not tolerate.
 *
 * @category errors
 * @since 0.1.0
 */
export class OutcomeNotTolerated extends DescribedError<OutcomeNotTolerated>()("OutcomeNotTolerated", {
  outcome: Outcome,
  tolerance: Tolerance
}, ({ outcome, tolerance }) => {
  const { id, counts } = outcome.operation
  const advice = "Items that succeeded remain. Check what is missing before sending it again."
  return outcome._tag === "CompletedWithFailures"
    ? {
      what: `${id} completed with failures: ${inCounts(counts)}, ${outcome.missing} missing.`,
      why: [
        typeof tolerance === "number"
          ? `At most ${Number((tolerance * 100).toPrecision(3))} % failed or missing items are tolerated.`
          : "No failed or missing items are tolerated."
      ],
      advice
    }
    : { what: `${id} was canceled: ${inCounts(counts)}.`, why: ["A canceled operation is not tolerated."], advice }
}) {}

/**
 * Every error that ends a wait before its operation ends.
 *
 * @category models
 * @since 0.1.0
 */
export type WaitError = PollsFailed | OperationNotFound | StatusNotKnown | Stalled | WaitTimeout

/**
 * The schema of every error of a wait, distinguished by `_tag`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WaitError = Schema.Union([PollsFailed, OperationNotFound, StatusNotKnown, Stalled, WaitTimeout])
