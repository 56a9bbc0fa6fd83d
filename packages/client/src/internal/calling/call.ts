// The one place that retries: a call's attempts, in their turn, with their story.
import { Attempt } from "@effect-comms/domain/Attempt"
import * as CommsError from "@effect-comms/domain/CommsError"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Attempts from "../../Attempts.ts"
import type * as FlowControl from "../../FlowControl.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import { failAfter, lastTime } from "./answer.ts"

export interface Target {
  readonly call: string
  readonly method: string
  readonly url: string
  readonly readOnly: boolean
  readonly server: { readonly "server.address": string; readonly "server.port": number }
}

const requests = Metric.counter("comms_client_requests", {
  description: "Requests sent, by call and outcome",
  incremental: true
})

const retries = Metric.counter("comms_client_retries", {
  description: "Requests sent once more, by call and reason",
  incremental: true
})

const waited = Metric.counter("comms_client_waited_milliseconds", {
  description: "Time that calls waited between their attempts and for their turn, by call",
  incremental: true
})

const parked = Metric.counter("comms_client_parked", {
  description: "Attempts that had to wait for their turn, by call",
  incremental: true
})

const statusOf = (error: CommsError.CommsError): number | undefined => "status" in error ? error.status : undefined

/** What an attempt came to when it succeeded: the status of its answer, and the value. */
export interface Answered<A> {
  readonly status: number
  readonly value: A
}

interface Ending extends FlowControl.Outcome {
  readonly outcome: string
}

const endingOf = <A, E extends CommsError.CommsError>(exit: Exit.Exit<Answered<A>, E>): Ending => {
  if (Exit.isSuccess(exit)) return { outcome: "Success", status: exit.value.status, retryAfter: undefined }
  const error = Result.getOrUndefined(Exit.findError(exit))
  return error === undefined
    ? { outcome: "Interrupted", status: undefined, retryAfter: undefined }
    : { outcome: error._tag, status: statusOf(error), retryAfter: RetryPolicy.retryAfter(error) }
}

/** Runs a call: sends it when it is its turn, and retries it as the policy says. */
export const run = Effect.fnUntraced(function*<A, E extends CommsError.CommsError>(
  { method, call, readOnly, server, url }: Target,
  send: Effect.Effect<Answered<A>, E>,
  gate: FlowControl.Gate,
  ownPolicy: RetryPolicy.RetryPolicy
): Effect.fn.Return<A, E | CommsError.CoolingDown | CommsError.TransportFailure> {
  const policy = (yield* RetryPolicy.CurrentRetryPolicy) ?? ownPolicy
  const onRetry = yield* Attempts.OnRetry
  const collected = yield* Attempts.CurrentAttempts
  const place = yield* gate.call
  const startedAt = yield* Clock.currentTimeMillis
  const deadline = startedAt + Duration.toMillis(policy.callTimeout)
  const attempts: Array<Attempt> = []
  let lastEndedAt = startedAt
  let dueAt = startedAt

  const record = Effect.fnUntraced(function*(sentAt: number, wasDueAt: number, exit: Exit.Exit<Answered<A>, E>) {
    if (Exit.hasDies(exit)) return
    const now = yield* Clock.currentTimeMillis
    const { outcome, retryAfter: asked, status } = endingOf(exit)
    const attempt = new Attempt({
      number: attempts.length + 1,
      startedAt: DateTime.makeUnsafe(sentAt),
      took: Duration.millis(now - sentAt),
      outcome,
      ...(status === undefined ? {} : { status }),
      ...(asked === undefined ? {} : { asked }),
      waited: Duration.millis(sentAt - lastEndedAt)
    }, { disableChecks: true })
    attempts.push(attempt)
    collected?.push(attempt)
    yield* Metric.update(Metric.withAttributes(requests, { call, outcome }), 1)
    if (sentAt > wasDueAt) yield* Metric.update(Metric.withAttributes(parked, { call }), 1)
    if (sentAt > lastEndedAt) {
      yield* Metric.update(Metric.withAttributes(waited, { call }), sentAt - lastEndedAt)
    }
    lastEndedAt = now
    yield* Effect.annotateCurrentSpan({
      "http.request.resend_count": attempts.length - 1,
      "comms.waited_ms": Duration.toMillis(attempt.waited),
      "comms.outcome": outcome,
      ...(Exit.isSuccess(exit) ? {} : { "error.type": status === undefined ? outcome : String(status) }),
      ...(status === undefined ? {} : { "http.response.status_code": status }),
      ...(asked === undefined ? {} : { "comms.retry_after_ms": Duration.toMillis(asked) })
    })
  })

  const sendOnce = Effect.flatMap(Clock.currentTimeMillis, (sentAt) => {
    const wasDueAt = dueAt
    return Effect.onExit(send, (exit) => record(sentAt, wasDueAt, exit)).pipe(
      Effect.withSpan("CommsClient.attempt", {
        kind: "client",
        attributes: { call, "http.request.method": method, "url.full": url, ...server }
      })
    )
  })

  const attempt = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    dueAt = Math.max(dueAt, now)
    return place.attempt({
      send: sendOnce,
      toOutcome: endingOf,
      maxWait: Duration.toMillis(policy.maxRetryAfter),
      deadline,
      onCooldown: (until, left) =>
        new CommsError.CoolingDown({
          method,
          url,
          retryAfter: Duration.millis(left),
          retryAt: DateTime.makeUnsafe(Math.min(until, lastTime))
        })
    })
  })

  const schedule = policy.schedule.pipe(
    // The quota is asked last, since it pays for what is repeated only.
    Schedule.while(({ duration, input, now }) =>
      policy.while(input) && now + Duration.toMillis(duration) < deadline && place.takeRetry()
    ),
    Schedule.tap(Effect.fnUntraced(function*({ duration, input }) {
      const attempt = attempts[attempts.length - 1]
      yield* Metric.update(Metric.withAttributes(retries, { call, reason: input._tag }), 1)
      yield* Effect.logDebug(`${call} is repeated in ${Duration.format(duration)}: ${input._tag}`)
      if (attempt !== undefined) yield* onRetry({ call, method, url, attempt, delay: duration })
    })),
    // What everybody waits for is waited for in the queue, or those who stand in it would go first.
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.sync(() => {
        const asked = RetryPolicy.retryAfter(input)
        if (asked === undefined || Duration.isGreaterThan(duration, asked)) return duration
        dueAt = lastEndedAt + Duration.toMillis(asked)
        return place.isParkedUntil(dueAt) ? Duration.zero : duration
      })
    )
  )

  const result = yield* Effect.retry(attempt, schedule).pipe(
    failAfter({ method, url, readOnly }, "call", policy.callTimeout),
    Effect.mapError((error) => Object.assign(error, { attempts: [...attempts] }))
  )
  if (attempts.length > 1) place.returnRetry()
  return result.value
})
