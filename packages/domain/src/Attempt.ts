/**
 * One attempt of a call.
 *
 * @module
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * One attempt of a call: when it was sent, how long it took, how it ended, and the waits around it.
 *
 * **Details**
 *
 * - `number`: counts from 1.
 * - `startedAt`, `took`: when it was sent, and the time until it ended.
 * - `outcome`: the tag of its error, `"Success"`, or `"Interrupted"` if the call timed out or was interrupted.
 * - `status`: the status of its answer, if there was one.
 * - `requestId`: the `Twilio-Request-Id` or `X-Request-Id` of its answer, if it has one.
 * - `asked`: the wait that its answer asked for.
 * - `waited`: the time since the previous attempt ended. For the first attempt, the time in the queue.
 *
 * @category models
 * @since 0.1.0
 */
export class Attempt extends Schema.Class<Attempt>("@effect-comms/domain/Attempt")({
  number: Schema.Int,
  startedAt: Schema.DateTimeUtc,
  took: Schema.Duration,
  outcome: Schema.String,
  status: Schema.optionalKey(Schema.Int),
  requestId: Schema.optionalKey(Schema.String),
  asked: Schema.optionalKey(Schema.Duration),
  waited: Schema.Duration
}) {}
