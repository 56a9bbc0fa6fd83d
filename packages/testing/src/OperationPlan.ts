/**
 * The plan of an operation: how its status and its counters change over time, as data.
 *
 * @since 0.1.0
 */
import {
  type CommunicationOperationStatus,
  OperationStatus,
  UnknownOperationStatus
} from "@effect-comms/domain/Operation"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { notNegative } from "./internal/notNegative.ts"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }, { expected: "a share from 0 to 1" }))

const Milliseconds = Schema.DurationFromMillis.check(notNegative)

/**
 * A pause in the work.
 *
 * **Details**
 *
 * - `at`: the share of the work after which the pause begins. Range 0 to 1.
 * - `for`: how long the pause lasts, in milliseconds in JSON. Range from 0.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Stall = Schema.Struct({ at: Share, for: Milliseconds })

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
 * - `stalls`: pauses in the work. Default none.
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
  stalls: Schema.optionalKey(Schema.Array(Stall)),
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

/**
 * The state of an operation at one point of its plan.
 *
 * **Details**
 *
 * `changedAfter` is the time from the creation to the last change. `counts.succeeded` becomes the counter that the family
 * names in `succeeded`, such as `created`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Standing {
  readonly status: CommunicationOperationStatus
  readonly counts: {
    readonly total: number
    readonly queued: number
    readonly succeeded: number
    readonly failed: number
  }
  readonly changedAfter: Duration.Duration
}

const countsOf = ({ failed = 0, queued = 0, total }: OperationPlan, done: number): Standing["counts"] => {
  const work = total - queued
  const failedNow = work === 0 ? 0 : Math.floor(done * failed / work)
  return { total, queued: total - done, succeeded: done - failedNow, failed: failedNow }
}

/**
 * The state of an operation some time after its creation.
 *
 * @category accessors
 * @since 0.1.0
 */
export const standingAt = (plan: OperationPlan, elapsed: Duration.Duration): Standing => {
  const { end = "COMPLETED", endsAt = 1, queued = 0, stalls = [], status = "PROCESSING", total } = plan
  const scheduled = Duration.toMillis(plan.scheduled ?? Duration.zero)
  const whole = Duration.toMillis(plan.duration)
  const passed = Math.max(0, Duration.toMillis(elapsed)) - scheduled
  if (passed < 0) return { status: "SCHEDULED", counts: countsOf(plan, 0), changedAfter: Duration.zero }
  // The whole millisecond of the work at which a share of it is done.
  const timeOf = (share: number) =>
    Math.ceil(stalls.reduce(
      (sum, stall) => stall.at < share ? sum + Duration.toMillis(stall.for) : sum,
      share * whole
    ))
  const standing = (status: Standing["status"], done: number, changedAfter: number): Standing => ({
    status,
    counts: countsOf(plan, done),
    changedAfter: Duration.millis(scheduled + changedAfter)
  })
  const work = total - queued
  const last = Math.floor(work * endsAt)
  const endedAfter = timeOf(endsAt)
  if (end !== "PROCESSING" && passed >= endedAfter) return standing(end, last, endedAfter)
  // The last item that is done by now.
  let done = 0
  for (let high = last; done < high;) {
    const middle = Math.ceil((done + high) / 2)
    if (timeOf(middle / work) <= passed) done = middle
    else high = middle - 1
  }
  return standing(status, done, done === 0 ? 0 : timeOf(done / work))
}
