/**
 * Every service over one client.
 *
 * @module
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import type * as Config from "effect/Config"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as CommsClient from "./CommsClient.ts"
import * as EmailOperations from "./EmailOperations.ts"
import * as MessageOperations from "./MessageOperations.ts"
import * as SenderPoolOperations from "./SenderPoolOperations.ts"
import * as SenderPools from "./SenderPools.ts"
import * as Senders from "./Senders.ts"

/**
 * The client, and every service.
 *
 * @category models
 * @since 0.1.0
 */
export type Comms =
  | CommsClient.CommsClient
  | SenderPools.SenderPools
  | Senders.Senders
  | SenderPoolOperations.SenderPoolOperations
  | MessageOperations.MessageOperations
  | EmailOperations.EmailOperations

const services = Layer.mergeAll(
  SenderPools.layer,
  Senders.layer,
  SenderPoolOperations.layer,
  MessageOperations.layer,
  EmailOperations.layer
)

/**
 * A layer of every service, over one client. See `CommsClient.layer`.
 *
 * **Example** (Plain values instead of the environment)
 *
 * ```ts
 * import { Comms } from "@effect-comms/client"
 * import { Layer, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * export const layer = Comms.layer({
 *   credentials: { accountSid: "AC00000000000000000000000000000000", authToken: Redacted.make("secret") },
 *   flowControl: { limit: { requests: 10, window: "1 second" } },
 *   retry: { callTimeout: "20 seconds" }
 * }).pipe(Layer.provide(FetchHttpClient.layer))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: CommsClient.Options
): Layer.Layer<Comms, CommsError.InvalidInput, HttpClient.HttpClient> =>
  Layer.provideMerge(services, CommsClient.layer(options))

/**
 * A layer of every service, over one client whose options are read from the environment. See `CommsClient.layerConfig`.
 *
 * **Example** (Provide every service once, at the edge of a program)
 *
 * ```ts
 * import { Comms, SenderPools } from "@effect-comms/client"
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Console, Effect, Layer, Stream } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * const program = Effect.gen(function*() {
 *   const pools = yield* SenderPools.SenderPools
 *   yield* Stream.runForEach(pools.stream(), ({ id, name }) => Console.log(id, name))
 * })
 *
 * program.pipe(
 *   Effect.provide(Comms.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))),
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options?: Parameters<typeof CommsClient.layerConfig>[0]
): Layer.Layer<Comms, CommsError.InvalidInput | Config.ConfigError, HttpClient.HttpClient> =>
  Layer.provideMerge(services, CommsClient.layerConfig(options))
