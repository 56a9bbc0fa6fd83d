// The state of a call between its attempts, and how each event changes it.
import { Attempt } from "@effect-comms/domain/Attempt"
import type * as CommsError from "@effect-comms/domain/CommsError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as FlowControl from "../../FlowControl.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"

/** The result of a successful attempt: the status and the request id of the answer, and its value. */
export interface Answered<A> {
  readonly status: number
  readonly requestId: string | undefined
  readonly value: A
}

/** How an attempt ended. `outcome` is `"Success"`, the tag of the error, or `"Interrupted"`. */
export interface Ending extends FlowControl.Outcome {
  readonly outcome: string
  readonly requestId: string | undefined
}

/** The end of an attempt whose call is interrupted or times out. */
export const interrupted: Ending = {
  outcome: "Interrupted",
  status: undefined,
  requestId: undefined,
  retryAfter: undefined
}

export const endingOf = <A, E extends CommsError.CommsError>(exit: Exit.Exit<Answered<A>, E>): Ending => {
  if (Exit.isSuccess(exit)) {
    const { requestId, status } = exit.value
    return { outcome: "Success", status, requestId, retryAfter: undefined }
  }
  const error = Result.getOrUndefined(Exit.findError(exit))
  if (error === undefined) return interrupted
  return {
    outcome: error._tag,
    status: "status" in error ? error.status : undefined,
    requestId: "requestId" in error ? error.requestId : undefined,
    retryAfter: RetryPolicy.retryAfter(error)
  }
}

/** An attempt that ended. `startedAt` is in epoch milliseconds, `took` and `waited` are in milliseconds. */
export interface Ended extends Ending {
  readonly number: number
  readonly startedAt: number
  readonly endedAt: number
  readonly took: number
  readonly waited: number
}

/** All times are in milliseconds of the monotonic clock. */
export interface State {
  readonly attempts: ReadonlyArray<Ended>
  /** When the last attempt ended. Before the first attempt, when the call started. */
  readonly endedAt: number
  /** When the next attempt is due. If it is sent later, it waited for its turn in the queue. */
  readonly dueAt: number
}

export const start = (now: number): State => ({ attempts: [], endedAt: now, dueAt: now })

/** The next attempt enters the queue. */
export const enter = (state: State, now: number): State => now > state.dueAt ? { ...state, dueAt: now } : state

/** The attempt that was sent at `sentAt`, and ends now. `startedAt` is the same instant on the wall clock. */
export const endedOf = (
  { attempts, endedAt }: State,
  startedAt: number,
  sentAt: number,
  now: number,
  { outcome, requestId, retryAfter, status }: Ending
): Ended => ({
  number: attempts.length + 1,
  startedAt,
  endedAt: now,
  took: now - sentAt,
  waited: sentAt - endedAt,
  outcome,
  status,
  requestId,
  retryAfter
})

/** An attempt as callers see it. */
export const toAttempt = (
  { number, outcome, requestId, retryAfter, startedAt, status, took, waited }: Ended
): Attempt =>
  new Attempt({
    number,
    startedAt: DateTime.makeUnsafe(startedAt),
    took: Duration.millis(took),
    outcome,
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfter === undefined ? {} : { asked: retryAfter }),
    waited: Duration.millis(waited)
  }, { disableChecks: true })

/** An attempt ends. */
export const end = (state: State, ended: Ended): State => ({
  ...state,
  attempts: [...state.attempts, ended],
  endedAt: ended.endedAt
})

/** The next attempt is due when the wait that the server asked for is over. */
export const postpone = (state: State, asked: Duration.Duration): State => ({
  ...state,
  dueAt: state.endedAt + Duration.toMillis(asked)
})

/** The span attributes of an attempt that ended. */
export const attributesOf = ({ number, outcome, requestId, retryAfter, status, waited }: Ended) => ({
  "http.request.resend_count": number - 1,
  "comms.waited_ms": waited,
  "comms.outcome": outcome,
  ...(outcome === "Success" ? {} : { "error.type": status === undefined ? outcome : String(status) }),
  ...(status === undefined ? {} : { "http.response.status_code": status }),
  ...(requestId === undefined ? {} : { "comms.request_id": requestId }),
  ...(retryAfter === undefined ? {} : { "comms.retry_after_ms": Duration.toMillis(retryAfter) })
})
