import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import { Emulator } from "@effect-comms/testing"
import { NodeHttpClient } from "@effect/platform-node"
import { Layer, Redacted } from "effect"
import type { HttpClient } from "effect/http"

export const layerClient = (
  options: Partial<CommsClient.Options>,
  http: Layer.Layer<HttpClient.HttpClient> = NodeHttpClient.layerUndici
) =>
  SenderPoolOperations.layer.pipe(
    Layer.provide(CommsClient.layer({ credentials: Emulator.defaultCredentials, ...options })),
    Layer.provide(http)
  )

/** The header for clients that are not this one. */
export const authorizationOf = ({ accountSid, authToken } = Emulator.defaultCredentials): string =>
  `Basic ${btoa(`${accountSid}:${Redacted.value(authToken)}`)}`
