// What a look at an operation means to one who waits for it. Without effects, so that every case can be told apart by a
// test.
import type * as Operation from "@effect-comms/domain/Operation"
import { isKnownStatus } from "@effect-comms/domain/Operation"
import * as WaitError from "@effect-comms/domain/WaitError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as RetryPolicy from "../../RetryPolicy.ts"
import { isTransient } from "../transient.ts"
import type { PollResult } from "./entries.ts"
import { hasChanged } from "./history.ts"
import type { Limits, PollError } from "./model.ts"

/** What a wait is about, and since when. */
export interface Wait {
  readonly operationId: Operation.OperationId
  readonly startedAt: number
  /** When the operation was created, as far as it is known before it is seen. */
  readonly createdAt: number
  readonly limits: Limits
}

/** What a wait remembers. */
export interface State {
  readonly polls: number
  readonly last: Operation.Operation | undefined
  readonly changedAt: number
  readonly unknownSince: number | undefined
  readonly failures: number
  readonly failingSince: number
  readonly toldFirst: boolean
  readonly toldStall: boolean
}

export const begin = (now: number): State => ({
  polls: 0,
  last: undefined,
  changedAt: now,
  unknownSince: undefined,
  failures: 0,
  failingSince: now,
  toldFirst: false,
  toldStall: false
})

/** What a look brought: what is to be told, and with what the wait goes on, if it does. */
export interface Step {
  readonly state: State
  readonly tell: "Changed" | "Stalled" | "PollFailed" | "NotFoundYet" | undefined
  readonly end: "ended" | WaitError.WaitError | undefined
}

/** What every error of the wait says. */
export const aboutWait = ({ operationId, startedAt }: Wait, { last, polls }: State, now: number) => ({
  operationId,
  startedAt: DateTime.makeUnsafe(startedAt),
  waited: Duration.millis(Math.max(0, now - startedAt)),
  polls,
  ...(last === undefined ? {} : { last })
})

/** When the time of a wait is over. */
export const deadlineOf = ({ limits, startedAt }: Wait): number => startedAt + Duration.toMillis(limits.timeLimit)

const isOver = (limit: Duration.Duration, since: number, now: number): boolean =>
  now - since >= Duration.toMillis(limit)

const afterSuccess = (wait: Wait, before: State, operation: Operation.Operation, now: number): Step => {
  const { limits } = wait
  const isChange = before.last === undefined || hasChanged(before.last, operation)
  const state: State = {
    ...before,
    last: operation,
    changedAt: isChange ? now : before.changedAt,
    unknownSince: isKnownStatus(operation.status) ? undefined : before.unknownSince ?? now,
    failures: 0,
    toldFirst: true,
    toldStall: before.toldStall && !isChange
  }
  const tell = isChange || !before.toldFirst ? "Changed" : undefined
  if (operation.isTerminal) return { state, tell, end: "ended" }
  if (
    !isKnownStatus(operation.status) && state.unknownSince !== undefined &&
    isOver(limits.unknownStatusLimit, state.unknownSince, now)
  ) {
    const { status } = operation
    const since = DateTime.makeUnsafe(state.unknownSince)
    return { state, tell, end: new WaitError.StatusNotKnown({ ...aboutWait(wait, state, now), status, since }) }
  }
  // A scheduled operation does not change before its time. Leaving SCHEDULED is a change, from which a stall counts.
  const mayStall = operation.status !== "SCHEDULED" && !state.toldStall
  if (!mayStall || !isOver(limits.stallAfter, state.changedAt, now)) return { state, tell, end: undefined }
  if (limits.stallAs === "event") {
    return tell === undefined
      ? { state: { ...state, toldStall: true }, tell: "Stalled", end: undefined }
      : { state, tell, end: undefined }
  }
  const unchangedFor = Duration.millis(now - state.changedAt)
  return { state, tell, end: new WaitError.Stalled({ ...aboutWait(wait, state, now), unchangedFor }) }
}

const afterFailure = (wait: Wait, before: State, reason: PollError, now: number): Step => {
  const { limits } = wait
  const isNotFound = reason._tag === "NotFound"
  if (isNotFound && before.last === undefined && !isOver(limits.notFoundGrace, wait.createdAt, now)) {
    return { state: before, tell: "NotFoundYet", end: undefined }
  }
  const state: State = {
    ...before,
    failures: before.failures + 1,
    failingSince: before.failures === 0 ? now : before.failingSince
  }
  // A replica that lags behind may lose sight of an operation that was there.
  const isTolerable = isTransient(reason) || (isNotFound && before.last !== undefined)
  // There is no use in waiting for a time that is over when it comes.
  const mayAskAt = now + Duration.toMillis(RetryPolicy.retryAfter(reason) ?? Duration.zero)
  if (
    isTolerable && state.failures <= limits.maxFailures &&
    !isOver(limits.maxFailureTime, state.failingSince, now) && mayAskAt < deadlineOf(wait)
  ) return { state, tell: "PollFailed", end: undefined }
  return {
    state,
    tell: undefined,
    end: isNotFound
      ? new WaitError.OperationNotFound({ ...aboutWait(wait, state, now), grace: limits.notFoundGrace })
      : new WaitError.PollsFailed({
        ...aboutWait(wait, state, now),
        reason,
        failures: state.failures,
        since: DateTime.makeUnsafe(state.failingSince)
      })
  }
}

export const advance = (wait: Wait, before: State, { at, result }: PollResult<Operation.Operation>): Step => {
  const state = { ...before, polls: before.polls + 1 }
  return Result.isSuccess(result)
    ? afterSuccess(wait, state, result.success, at)
    : afterFailure(wait, state, result.failure, at)
}
