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
import { makeDecoder } from "@effect-comms/domain/Input"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { type CooldownStore, type Gate, Options } from "./internal/flow/model.ts"
import { makeGate, makeMemoryStore } from "./internal/flow/queue.ts"

export { type Call, type CooldownStore, type Gate, Options, type Outcome, type Wait } from "./internal/flow/model.ts"

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
 * The queues of all accounts and hosts.
 *
 * @category services
 * @since 0.1.0
 */
export class FlowControl extends Context.Service<FlowControl, {
  readonly gate: (key: string) => Effect.Effect<Gate>
}>()("@effect-comms/client/FlowControl") {}

const decodeOptions = makeDecoder("FlowControl.layer", "options", Options)

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
