/**
 * Where a wait for an operation stands, as a value that can be stored and taken up again.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { bound } from "./Checkpoint.ts"
import { AnyOperation, OperationId } from "./Operation.ts"
import { Timestamp } from "./Timestamp.ts"

const isNotNegative = Schema.makeFilter((duration: Duration.Duration) => !Duration.isNegative(duration), {
  expected: "a duration that is not negative"
})

const Limit = Schema.toCodecJson(Schema.Duration.check(isNotNegative))

/**
 * The limits of a wait.
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
 * @category models
 * @since 0.1.0
 */
export interface WaitLimits extends Schema.Schema.Type<typeof WaitLimits> {}

/**
 * Where a wait for an operation stands: since when it lasts, what it was told, and its limits, which it keeps when it is
 * taken up again.
 *
 * **Details**
 *
 * `startedAt` is when the wait began for the first time, `createdAt` when the operation was created, as far as that was
 * known, `changedAt` when it last changed, and `unknownSince` since when its status is none that is known.
 *
 * @category models
 * @since 0.1.0
 */
export class WaitCheckpoint extends Schema.TaggedClass<WaitCheckpoint>("@effect-comms/domain/WaitCheckpoint")(
  "WaitCheckpoint",
  {
    ...bound,
    operationId: OperationId,
    startedAt: Timestamp,
    createdAt: Timestamp,
    limits: WaitLimits,
    polls: Schema.Natural,
    changedAt: Timestamp,
    unknownSince: Schema.optionalKey(Timestamp),
    last: Schema.toCodecJson(AnyOperation),
    seenAt: Timestamp
  }
) {}
