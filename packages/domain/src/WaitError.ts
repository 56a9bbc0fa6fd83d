/**
 * The errors that end a wait before its operation ends. The operation itself may still be in progress. Each error
 * holds the last known state of the operation.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { CommsError } from "./CommsError.ts"
import { type Description, messageOf } from "./internal/describe.ts"
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
 * The fields of every error of a wait.
 *
 * **Details**
 *
 * - `startedAt`, `waited`: when the wait began, and how long it took. A resumed wait keeps its original start time.
 * - `polls`: the number of polls of this wait.
 * - `last`: the last known state of the operation. Absent when no poll found it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wait extends Schema.Schema.Type<Schema.Struct<typeof wait>> {}

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
export class PollsFailed extends Schema.TaggedError<PollsFailed>()("PollsFailed", {
  ...wait,
  reason: CommsError,
  failures: Schema.Natural,
  since: Schema.DateTimeUtc
}) {
  get description(): Description {
    return describePolls(this)
  }
  override get message(): string {
    return messageOf(this.description)
  }
}

/**
 * The API does not find the operation, and the time in which a new operation may be missing has passed.
 *
 * @category errors
 * @since 0.1.0
 */
export class OperationNotFound extends Schema.TaggedError<OperationNotFound>()("OperationNotFound", {
  ...wait,
  grace: Schema.Duration
}) {
  get description(): Description {
    return describeNotFound(this)
  }
  override get message(): string {
    return messageOf(this.description)
  }
}

/**
 * The operation has had a status that this version of the library does not know, for longer than allowed.
 *
 * @category errors
 * @since 0.1.0
 */
export class StatusNotKnown extends Schema.TaggedError<StatusNotKnown>()("StatusNotKnown", {
  ...wait,
  status: UnknownOperationStatus,
  since: Schema.DateTimeUtc
}) {
  get description(): Description {
    return describeStatus(this)
  }
  override get message(): string {
    return messageOf(this.description)
  }
}

/**
 * The operation has not changed for too long.
 *
 * @category errors
 * @since 0.1.0
 */
export class Stalled extends Schema.TaggedError<Stalled>()("Stalled", {
  ...wait,
  unchangedFor: Schema.Duration
}) {
  get description(): Description {
    return describeStall(this)
  }
  override get message(): string {
    return messageOf(this.description)
  }
}

/**
 * The wait reached its time limit, or its schedule allows no more polls.
 *
 * @category errors
 * @since 0.1.0
 */
export class WaitTimeout extends Schema.TaggedError<WaitTimeout>()("WaitTimeout", {
  ...wait,
  limit: Schema.Literals(["time", "schedule"])
}) {
  get description(): Description {
    return describeWait(this)
  }
  override get message(): string {
    return messageOf(this.description)
  }
}

/**
 * The operation ended with an outcome that the caller does not tolerate.
 *
 * @category errors
 * @since 0.1.0
 */
export class OutcomeNotTolerated extends Schema.TaggedError<OutcomeNotTolerated>()("OutcomeNotTolerated", {
  outcome: Outcome,
  tolerance: Tolerance
}) {
  get description(): Description {
    return describeNotTolerated(this)
  }
  override get message(): string {
    return messageOf(this.description)
  }
}

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
