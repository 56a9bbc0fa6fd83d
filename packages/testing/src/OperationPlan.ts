/**
 * The plan of an operation: how its status and its counters change over time, as data.
 *
 * @module
 * @since 0.1.0
 */
import { OperationStatus, UnknownOperationStatus } from "@effect-comms/domain/Operation"
import * as Schema from "effect/Schema"
import { Milliseconds } from "./internal/milliseconds.ts"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }, { expected: "a share from 0 to 1" }))

/**
 * The plan of one operation.
 *
 * **Details**
 *
 * Durations are milliseconds in JSON. `failed` and `queued` together must not exceed `total`.
 *
 * - `total`: the number of items. Range from 0.
 * - `failed`: the number of items that fail, spread evenly over the work. Default 0.
 * - `queued`: the number of items that are never processed and stay queued. Default 0.
 * - `scheduled`: how long the status is `SCHEDULED` before the work begins. Default 0. Range from 0. Families without
 *   that status refuse it.
 * - `duration`: how long the work takes, without its stalls. Range from 0.
 * - `stalls`: pauses in the work. `at`: the share of the work after which one begins, range 0 to 1. `for`: how long it
 *   lasts, range from 0. Default none.
 * - `end`: the final status, which can be an undocumented one. With `PROCESSING` the operation never ends. Default
 *   `COMPLETED`.
 * - `endsAt`: the share of the work after which the operation ends, such as 0.5 for a canceled one. Default 1. Range 0
 *   to 1.
 * - `status`: the status during the work: `PROCESSING` or an undocumented one. Default `PROCESSING`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OperationPlan = Schema.Struct({
  total: Schema.Natural,
  failed: Schema.optionalKey(Schema.Natural),
  queued: Schema.optionalKey(Schema.Natural),
  scheduled: Schema.optionalKey(Milliseconds),
  duration: Milliseconds,
  stalls: Schema.optionalKey(Schema.Array(Schema.Struct({ at: Share, for: Milliseconds }))),
  end: Schema.optionalKey(OperationStatus),
  endsAt: Schema.optionalKey(Share),
  status: Schema.optionalKey(Schema.Union([Schema.Literal("PROCESSING"), UnknownOperationStatus]))
}).check(
  Schema.makeFilter(({ failed = 0, queued = 0, total }) =>
    failed + queued <= total
      ? undefined
      : { path: ["failed"], issue: "Expected failed and queued to be no more than total together" }
  )
)

/**
 * @category models
 * @since 0.1.0
 */
export interface OperationPlan extends Schema.Schema.Type<typeof OperationPlan> {}
