/**
 * What becomes of an operation over time, as data.
 *
 * @since 0.1.0
 */
import type * as Operation from "@effect-comms/domain/Operation"
import { OperationStatus, UnknownOperationStatus } from "@effect-comms/domain/Operation"
import type { SenderPoolOperationStats } from "@effect-comms/domain/SenderPoolOperation"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { notNegative } from "./internal/notNegative.ts"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }, { expected: "a share from 0 to 1" }))

/**
 * A time in which nothing moves: it begins when a share of the work is done.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Stall = Schema.Struct({
  at: Share,
  for: Schema.DurationFromMillis.check(notNegative)
})

/**
 * The plan of one operation.
 *
 * **Details**
 *
 * - `total`: how many items there are.
 * - `failed`: how many of those that are worked on fail, spread evenly. Default 0.
 * - `queued`: how many are still queued at the end, as in the documentation's own example. Default 0.
 * - `duration`: how long the work takes, without its stalls, in milliseconds when it is JSON.
 * - `stalls`: times in which nothing moves. Default none.
 * - `end`: the status at the end, one the contract does not know included; `PROCESSING` for work that never ends.
 *   Default `COMPLETED`.
 * - `endsAt`: the share of the work after which it ends; for one that is canceled halfway. Default 1.
 * - `status`: the status until the end. Default `PROCESSING`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OperationPlan = Schema.Struct({
  total: Schema.Natural,
  failed: Schema.optionalKey(Schema.Natural),
  queued: Schema.optionalKey(Schema.Natural),
  duration: Schema.DurationFromMillis.check(notNegative),
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
 * Where an operation stands: its status, its stats, and how long after its creation it last changed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Standing {
  readonly status: Operation.OperationStatus
  readonly stats: SenderPoolOperationStats
  readonly changedAfter: Duration.Duration
}

const statsOf = (plan: OperationPlan, done: number): SenderPoolOperationStats => {
  const { failed = 0, queued = 0, total } = plan
  const work = total - queued
  const failedNow = work === 0 ? 0 : Math.floor(done * failed / work)
  return { total, queued: total - done, created: done - failedNow, failed: failedNow }
}

/**
 * Where an operation with a plan stands, a time after it was created.
 *
 * @category accessors
 * @since 0.1.0
 */
export const standingAt = (plan: OperationPlan, elapsed: Duration.Duration): Standing => {
  const { duration, end = "COMPLETED", endsAt = 1, queued = 0, stalls = [], status = "PROCESSING", total } = plan
  const whole = Duration.toMillis(duration)
  const passed = Math.max(0, Duration.toMillis(elapsed))
  // The whole millisecond at which a share of the work is done.
  const timeOf = (share: number) =>
    Math.ceil(stalls.reduce(
      (sum, stall) => stall.at < share ? sum + Duration.toMillis(stall.for) : sum,
      share * whole
    ))
  const work = total - queued
  const last = Math.floor(work * endsAt)
  const endedAfter = timeOf(endsAt)
  if (end !== "PROCESSING" && passed >= endedAfter) {
    return { status: end, stats: statsOf(plan, last), changedAfter: Duration.millis(endedAfter) }
  }
  // The last of the items whose time has come.
  let done = 0
  for (let high = last; done < high;) {
    const middle = Math.ceil((done + high) / 2)
    if (timeOf(middle / work) <= passed) done = middle
    else high = middle - 1
  }
  return { status, stats: statsOf(plan, done), changedAfter: Duration.millis(done === 0 ? 0 : timeOf(done / work)) }
}
