// Where an operation stands in its plan.
import type { CommunicationOperationStatus } from "@effect-comms/domain/Operation"
import * as Duration from "effect/Duration"
import type { OperationPlan } from "../OperationPlan.ts"

/** The state of an operation at one point of its plan. */
export interface Standing {
  readonly status: CommunicationOperationStatus
  /** `succeeded` becomes the counter that the family names, such as `created`. */
  readonly counts: {
    readonly total: number
    readonly queued: number
    readonly succeeded: number
    readonly failed: number
  }
  /** The time from the creation to the last change. */
  readonly changedAfter: Duration.Duration
}

const countsOf = ({ failed = 0, queued = 0, total }: OperationPlan, done: number): Standing["counts"] => {
  const work = total - queued
  const failedNow = work === 0 ? 0 : Math.floor(done * failed / work)
  return { total, queued: total - done, succeeded: done - failedNow, failed: failedNow }
}

/** The state of an operation some time after its creation. */
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
