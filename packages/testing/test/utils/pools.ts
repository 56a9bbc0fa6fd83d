import { CommsClient, SenderPoolOperations, SenderPools, Senders } from "@effect-comms/client"
import { Emulator } from "@effect-comms/testing"
import { Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Target, withIdentity } from "./wiring.ts"

const services = Layer.mergeAll(SenderPools.layer, Senders.layer, SenderPoolOperations.layer)

/** The services of SenderPools over an emulator in process. */
export const inProcess = (options?: Emulator.Options) =>
  services.pipe(
    Layer.provide(withIdentity(Emulator.layerClient)),
    Layer.merge(Emulator.layerHttpClient),
    Layer.merge(Layer.succeed(Target, { url: Emulator.baseUrl })),
    Layer.provideMerge(Emulator.layer({ senders: 100, ...options }))
  )

/** The services of SenderPools over an emulator on a port. */
export const onPort = (options?: Emulator.Options) =>
  Layer.unwrap(Effect.map(Emulator.Address, ({ url }) =>
    services.pipe(
      Layer.provide(withIdentity(CommsClient.layer({ baseUrl: url, credentials: Emulator.defaultCredentials }))),
      Layer.provideMerge(Layer.merge(FetchHttpClient.layer, Layer.succeed(Target, { url })))
    ))).pipe(
      Layer.provide(Emulator.layerServer()),
      Layer.provideMerge(Emulator.layer({ senders: 100, ...options }))
    )

export const senderIds = (count: number) => Effect.map(Emulator.Emulator, ({ senderIds }) => senderIds(count))

export const refsOf = (ids: ReadonlyArray<string>) => ids.map((senderId) => ({ senderId }))

export const unknownSender = "comms_sender_01h9krwprkeee8fzqspvwy6nq8"

export const unknownPool = "comms_senderpool_01h9krwprkeee8fzqspvwy6nq8"

/** Every pool by its name, with its members. */
export const held = Effect.flatMap(Emulator.Emulator, ({ senderPools }) => senderPools)

/** Creates a pool, and returns its id and that of the operation. */
export const createPool = Effect.fnUntraced(function*(ids: ReadonlyArray<string>, name = "Sales") {
  const pools = yield* SenderPools.SenderPools
  const { operationId } = yield* pools.create({ name, senders: refsOf(ids) })
  const all = yield* held
  return { operationId, poolId: all.at(-1)?.pool.id ?? "" }
})
