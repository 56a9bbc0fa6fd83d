/**
 * What becomes of an operation over time, as data.
 *
 * @since 0.1.0
 */
import type * as Operation from "@effect-comms/domain/Operation"
import { OperationStatus, UnknownOperationStatus } from "@effect-comms/domain/Operation"
import type { SenderPoolOperationStats } from "@effect-comms/domain/SenderPoolOperation"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }, { expected: "a share from 0 to 1" }))

/**
 * A time in which nothing moves: it begins when a share of the work is done.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Stall = Schema.Struct({
  at: Share,
  for: Schema.DurationFromMillis
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
  duration: Schema.DurationFromMillis,
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

const byShare = Order.mapInput(Order.Number, (stall: typeof Stall.Type) => stall.at)

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
  const stallsBefore = (share: number) =>
    stalls.reduce((sum, stall) => stall.at < share ? sum + Duration.toMillis(stall.for) : sum, 0)
  // The time at which a share of the work is done.
  const timeOf = (share: number) => share * whole + stallsBefore(share)
  const work = total - queued
  if (end !== "PROCESSING" && passed >= timeOf(endsAt)) {
    return {
      status: end,
      stats: statsOf(plan, Math.floor(work * endsAt)),
      changedAfter: Duration.millis(timeOf(endsAt))
    }
  }
  let share = whole === 0 ? 1 : Math.min(passed / whole, 1)
  for (const stall of Arr.sort(stalls, byShare)) {
    if (share <= stall.at) break
    const worked = passed - stallsBefore(stall.at) - Duration.toMillis(stall.for)
    share = whole === 0 ? 1 : Math.min(Math.max(stall.at, worked / whole), 1)
  }
  const done = Math.floor(work * Math.min(share, endsAt))
  return {
    status,
    stats: statsOf(plan, done),
    changedAfter: Duration.millis(Math.min(passed, Math.ceil(timeOf(work === 0 ? 0 : done / work))))
  }
}
