/**
 * Decides when requests are sent: one queue for every call on an account and host, which learns from the server's
 * answers.
 *
 * **Details**
 *
 * - A 429 or 503 with `Retry-After` parks every call of the account, for a day at most.
 * - The number of requests in progress begins at 4 and grows with every success, so that the first refusal finds few.
 * - A refusal teaches the rate that the server took before it. The queue sends 5 % less, holds that rate for up to 18
 *   seconds, and then raises it until the next refusal. It never sends less than a request every 20 seconds, and
 *   forgets the rate within 30 seconds.
 * - Refusals that do not follow the rate teach nothing. A resource (method and URL) that is refused while the others
 *   pass parks only itself. So does each refusal when lowering the rate did not stop refusals, while fewer than a
 *   quarter of the answers are refusals.
 * - Calls go in the order in which they were made, a retry in the place of its call. An interrupted call leaves
 *   immediately.
 * - A quota of retries is shared by all calls, and each call adds 0.15 of a retry to it. A long outage gets about a
 *   sixth more requests than calls.
 * - All waits use the monotonic clock: setting the wall clock has no effect.
 *
 * Effect's `RateLimiter` can learn a limit too (`adaptiveConsume`, `adaptiveFeedback`): of sixty calls at once against
 * ten a second it gets all through with 150 refusals, this queue with 5.
 *
 * @module
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { makeDecoder } from "@effect-comms/domain/Input"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Gate, Options, type PaceStore } from "./internal/flow/model.ts"
import { makeGate } from "./internal/flow/queue.ts"
import { makeOwnPace, toStore, withFallback } from "./internal/flow/store.ts"

export {
  type Attempting,
  type Call,
  type Gate,
  Options,
  type Outcome,
  type PaceStore,
  PaceStoreError,
  type Ticket,
  type Turn,
  type Wait
} from "./internal/flow/model.ts"

/**
 * The store of pace that is shared with other processes. Without one, each process paces by itself.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentPaceStore = Context.Reference<PaceStore | undefined>(
  "@effect-comms/client/FlowControl/PaceStore",
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
): Effect.fn.Return<FlowControl["Service"], CommsError.InvalidInput> {
  const settings = yield* decodeOptions(options ?? {})
  const shared = yield* CurrentPaceStore
  const own = makeOwnPace(settings)
  const store = shared === undefined ? undefined : withFallback(shared, toStore(own))
  const gates = new Map<string, Gate>()
  return FlowControl.of({
    gate: (key) =>
      Effect.sync(() => {
        const gate = gates.get(key) ?? makeGate(key, settings, own, store)
        gates.set(key, gate)
        return gate
      })
  })
})

/**
 * A layer of the queues. Clients that are built with the same one share them, when they call for the same account on
 * the same host; a client that finds none has its own.
 *
 * **Example** (Two clients of one account share a queue)
 *
 * ```ts
 * import { CommsClient, FlowControl } from "@effect-comms/client"
 * import { Layer, Redacted } from "effect"
 *
 * const credentials = { accountSid: "AC00000000000000000000000000000000", authToken: Redacted.make("secret") }
 *
 * export const clients = Layer.merge(
 *   CommsClient.layer({ credentials }),
 *   Layer.fresh(CommsClient.layer({ credentials, retry: { attemptTimeout: "5 seconds" } }))
 * ).pipe(Layer.provide(FlowControl.layer({ maxConcurrency: 8 })))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<FlowControl, CommsError.InvalidInput> =>
  Layer.effect(FlowControl, make(options))
