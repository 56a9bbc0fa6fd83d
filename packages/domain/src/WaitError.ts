/**
 * Everything that can end a wait for an operation but its end. The operation itself goes on: a failed poll is not a
 * failed operation. Each holds the operation as it was last seen.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { CommsError } from "./CommsError.ts"
import {
  describeNotFound,
  describeNotTolerated,
  describePolls,
  describeStall,
  describeStatus,
  describeWait
} from "./internal/describeWait.ts"
import { AnyOperation, OperationId, UnknownOperationStatus } from "./Operation.ts"
import { Outcome, Tolerance } from "./Outcome.ts"

const wait = {
  operationId: OperationId,
  startedAt: Schema.DateTimeUtc,
  waited: Schema.Duration,
  polls: Schema.Natural,
  last: Schema.optionalKey(AnyOperation)
}

/**
 * What every error of a wait carries.
 *
 * **Details**
 *
 * - `startedAt`, `waited`: when the wait began, a resumed one for the first time, and how long ago that is.
 * - `polls`: how often this wait looked.
 * - `last`: the operation as it was last seen; absent when it was never seen.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wait extends Schema.Schema.Type<Schema.Struct<typeof wait>> {}

/**
 * Too many polls in a row failed, or for too long, or one failed in a way that waiting does not mend.
 *
 * **Details**
 *
 * `reason` is the last poll's failure, `failures` how many there were in a row, and `since` when the first of them was.
 * `Effect.catchReason("PollsFailed", "Unauthorized", ...)` catches one kind.
 *
 * @category errors
 * @since 0.1.0
 */
export class PollsFailed extends Schema.TaggedError<PollsFailed>()("PollsFailed", {
  ...wait,
  reason: CommsError,
  failures: Schema.Natural,
  since: Schema.DateTimeUtc
}) {
  override get message(): string {
    return describePolls(this)
  }
}

/**
 * The API does not know the operation, and the time in which a new one may not be there yet is over.
 *
 * @category errors
 * @since 0.1.0
 */
export class OperationNotFound extends Schema.TaggedError<OperationNotFound>()("OperationNotFound", {
  ...wait,
  grace: Schema.Duration
}) {
  override get message(): string {
    return describeNotFound(this)
  }
}

/**
 * The operation has a status that this version of the library does not know, for longer than was to be waited.
 *
 * @category errors
 * @since 0.1.0
 */
export class StatusNotKnown extends Schema.TaggedError<StatusNotKnown>()("StatusNotKnown", {
  ...wait,
  status: UnknownOperationStatus,
  since: Schema.DateTimeUtc
}) {
  override get message(): string {
    return describeStatus(this)
  }
}

/**
 * Nothing about the operation changed for a time.
 *
 * @category errors
 * @since 0.1.0
 */
export class Stalled extends Schema.TaggedError<Stalled>()("Stalled", {
  ...wait,
  unchangedFor: Schema.Duration
}) {
  override get message(): string {
    return describeStall(this)
  }
}

/**
 * The wait took all the time that it was given, or all the polls that its schedule has.
 *
 * @category errors
 * @since 0.1.0
 */
export class WaitTimeout extends Schema.TaggedError<WaitTimeout>()("WaitTimeout", {
  ...wait,
  limit: Schema.Literals(["time", "schedule"])
}) {
  override get message(): string {
    return describeWait(this)
  }
}

/**
 * The operation ended, and not as this caller wants it.
 *
 * @category errors
 * @since 0.1.0
 */
export class OutcomeNotTolerated extends Schema.TaggedError<OutcomeNotTolerated>()("OutcomeNotTolerated", {
  outcome: Outcome,
  tolerance: Tolerance
}) {
  override get message(): string {
    return describeNotTolerated(this)
  }
}

/**
 * Every error that ends a wait before the operation does.
 *
 * @category models
 * @since 0.1.0
 */
export type WaitError = PollsFailed | OperationNotFound | StatusNotKnown | Stalled | WaitTimeout

/**
 * The schema of every error of a wait, told apart by `_tag`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WaitError = Schema.Union([PollsFailed, OperationNotFound, StatusNotKnown, Stalled, WaitTimeout])
