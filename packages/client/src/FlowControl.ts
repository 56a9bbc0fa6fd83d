/**
 * Decides when a request is sent: one queue for the calls of an account and host, which learns from the answers.
 *
 * **Details**
 *
 * - A 429 or 503 with `Retry-After` parks every call of the account, for a day at most.
 * - The number of concurrent requests starts small and grows with every success.
 * - From refusals the queue learns the rate limit of the server. It sends at most nine tenths of it, raises that every
 *   second, and forgets it after a minute without a refusal.
 * - Calls keep their order, and a retry keeps the place of its call. An interrupted call leaves at once.
 * - Calls share a quota of retries, to which each call adds 0.15. A long outage costs a sixth more requests than calls.
 *
 * Effect's `RateLimiter` can learn a limit too (`adaptiveConsume`, `adaptiveFeedback`), but keeps no order and cannot
 * be parked. Sixty calls at once against ten a second cost it 150 refusals on a port, and this queue 6.
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
