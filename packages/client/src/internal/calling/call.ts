// Runs a call: sends its attempts when it is their turn, retries, and reports each attempt. Nothing is made that only a
// retry, a failure or a tracer needs.
import * as CommsError from "@effect-comms/domain/CommsError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Pull from "effect/Pull"
import * as Attempts from "../../Attempts.ts"
import type * as FlowControl from "../../FlowControl.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import { beginSchedule, monotonicMillisOf } from "../monotonic.ts"
import { isObserved } from "../observed.ts"
import { failAfter } from "../timer.ts"
import { type Request, timeAt } from "./answer.ts"
import * as State from "./state.ts"
import { isUnprocessed } from "./write.ts"

const counter = (id: string, description: string, attributes: Metric.Metric.AttributeSet) =>
  Metric.counter(id, { description, incremental: true, attributes })

/** The counters of an endpoint. Each is made once, because looking up a counter by its attributes takes long. */
const makeCounters = (call: string) => {
  const byOutcome = new Map<string, Metric.Counter<number>>()
  const byReason = new Map<string, Metric.Counter<number>>()
  const memoize = (counters: typeof byOutcome, name: string, make: () => Metric.Counter<number>) => {
    const found = counters.get(name) ?? make()
    counters.set(name, found)
    return found
  }
  return {
    requests: (outcome: string) =>
      memoize(
        byOutcome,
        outcome,
        () => counter("comms_client_requests", "Requests sent, by call and outcome", { call, outcome })
      ),
    retries: (reason: string) =>
      memoize(
        byReason,
        reason,
        () => counter("comms_client_retries", "Attempts retried, by call and reason", { call, reason })
      ),
    waited: counter(
      "comms_client_waited_milliseconds",
      "Milliseconds that calls waited before attempts, by call",
      { call }
    ),
    parked: counter("comms_client_parked", "Attempts that waited in the queue, by call", { call })
  }
}

/** What the calls of an endpoint share. */
export interface Target {
  readonly call: string
  readonly server: { readonly "server.address": string; readonly "server.port": number }
  readonly counters: ReturnType<typeof makeCounters>
}

export const makeTarget = (call: string, server: Target["server"]): Target => ({
  call,
  server,
  counters: makeCounters(call)
})

const timedOut = (request: Request, what: "attempt" | "call", duration: Duration.Duration) =>
  new CommsError.TransportFailure({
    method: request.method,
    url: request.url,
    readOnly: request.readOnly,
    reason: "Timeout",
    detail: `The ${what} timed out after ${Duration.format(duration)}.`
  })

/**
 * Sends a call when it is its turn, and retries it as the policy says. `resource` is the method and the URL without its
 * query.
 */
export const run = <A, E extends CommsError.CommsError>(
  { call, counters, server }: Target,
  request: Request,
  resource: string,
  send: Effect.Effect<State.Answered<A>, E>,
  gate: FlowControl.Gate,
  ownPolicy: RetryPolicy.RetryPolicy
): Effect.Effect<A, E | CommsError.CoolingDown | CommsError.TransportFailure> =>
  Effect.flatMap(gate.call, (place) =>
    Effect.withFiber((fiber) => {
      type Failure = E | CommsError.CoolingDown | CommsError.TransportFailure
      const policy = fiber.getRef(RetryPolicy.CurrentRetryPolicy) ?? ownPolicy
      const collected = fiber.getRef(Attempts.CurrentAttempts)
      const clock = fiber.getRef(Clock.Clock)
      const startedAt = monotonicMillisOf(clock)
      const attemptMillis = Duration.toMillis(policy.attemptTimeout)
      const deadline = startedAt + Duration.toMillis(policy.callTimeout)
      let state = State.start(startedAt)
      let isOver = false

      const endCall = (): CommsError.TransportFailure => {
        isOver = true
        return timedOut(request, "call", policy.callTimeout)
      }

      const limit = (sentAt: number): Effect.Effect<State.Answered<A>, E | CommsError.TransportFailure> => {
        const left = deadline - sentAt
        if (left === Infinity && attemptMillis === Infinity) return send
        return failAfter(send, Math.min(left, attemptMillis), () =>
          left <= attemptMillis ? endCall() : timedOut(request, "attempt", policy.attemptTimeout))
      }

      const record = (
        sentAt: number,
        startedAt: number,
        exit: Exit.Exit<State.Answered<A>, E | CommsError.TransportFailure>
      ): Effect.Effect<void> => {
        if (Exit.hasDies(exit)) {
          return Effect.void
        }
        const ended = State.endedOf(
          state,
          startedAt,
          sentAt,
          monotonicMillisOf(clock),
          isOver ? State.interrupted : State.endingOf(exit)
        )
        const isParked = sentAt > state.dueAt
        state = State.end(state, ended)
        collected?.push(State.toAttempt(ended))
        counters.requests(ended.outcome).updateUnsafe(1, fiber.context)
        if (isParked) {
          counters.parked.updateUnsafe(1, fiber.context)
        }
        if (ended.waited > 0) {
          counters.waited.updateUnsafe(ended.waited, fiber.context)
        }
        return isObserved(fiber) ? Effect.annotateCurrentSpan(State.attributesOf(ended)) : Effect.void
      }

      const sendOnce = Effect.suspend(() => {
        const sentAt = monotonicMillisOf(clock)
        const startedAt = clock.currentTimeMillisUnsafe()
        const recorded = Effect.onExit(limit(sentAt), (exit) =>
          record(sentAt, startedAt, exit))
        return isObserved(fiber)
          ? Effect.withSpan(recorded, "CommsClient.attempt", {
            kind: "client",
            attributes: { call, "http.request.method": request.method, "url.full": request.url, ...server }
          })
          : recorded
      })

      const attempt = Effect.suspend(() => {
        state = State.enter(state, monotonicMillisOf(clock))
        return place.attempt({
          resource,
          notBefore: state.dueAt,
          send: sendOnce,
          toOutcome: State.endingOf,
          maxWait: Duration.toMillis(policy.maxRetryAfter),
          deadline,
          onTimeout: endCall,
          onCooldown: (until, left): CommsError.CoolingDown | CommsError.TransportFailure =>
            new CommsError.CoolingDown({
              method: request.method,
              url: request.url,
              retryAfter: Duration.millis(left),
              retryAt: timeAt(until)
            })
        })
      })

      // Waits for the next attempt, and tells whether there is one.
      const beginRetries = Effect.map(beginSchedule(policy.schedule), (step) =>
        Effect.fnUntraced(function*(error: Failure) {
          const { maxAttempts } = policy
          if (isOver || state.attempts.length >= maxAttempts || !policy.while(error)) {
            return false
          }
          if (!request.readOnly && !isUnprocessed(error)) {
            return false
          }
          const now = monotonicMillisOf(clock)
          const delay = yield* step(now, error).pipe(
            Effect.map(([, delay]) =>
              delay
            ),
            Pull.catchDone(() =>
              Effect.undefined
            )
          )
          if (delay === undefined || now + Duration.toMillis(delay) >= deadline || !place.takeRetry()) return false
          counters.retries(error._tag).updateUnsafe(1, fiber.context)
          yield* Effect.logDebug(`${call}: retrying in ${Duration.format(delay)} after ${error._tag}`)
          const ended = state.attempts.at(-1)
          if (ended !== undefined) {
            const { method, url } = request
            const onRetry = yield* Attempts.OnRetry
            yield* onRetry({ call, method, url, attempt: State.toAttempt(ended), maxAttempts, error, delay })
          }
          const asked = RetryPolicy.retryAfter(error)
          // A wait that the server asks for is spent in the queue, where the call keeps its place.
          if (asked === undefined || Duration.isGreaterThan(delay, asked)) yield* Effect.sleep(delay)
          else state = State.postpone(state, asked)
          return true
        }))

      const retry = Effect.fnUntraced(function*(first: Failure): Effect.fn.Return<State.Answered<A>, Failure> {
        const isRetried = yield* beginRetries
        let error = first
        while (yield* isRetried(error)) {
          const result = yield* Effect.result(attempt)
          if (result._tag === "Success") {
            place.returnRetry()
            return result.success
          }
          error = result.failure
        }
        return yield* Effect.fail(
          CommsError.withFields(error, { attempts: state.attempts.map(State.toAttempt) })
        )
      })

      return Effect.map(Effect.catch(attempt, retry), ({ value }) => value)
    }))
