// Runs a call: sends its attempts when it is their turn, retries, and reports each attempt.
import type { Attempt } from "@effect-comms/domain/Attempt"
import * as CommsError from "@effect-comms/domain/CommsError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Attempts from "../../Attempts.ts"
import type * as FlowControl from "../../FlowControl.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import { monotonicMillis } from "../monotonic.ts"
import { failAfter, timeAt } from "./answer.ts"
import * as State from "./state.ts"
import { isUnprocessed } from "./write.ts"

export interface Target {
  readonly call: string
  readonly method: string
  readonly url: string
  readonly readOnly: boolean
  readonly server: { readonly "server.address": string; readonly "server.port": number }
}

const counter = (id: string, description: string) => Metric.counter(id, { description, incremental: true })

const requests = counter("comms_client_requests", "Requests sent, by call and outcome")
const retries = counter("comms_client_retries", "Attempts retried, by call and reason")
const waited = counter("comms_client_waited_milliseconds", "Milliseconds that calls waited before attempts, by call")
const parked = counter("comms_client_parked", "Attempts that waited in the queue, by call")

const report = Effect.fnUntraced(function*(call: string, attempt: Attempt, isParked: boolean) {
  const waitedMillis = Duration.toMillis(attempt.waited)
  yield* Metric.update(Metric.withAttributes(requests, { call, outcome: attempt.outcome }), 1)
  if (isParked) yield* Metric.update(Metric.withAttributes(parked, { call }), 1)
  if (waitedMillis > 0) yield* Metric.update(Metric.withAttributes(waited, { call }), waitedMillis)
  yield* Effect.annotateCurrentSpan(State.attributesOf(attempt))
})

/** Sends a call when it is its turn, and retries it as the policy says. */
export const run = Effect.fnUntraced(function*<A, E extends CommsError.CommsError>(
  { method, call, readOnly, server, url }: Target,
  send: Effect.Effect<State.Answered<A>, E>,
  gate: FlowControl.Gate,
  ownPolicy: RetryPolicy.RetryPolicy
): Effect.fn.Return<A, E | CommsError.CoolingDown | CommsError.TransportFailure> {
  const policy = (yield* RetryPolicy.CurrentRetryPolicy) ?? ownPolicy
  const onRetry = yield* Attempts.OnRetry
  const collected = yield* Attempts.CurrentAttempts
  const place = yield* gate.call
  const startedAt = yield* monotonicMillis
  const deadline = startedAt + Duration.toMillis(policy.callTimeout)
  let state = State.start(startedAt)

  const record = (
    startedAt: number,
    sentAt: number,
    exit: Exit.Exit<State.Answered<A>, E | CommsError.TransportFailure>
  ) =>
    Effect.flatMap(monotonicMillis, (now) => {
      const attempt = State.attemptOf(state, startedAt, sentAt, now, State.endingOf(exit))
      state = State.end(state, attempt, now)
      collected?.push(attempt)
      return report(call, attempt, sentAt > state.dueAt)
    })

  const sendOnce = Effect.gen(function*() {
    const startedAt = yield* Clock.currentTimeMillis
    const sentAt = yield* monotonicMillis
    return yield* Effect.onExit(
      failAfter({ method, url, readOnly }, "attempt", policy.attemptTimeout)(send),
      (exit) => Exit.hasDies(exit) ? Effect.void : record(startedAt, sentAt, exit)
    ).pipe(
      Effect.withSpan("CommsClient.attempt", {
        kind: "client",
        attributes: { call, "http.request.method": method, "url.full": url, ...server }
      })
    )
  })

  const [resource = url] = url.split("?", 1)

  const attempt = Effect.flatMap(monotonicMillis, (now) => {
    state = State.enter(state, now)
    return place.attempt({
      resource: `${method} ${resource}`,
      notBefore: state.dueAt,
      send: sendOnce,
      toOutcome: State.endingOf,
      maxWait: Duration.toMillis(policy.maxRetryAfter),
      deadline,
      onCooldown: (until, left) =>
        new CommsError.CoolingDown({ method, url, retryAfter: Duration.millis(left), retryAt: timeAt(until) })
    })
  })

  const schedule = policy.schedule.pipe(
    // Last, since it takes a retry from the quota.
    Schedule.while(({ duration, input }) =>
      Effect.map(
        monotonicMillis,
        (now) =>
          (readOnly || isUnprocessed(input)) && state.attempts.length < policy.maxAttempts && policy.while(input) &&
          now + Duration.toMillis(duration) < deadline && place.takeRetry()
      )
    ),
    Schedule.tap(Effect.fnUntraced(function*({ duration, input }) {
      const attempt = state.attempts.at(-1)
      yield* Metric.update(Metric.withAttributes(retries, { call, reason: input._tag }), 1)
      yield* Effect.logDebug(`${call}: retrying in ${Duration.format(duration)} after ${input._tag}`)
      const { maxAttempts } = policy
      if (attempt !== undefined) {
        yield* onRetry({ call, method, url, attempt, maxAttempts, error: input, delay: duration })
      }
    })),
    // A wait that the server asks for is spent in the queue, where the call keeps its place.
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.sync(() => {
        const asked = RetryPolicy.retryAfter(input)
        if (asked === undefined || Duration.isGreaterThan(duration, asked)) return duration
        state = State.postpone(state, asked)
        return Duration.zero
      })
    )
  )

  const result = yield* Effect.retry(attempt, schedule).pipe(
    failAfter({ method, url, readOnly }, "call", policy.callTimeout),
    Effect.mapError((error) => CommsError.withFields(error, { attempts: state.attempts }))
  )
  if (state.attempts.length > 1) place.returnRetry()
  return result.value
})
