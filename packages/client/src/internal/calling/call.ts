// Runs a call: sends its attempts when it is their turn, retries, and reports each attempt. Nothing is made that only a
// retry, a failure or a tracer needs.
import * as CommsError from "@effect-comms/domain/CommsError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
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

type Failure<E> = E | CommsError.CoolingDown | CommsError.TransportFailure

/** A call in progress, and the options of its attempts. A class, because each call would make its closures again. */
class Calling<A, E extends CommsError.CommsError> implements FlowControl.Attempting<State.Answered<A>, Failure<E>> {
  readonly target: Target
  readonly request: Request
  readonly resource: string
  readonly place: FlowControl.Call
  readonly policy: RetryPolicy.RetryPolicy
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly clock: Clock.Clock
  readonly maxWait: number
  readonly deadline: number
  readonly send: Effect.Effect<State.Answered<A>, E | CommsError.TransportFailure>
  readonly toOutcome = State.endingOf
  state: State.State
  isOver = false

  constructor(
    target: Target,
    request: Request,
    resource: string,
    send: () => Effect.Effect<State.Answered<A>, E>,
    place: FlowControl.Call,
    policy: RetryPolicy.RetryPolicy,
    fiber: Fiber.Fiber<unknown, unknown>
  ) {
    this.target = target
    this.request = request
    this.resource = resource
    this.place = place
    this.policy = policy
    this.fiber = fiber
    this.clock = fiber.getRef(Clock.Clock)
    this.maxWait = Duration.toMillis(policy.maxRetryAfter)
    this.state = State.start(monotonicMillisOf(this.clock))
    this.deadline = this.state.endedAt + Duration.toMillis(policy.callTimeout)
    this.send = Effect.suspend(() => this.sendOnce(send))
  }

  get notBefore(): number {
    return this.state.dueAt
  }

  timedOut(what: "attempt" | "call", duration: Duration.Duration): CommsError.TransportFailure {
    const { method, readOnly, url } = this.request
    const detail = `The ${what} timed out after ${Duration.format(duration)}.`
    return new CommsError.TransportFailure({ method, url, readOnly, reason: "Timeout", detail })
  }

  // A gate may take these two from the object.
  readonly onTimeout = (): CommsError.TransportFailure => {
    this.isOver = true
    return this.timedOut("call", this.policy.callTimeout)
  }

  readonly onCooldown = (until: number, left: number): CommsError.CoolingDown => {
    const { method, url } = this.request
    return new CommsError.CoolingDown({ method, url, retryAfter: Duration.millis(left), retryAt: timeAt(until) })
  }

  enter(): void {
    this.state = State.enter(this.state, monotonicMillisOf(this.clock))
  }

  sendOnce(
    send: () => Effect.Effect<State.Answered<A>, E>
  ): Effect.Effect<State.Answered<A>, E | CommsError.TransportFailure> {
    const sentAt = monotonicMillisOf(this.clock)
    const startedAt = this.clock.currentTimeMillisUnsafe()
    const recorded = Effect.onExit(this.limit(send(), sentAt), (exit) => this.record(sentAt, startedAt, exit))
    if (!isObserved(this.fiber)) return recorded
    const { method, url } = this.request
    const { call, server } = this.target
    return Effect.withSpan(recorded, "CommsClient.attempt", {
      kind: "client",
      attributes: { call, "http.request.method": method, "url.full": url, ...server }
    })
  }

  limit(
    send: Effect.Effect<State.Answered<A>, E>,
    sentAt: number
  ): Effect.Effect<State.Answered<A>, E | CommsError.TransportFailure> {
    const { attemptTimeout } = this.policy
    const left = this.deadline - sentAt
    const millis = Math.min(left, Duration.toMillis(attemptTimeout))
    return millis === Infinity
      ? send
      : failAfter(send, millis, () => left <= millis ? this.onTimeout() : this.timedOut("attempt", attemptTimeout))
  }

  record(
    sentAt: number,
    startedAt: number,
    exit: Exit.Exit<State.Answered<A>, E | CommsError.TransportFailure>
  ): Effect.Effect<void> {
    if (Exit.hasDies(exit)) return Effect.void
    const { fiber, state, target: { counters } } = this
    const ending = this.isOver ? State.interrupted : State.endingOf(exit)
    const ended = State.endedOf(state, startedAt, sentAt, monotonicMillisOf(this.clock), ending)
    this.state = State.end(state, ended)
    fiber.getRef(Attempts.CurrentAttempts)?.push(State.toAttempt(ended))
    counters.requests(ended.outcome).updateUnsafe(1, fiber.context)
    if (sentAt > state.dueAt) counters.parked.updateUnsafe(1, fiber.context)
    if (ended.waited > 0) counters.waited.updateUnsafe(ended.waited, fiber.context)
    return isObserved(fiber) ? Effect.annotateCurrentSpan(State.attributesOf(ended)) : Effect.void
  }
}

const attempt = <A, E extends CommsError.CommsError>(
  calling: Calling<A, E>
): Effect.Effect<State.Answered<A>, Failure<E>> => {
  calling.enter()
  return calling.place.attempt<State.Answered<A>, Failure<E>>(calling)
}

// Waits for the next attempt, and tells whether there is one.
const isRetried = Effect.fnUntraced(function*<A, E extends CommsError.CommsError>(
  calling: Calling<A, E>,
  delayOf: (error: Failure<E>) => Effect.Effect<Duration.Duration | undefined>,
  error: Failure<E>
) {
  const { clock, deadline, fiber, place, policy, request, state, target: { call, counters } } = calling
  const { maxAttempts } = policy
  if (calling.isOver || state.attempts.length >= maxAttempts || !policy.while(error)) return false
  if (!request.readOnly && !isUnprocessed(error)) return false
  const delay = yield* delayOf(error)
  if (
    delay === undefined || monotonicMillisOf(clock) + Duration.toMillis(delay) >= deadline || !place.takeRetry()
  ) return false
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
  else calling.state = State.postpone(state, asked)
  return true
})

const retry = Effect.fnUntraced(function*<A, E extends CommsError.CommsError>(
  calling: Calling<A, E>,
  first: Failure<E>
): Effect.fn.Return<State.Answered<A>, Failure<E>> {
  const { clock, place, policy } = calling
  const step = yield* beginSchedule(policy.schedule)
  const delayOf = (error: Failure<E>) =>
    step(monotonicMillisOf(clock), error).pipe(
      Effect.map(([, delay]) => delay),
      Pull.catchDone(() => Effect.undefined)
    )
  let error = first
  while (yield* isRetried(calling, delayOf, error)) {
    const result = yield* Effect.result(attempt(calling))
    if (result._tag === "Success") {
      place.returnRetry()
      return result.success
    }
    error = result.failure
  }
  return yield* Effect.fail(
    CommsError.withFields(error, { attempts: calling.state.attempts.map(State.toAttempt) })
  )
})

const valueOf = <A>({ value }: State.Answered<A>): A => value

/**
 * Sends a call when it is its turn, and retries it as the policy says. `resource` is the method and the URL without its
 * query. `send` makes the effect of an attempt, which a call that waits does not hold.
 */
export const run = <A, E extends CommsError.CommsError>(
  target: Target,
  request: Request,
  resource: string,
  send: () => Effect.Effect<State.Answered<A>, E>,
  gate: FlowControl.Gate,
  ownPolicy: RetryPolicy.RetryPolicy
): Effect.Effect<A, Failure<E>> =>
  Effect.flatMap(gate.call, (place) =>
    Effect.withFiber((fiber) => {
      const policy = fiber.getRef(RetryPolicy.CurrentRetryPolicy) ?? ownPolicy
      const calling = new Calling(target, request, resource, send, place, policy, fiber)
      return Effect.map(Effect.catch(attempt(calling), (error) => retry(calling, error)), valueOf)
    }))
