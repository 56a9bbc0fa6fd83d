// What the result of a poll means for one wait, as a pure function.
import type * as Operation from "@effect-comms/domain/Operation"
import { isKnownStatus } from "@effect-comms/domain/Operation"
import * as WaitError from "@effect-comms/domain/WaitError"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { ToWall } from "../monotonic.ts"
import { isTransient } from "../transient.ts"
import type { PollResult } from "./entries.ts"
import { hasChanged } from "./history.ts"
import type { Limits, PollError } from "./model.ts"

/** The constants of a wait. All times are in milliseconds of the monotonic clock. */
export interface Wait {
  readonly operationId: Operation.OperationId
  readonly startedAt: number
  /** When the operation was created, as far as that is known before a poll finds it. */
  readonly createdAt: number
  readonly limits: Limits
}

/** The state of a wait between two polls. */
export interface State {
  readonly polls: number
  /** How many polls the API answered with 404. */
  readonly notFound: number
  /** Whether any poll had an answer. */
  readonly isAnswered: boolean
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
  notFound: 0,
  isAnswered: false,
  last: undefined,
  changedAt: now,
  unknownSince: undefined,
  failures: 0,
  failingSince: now,
  toldFirst: false,
  toldStall: false
})

/** Makes the error that ends a wait. Its times are those of the wall clock. */
export type ToError = (toWall: ToWall) => WaitError.WaitError

/** The outcome of one poll: the next state, the event to tell, and the end of the wait, if it has come. */
export interface Step {
  readonly state: State
  readonly tell: "Changed" | "Stalled" | "PollFailed" | "NotFoundYet" | undefined
  readonly end: "ended" | ToError | undefined
}

/** The fields of every error of a wait. */
export const aboutWait = (
  { operationId, startedAt }: Wait,
  { last, notFound, polls }: State,
  now: number,
  toWall: ToWall
) => ({
  operationId,
  startedAt: toWall(startedAt),
  waited: Duration.millis(Math.max(0, now - startedAt)),
  polls,
  ...(notFound === 0 ? {} : { notFound }),
  ...(last === undefined ? {} : { last })
})

/** The deadline of a wait. */
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
  const { unknownSince } = state
  if (
    !isKnownStatus(operation.status) && unknownSince !== undefined &&
    isOver(limits.unknownStatusLimit, unknownSince, now)
  ) {
    const { status } = operation
    const end: ToError = (toWall) =>
      new WaitError.StatusNotKnown({ ...aboutWait(wait, state, now, toWall), status, since: toWall(unknownSince) })
    return { state, tell, end }
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
  const end: ToError = (toWall) => new WaitError.Stalled({ ...aboutWait(wait, state, now, toWall), unchangedFor })
  return { state, tell, end }
}

// The polls of a wait that never had an answer go to a wrong address, or there is no network.
const maxUnanswered = 3

const afterFailure = (wait: Wait, previous: State, reason: PollError, now: number): Step => {
  const { limits } = wait
  const isNotFound = reason._tag === "NotFound"
  const before: State = {
    ...previous,
    notFound: previous.notFound + (isNotFound ? 1 : 0),
    isAnswered: previous.isAnswered || (reason._tag !== "TransportFailure" && reason._tag !== "CoolingDown")
  }
  if (isNotFound && before.last === undefined && !isOver(limits.notFoundGrace, wait.createdAt, now)) {
    return { state: before, tell: "NotFoundYet", end: undefined }
  }
  const state: State = {
    ...before,
    failures: before.failures + 1,
    failingSince: before.failures === 0 ? now : before.failingSince
  }
  // A replica that lags behind may not find an operation that another one found.
  const isTolerable = isTransient(reason) || (isNotFound && before.last !== undefined)
  // A `Retry-After` beyond the deadline fails the wait now instead of then.
  const mayPollAt = now + Duration.toMillis(RetryPolicy.retryAfter(reason) ?? Duration.zero)
  const isUnreachable = !state.isAnswered && state.last === undefined && state.failures >= maxUnanswered
  if (
    isTolerable && !isUnreachable && state.failures <= limits.maxFailures &&
    !isOver(limits.maxFailureTime, state.failingSince, now) && mayPollAt < deadlineOf(wait)
  ) return { state, tell: "PollFailed", end: undefined }
  return {
    state,
    tell: undefined,
    end: (toWall) =>
      isNotFound
        ? new WaitError.OperationNotFound({ ...aboutWait(wait, state, now, toWall), grace: limits.notFoundGrace })
        : new WaitError.PollsFailed({
          ...aboutWait(wait, state, now, toWall),
          reason,
          failures: state.failures,
          since: toWall(state.failingSince)
        })
  }
}

/** The outcome of a poll. */
export const advance = (wait: Wait, before: State, { at, result }: PollResult<Operation.Operation>): Step => {
  const state = { ...before, polls: before.polls + 1 }
  return Result.isSuccess(result)
    ? afterSuccess(wait, state, result.success, at)
    : afterFailure(wait, state, result.failure, at)
}
