/**
 * Where a feed of operations stands, as a value that can be stored and taken up again, and what ends a feed.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { bound } from "./Checkpoint.ts"
import { CommsError } from "./CommsError.ts"
import { describeFeed, describeOverflow } from "./internal/describeFeed.ts"
import { OperationId } from "./Operation.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * An operation that a feed still has an eye on.
 *
 * **Details**
 *
 * `createdAt` is in epoch milliseconds, `version` stands for the state that was delivered last, and `ended` says whether
 * that was its end.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KnownOperation = Schema.Struct({
  id: OperationId,
  createdAt: Schema.Int,
  version: Schema.String,
  ended: Schema.Boolean
})

/**
 * @category models
 * @since 0.1.0
 */
export interface KnownOperation extends Schema.Schema.Type<typeof KnownOperation> {}

/**
 * Where a feed of operations stands.
 *
 * **Details**
 *
 * What was created before `settled` was delivered and is not listed again. `known` are those created later, and the older
 * ones that had not ended: a few hundred bytes of JSON each.
 *
 * @category models
 * @since 0.1.0
 */
export class FeedCheckpoint extends Schema.TaggedClass<FeedCheckpoint>("@effect-comms/domain/FeedCheckpoint")(
  "FeedCheckpoint",
  { ...bound, settled: Timestamp, known: Schema.Array(KnownOperation) }
) {}

/**
 * Too much went wrong in a row, or for too long, or something that waiting does not mend.
 *
 * **Details**
 *
 * `reason` is the last failure, `failures` how many there were in a row, and `since` when the first of them was. The feed
 * goes on from `checkpoint`: nothing is lost.
 *
 * @category errors
 * @since 0.1.0
 */
export class FeedFailed extends Schema.TaggedError<FeedFailed>()("FeedFailed", {
  call: Schema.String,
  reason: CommsError,
  failures: Schema.Natural,
  since: Schema.DateTimeUtc,
  checkpoint: FeedCheckpoint
}) {
  override get message(): string {
    return describeFeed(this)
  }
}

/**
 * More operations have to be kept in mind than the feed may keep.
 *
 * **Details**
 *
 * All of them were delivered. The feed goes on from `checkpoint` when `maxTracked` is greater.
 *
 * @category errors
 * @since 0.1.0
 */
export class FeedOverflow extends Schema.TaggedError<FeedOverflow>()("FeedOverflow", {
  call: Schema.String,
  tracked: Schema.Natural,
  maxTracked: Schema.Natural,
  checkpoint: FeedCheckpoint
}) {
  override get message(): string {
    return describeOverflow(this)
  }
}
