/**
 * The position of a feed of operations, as a value that can be stored and resumed, and the errors that end a feed.
 *
 * @module
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Bound } from "./Checkpoint.ts"
import { CommsError } from "./CommsError.ts"
import { DescribedError, timesOf } from "./internal/describe.ts"
import { OperationIdFromServer } from "./Operation.ts"
import { printable } from "./Printable.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * An operation that a feed tracks.
 *
 * **Details**
 *
 * `createdAt` is in epoch milliseconds, `version` identifies the state that was delivered last, and `ended` says
 * whether the operation had ended in that state.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KnownOperation = Schema.Struct({
  id: OperationIdFromServer,
  createdAt: Schema.Int,
  version: Schema.String,
  ended: Schema.Boolean
})

/**
 * The type of the schema `KnownOperation`.
 *
 * @category models
 * @since 0.1.0
 */
export interface KnownOperation extends Schema.Schema.Type<typeof KnownOperation> {}

/**
 * The position of a feed of operations.
 *
 * **Details**
 *
 * Operations created before `settled` were delivered and are not listed again. `known` holds the operations created
 * later, and the older ones that have not ended. Each takes a few hundred bytes of JSON.
 *
 * @category models
 * @since 0.1.0
 */
export class FeedCheckpoint extends Schema.TaggedClass<FeedCheckpoint>("@effect-comms/domain/FeedCheckpoint")(
  "FeedCheckpoint",
  { ...Bound.fields, settled: Timestamp, known: Schema.Array(KnownOperation) }
) {}

/**
 * Requests of the feed failed too many times in a row or for too long, or with a permanent error.
 *
 * **Details**
 *
 * `reason` is the last error, `failures` the number of failures in a row, and `since` the time of the first of them.
 * The feed can be resumed from `checkpoint`: nothing is lost.
 *
 * @category errors
 * @since 0.1.0
 */
export class FeedFailed extends DescribedError<FeedFailed>()("FeedFailed", {
  call: Schema.String,
  reason: CommsError,
  failures: Schema.Natural,
  since: Schema.DateTimeUtc,
  checkpoint: FeedCheckpoint
}, (error) => {
  const { advice, what, ...rest } = error.reason.description
  return {
    ...rest,
    what: `${printable(error.call)} failed${timesOf(error)}: ${what}`,
    advice: `${advice === undefined ? "" : `${advice} `}Nothing is lost: resume from the error's checkpoint.`
  }
}) {}

/**
 * The feed has to track more operations than `maxTracked` allows.
 *
 * **Details**
 *
 * All of them were delivered. The feed can be resumed from `checkpoint` with a greater `maxTracked`.
 *
 * @category errors
 * @since 0.1.0
 */
export class FeedOverflow extends DescribedError<FeedOverflow>()("FeedOverflow", {
  call: Schema.String,
  tracked: Schema.Natural,
  maxTracked: Schema.Natural,
  checkpoint: FeedCheckpoint
}, ({ call, maxTracked, tracked }) => ({
  what: `${printable(call)} stopped: it has to track ${tracked} operations, and maxTracked is ${maxTracked}.`,
  why: ["Operations are tracked until they have ended and are older than the overlap."],
  advice: "Nothing is lost: resume from the error's checkpoint with a greater maxTracked or a shorter overlap."
})) {}
