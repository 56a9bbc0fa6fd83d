/**
 * What became of one attempt of a call.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * One attempt of a call: when it was sent, how long it took, what it came to, and the waits around it.
 *
 * **Details**
 *
 * - `number`: from 1.
 * - `startedAt`, `took`: when it was sent, and how long it was until its end.
 * - `outcome`: the tag of its error, `"Success"`, or `"Interrupted"` when it was given up with its call. `status`: that of its answer, when one came.
 * - `asked`: the wait that its answer asked for. `waited`: the time between the attempt before it and this one; for the
 *   first, the time it waited for its turn.
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
  asked: Schema.optionalKey(Schema.Duration),
  waited: Schema.Duration
}) {}
