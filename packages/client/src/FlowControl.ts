/**
 * When requests are sent: one queue for every call on an account and host, which learns from the server's answers.
 *
 * **What it does**
 *
 * - A 429 or 503 with `Retry-After` parks every call, not only the one that was answered so, for a day at most.
 * - How many requests are under way at once begins small and grows with every success, so that the first refusal finds
 *   few of them.
 * - From a refusal it learns how many requests the server takes in a time, sends no more than nine tenths of that, asks
 *   for a little more each second, and forgets it after a minute without a refusal.
 * - Calls wait in the order in which they were made, a repeat in the place of its call. An interrupted one leaves at
 *   once.
 * - A quota of retries is shared by all calls, and each call adds 0.15 of a repeat to it: in a long outage hardly a sixth
 *   more requests are sent than calls made.
 *
 * Effect's own `RateLimiter` takes tokens from a limit that has to be known and sleeps for each caller by itself: it
 * learns nothing, keeps no order and cannot be parked. Its `CircuitBreaker` refuses calls where this one lets them wait;
 * `CircuitBreaker.layer` puts it in front for those who want that.
 *
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { makeDecoder, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { makeGate, makeMemoryStore } from "./internal/flow/queue.ts"

/**
 * Where it is kept until when an account has to wait. One in memory is the default; processes that share an account can
 * share another one.
 *
 * @category models
 * @since 0.1.0
 */
export interface CooldownStore {
  /** Until when to wait, in epoch milliseconds; 0 when there is nothing to wait for. */
  readonly read: (key: string) => Effect.Effect<number>
  /** Sets it, unless it is set to a later time already. */
  readonly write: (key: string, until: number) => Effect.Effect<void>
}

/**
 * The store of cooldowns in use.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentCooldownStore = Context.Reference<CooldownStore | undefined>(
  "@effect-comms/client/FlowControl/CooldownStore",
  { defaultValue: () => undefined }
)

/**
 * How requests are paced; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How many requests the server takes in a time, when it is known. Default: not known, and learnt. */
  readonly limit?: { readonly requests: number; readonly window: Duration.Input } | undefined
  /** How many requests may be under way at once at most. Default 64. */
  readonly maxConcurrency?: number | undefined
  /** How many retries may be made at once before the quota is spent. Default 50. */
  readonly quota?: number | undefined
  /** How much of a repeat each call adds to the quota. Default 0.15. */
  readonly quotaPerCall?: number | undefined
}

/**
 * How a request ended, as far as pacing is concerned.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outcome {
  readonly status: number | undefined
  readonly retryAfter: Duration.Duration | undefined
}

/**
 * How long an attempt may wait for a cooldown to end.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wait<E> {
  /** The longest cooldown that is waited for, in milliseconds. */
  readonly maxWait: number
  /** When the call is given up, in epoch milliseconds: a cooldown that ends then or later is not waited for either. */
  readonly deadline: number
  /** What the call fails with when the cooldown is longer: it has its end and the milliseconds that are left. */
  readonly onCooldown: (until: number, left: number) => E
}

/**
 * A call's place in the queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  /** Sends one attempt when it is its turn. */
  readonly attempt: <A, E, R, E2>(
    options: {
      readonly send: Effect.Effect<A, E, R>
      readonly toOutcome: (exit: Exit.Exit<A, E>) => Outcome
    } & Wait<E2>
  ) => Effect.Effect<A, E | E2, R>
  /** Whether nothing is sent before a point in time, in epoch milliseconds, so that a call can wait for it in its place. */
  readonly isParkedUntil: (at: number) => boolean
  /** Takes a repeat from the quota; false when it is spent. */
  readonly takeRetry: () => boolean
  /** Gives a repeat back that was successful. */
  readonly returnRetry: () => void
}

/**
 * The queue of one account and host.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gate {
  readonly call: Effect.Effect<Call>
  /** How many calls wait for their turn. */
  readonly waiting: Effect.Effect<number>
}

/**
 * The queues of all accounts and hosts.
 *
 * @category services
 * @since 0.1.0
 */
export class FlowControl extends Context.Service<FlowControl, {
  readonly gate: (key: string) => Effect.Effect<Gate>
}>()("@effect-comms/client/FlowControl") {}

/**
 * Makes the queues. One is made for each key, when it is asked for.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options?: Options
): Effect.fn.Return<FlowControl["Service"], CommsError.InvalidInput, Scope.Scope> {
  const settings = yield* decodeOptions(options ?? {})
  const scope = yield* Effect.scope
  const store = (yield* CurrentCooldownStore) ?? makeMemoryStore()
  const gates = new Map<string, Gate>()
  const lock = yield* Semaphore.make(1)
  return FlowControl.of({
    gate: (key) =>
      lock.withPermits(1)(Effect.suspend(() => {
        const known = gates.get(key)
        if (known !== undefined) return Effect.succeed(known)
        return makeGate(key, settings, store).pipe(
          Scope.provide(scope),
          Effect.tap((gate) => Effect.sync(() => gates.set(key, gate)))
        )
      }))
  })
})

/**
 * A layer of the queues. Clients that are built with the same one share them, when they call for the same account on
 * the same host; a client that finds none has its own.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<FlowControl, CommsError.InvalidInput> =>
  Layer.effect(FlowControl, make(options))

const Count = Schema.Int.check(Schema.isGreaterThan(0, { expected: "a whole number from 1" }))

const NotNegative = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0, { expected: "a number from 0" }))

/**
 * Checks {@link Options} and brings them to one form.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Options = Schema.Struct({
  limit: Schema.optional(Schema.Struct({
    requests: Count,
    window: PositiveDurationFromInput
  })),
  maxConcurrency: Schema.optional(Count),
  quota: Schema.optional(NotNegative),
  quotaPerCall: Schema.optional(NotNegative)
})

const decodeOptions = makeDecoder("FlowControl.layer", "options", Options)
