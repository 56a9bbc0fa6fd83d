import {
  Comms,
  CommsClient,
  EmailOperations,
  MessageOperations,
  SenderPoolOperations,
  SenderPools,
  Senders
} from "@effect-comms/client"
import { assert, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { credentials, json, layerHttp, sent } from "./utils/script.ts"

const pagination = { next: null, self: "self" }

const answers = [
  json({ senderPools: [], pagination }),
  json({ senders: [], pagination }),
  json({ operations: [], pagination }),
  json({ operations: [], pagination }),
  json({ operations: [], pagination })
]

const listAll = Effect.gen(function*() {
  yield* (yield* SenderPools.SenderPools).list()
  yield* (yield* Senders.Senders).list()
  yield* (yield* SenderPoolOperations.SenderPoolOperations).list()
  yield* (yield* MessageOperations.MessageOperations).list()
  yield* (yield* EmailOperations.EmailOperations).list()
  const { baseUrl } = yield* CommsClient.CommsClient
  assert.deepEqual((yield* sent).map(({ url }) => url.href), [
    `${baseUrl}/v1/SenderPools`,
    `${baseUrl}/v1/Senders`,
    `${baseUrl}/v1/SenderPools/Operations`,
    `${baseUrl}/v1/Messages/Operations`,
    `${baseUrl}/v1/Emails/Operations`
  ])
  return baseUrl
})

it.effect("layer has every service over one client", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* listAll, "https://example.com")
  }).pipe(
    Effect.provide(Layer.provideMerge(
      Comms.layer({ credentials, baseUrl: "https://example.com" }),
      layerHttp(answers)
    ))
  ))

it.effect("layerConfig reads the options from the environment", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* listAll, "https://example.org")
  }).pipe(
    Effect.provide(
      Comms.layerConfig().pipe(
        Layer.provideMerge(layerHttp(answers)),
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({
          TWILIO_ACCOUNT_SID: "AC1",
          TWILIO_AUTH_TOKEN: "secret",
          TWILIO_COMMS_BASE_URL: "https://example.org"
        })))
      )
    )
  ))
