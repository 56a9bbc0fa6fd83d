/**
 * The state of a wait for an operation, as a value that can be stored and resumed.
 *
 * @module
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { Bound } from "./Checkpoint.ts"
import { AnyOperation, OperationId } from "./Operation.ts"
import { Timestamp } from "./Timestamp.ts"

const isNotNegative = Schema.makeFilter((duration: Duration.Duration) => !Duration.isNegative(duration), {
  expected: "a duration that is not negative"
})

const Limit = Schema.toCodecJson(Schema.Duration.check(isNotNegative))

/**
 * The limits of a wait. A resumed wait keeps each limit that its options do not change.
 *
 * **Details**
 *
 * - `timeLimit`: the time limit of the wait.
 * - `stallAfter`: the time without a change after which the operation counts as stalled.
 * - `stallAs`: whether a stall ends the wait (`"error"`) or is only reported (`"event"`).
 * - `notFoundGrace`: the time after the creation in which 404 is expected.
 * - `unknownStatusLimit`: the time that the operation may keep an unknown status.
 * - `maxFailures`, `maxFailureTime`: the failed polls in a row that the wait accepts, and for how long.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WaitLimits = Schema.Struct({
  timeLimit: Limit,
  stallAfter: Limit,
  stallAs: Schema.Literals(["error", "event"]),
  notFoundGrace: Limit,
  unknownStatusLimit: Limit,
  maxFailures: Schema.Natural,
  maxFailureTime: Limit
})

/**
 * The type of the schema `WaitLimits`.
 *
 * @category models
 * @since 0.1.0
 */
export interface WaitLimits extends Schema.Schema.Type<typeof WaitLimits> {}

/**
 * The state of a wait for an operation.
 *
 * **Details**
 *
 * - `operationId`: the operation that the wait is for.
 * - `startedAt`: the original start of the wait. Resuming does not change it.
 * - `createdAt`: the time the operation was created, or `startedAt` if that is unknown.
 * - `limits`: the limits of the wait. See {@link WaitLimits}.
 * - `polls`, `notFound`: the number of polls so far, and how many of them the API answered with 404.
 * - `intervals`: the number of intervals between polls so far, which is the position in the schedule.
 * - `failures`, `failingSince`: how many polls have failed in a row, and the time of the first of them. A checkpoint
 *   without a counter counts from 0.
 * - `changedAt`: the time of the last change, or `startedAt` before the first poll that finds the operation.
 * - `unknownSince`: the time since which the status has been unknown.
 * - `last`, `seenAt`: the last state of the operation, and the time it was seen. Absent until a poll finds it.
 *
 * **Example** (Resume a wait from stored text)
 *
 * ```ts
 * import { SenderPoolOperations } from "@effect-comms/client"
 * import { Checkpoint, WaitCheckpoint } from "@effect-comms/domain"
 * import { Effect } from "effect"
 *
 * const read = Checkpoint.fromJson(WaitCheckpoint.WaitCheckpoint)
 *
 * export const resume = Effect.fn("resume")(function*(stored: string) {
 *   const operations = yield* SenderPoolOperations.SenderPoolOperations
 *   return yield* operations.awaitCompletion(yield* read(stored))
 * })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class WaitCheckpoint extends Schema.TaggedClass<WaitCheckpoint>("@effect-comms/domain/WaitCheckpoint")(
  "WaitCheckpoint",
  {
    ...Bound.fields,
    operationId: OperationId,
    startedAt: Timestamp,
    createdAt: Timestamp,
    limits: WaitLimits,
    polls: Schema.Natural,
    notFound: Schema.optionalKey(Schema.Natural),
    intervals: Schema.optionalKey(Schema.Natural),
    failures: Schema.optionalKey(Schema.Natural),
    failingSince: Schema.optionalKey(Timestamp),
    changedAt: Timestamp,
    unknownSince: Schema.optionalKey(Timestamp),
    last: Schema.optionalKey(Schema.toCodecJson(AnyOperation)),
    seenAt: Schema.optionalKey(Timestamp)
  }
) {}
