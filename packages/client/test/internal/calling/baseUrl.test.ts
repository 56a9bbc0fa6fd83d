import { CommsClient } from "@effect-comms/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import { HttpClient } from "effect/http"
import {
  assertTag,
  credentials,
  fetch,
  id,
  json,
  layerHttp,
  layerScriptWith,
  operation,
  refused,
  Sent,
  sent
} from "../../utils/script.ts"

const path = `/v1/SenderPools/Operations/${id}`

const refusalOf = (baseUrl: string | URL) =>
  Effect.flip(CommsClient.make({ credentials, baseUrl })).pipe(
    Effect.map((error) => assertTag(error, "InvalidInput")),
    Effect.provide(layerHttp([]))
  )

describe("baseUrl", () => {
  it.effect.each(
    [
      ["https://comms.twilio.com", "https://comms.twilio.com"],
      ["https://comms.twilio.com/", "https://comms.twilio.com"],
      ["https://comms.twilio.com///", "https://comms.twilio.com"],
      ["https://proxy.test/twilio/comms", "https://proxy.test/twilio/comms"],
      ["https://proxy.test/twilio/comms/", "https://proxy.test/twilio/comms"],
      ["https://proxy.test:8443/a%2Fb", "https://proxy.test:8443/a%2Fb"],
      ["https://comms.twilio.com/v1", "https://comms.twilio.com"],
      ["https://comms.twilio.com/v1/", "https://comms.twilio.com"],
      ["https://proxy.test/v1/v1", "https://proxy.test/v1"],
      ["https://proxy.test/av1", "https://proxy.test/av1"],
      ["HTTPS://Proxy.Test/A", "https://proxy.test/A"],
      [new URL("https://proxy.test/x/"), "https://proxy.test/x"],
      ["http://localhost:3000", "http://localhost:3000"],
      ["http://comms.localhost", "http://comms.localhost"],
      ["http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"],
      ["http://127.9.9.9", "http://127.9.9.9"],
      ["http://[::1]:8080", "http://[::1]:8080"]
    ] as const
  )("%s", ([baseUrl, expected]) =>
    Effect.gen(function*() {
      const client = yield* CommsClient.CommsClient
      assert.strictEqual(client.baseUrl, expected)
      yield* fetch
      const error = yield* Effect.flip(fetch)
      assert.deepEqual((yield* sent).map(({ url }) => url.href), [expected + path, expected + path])
      assert.strictEqual(assertTag(error, "NotFound").url, expected + path)
    }).pipe(Effect.provide(layerScriptWith({ baseUrl })(json(operation), refused(404)))))

  it.effect("is Twilio's when none is given", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* CommsClient.CommsClient).baseUrl, "https://comms.twilio.com")
      assert.strictEqual(CommsClient.defaultBaseUrl, "https://comms.twilio.com")
    }).pipe(Effect.provide(layerScriptWith({})())))

  it.effect.each([
    "http://comms.twilio.com",
    "http://10.0.0.1",
    "http://localhost.evil.test",
    "http://127.0.0.1.evil.test",
    "http://notlocalhost",
    "http://0.0.0.0"
  ])("refuses plain http to %s", (baseUrl) =>
    Effect.gen(function*() {
      const error = yield* refusalOf(baseUrl)
      assert.strictEqual(error.field, "baseUrl")
      assert.include(error.message, "needs allowInsecureHttp")
    }))

  it.effect.each(["http://emulator:4010", "http://10.0.0.1"])(
    "allows plain http to %s with allowInsecureHttp",
    (baseUrl) =>
      Effect.gen(function*() {
        const client = yield* CommsClient.make({ credentials, baseUrl, allowInsecureHttp: true })
        assert.strictEqual(client.baseUrl, baseUrl)
        const error = yield* Effect.flip(CommsClient.make({ credentials, baseUrl: "ftp://x", allowInsecureHttp: true }))
        assert.strictEqual(error.field, "baseUrl")
      }).pipe(Effect.provide(layerHttp([])))
  )

  it.effect.each(["ftp://comms.twilio.com", "file:///etc/passwd", "javascript:alert(1)", "ws://localhost"])(
    "refuses %s",
    (baseUrl) =>
      Effect.gen(function*() {
        assert.include((yield* refusalOf(baseUrl)).message, "baseUrl: Expected an https: URL.")
      })
  )

  it.effect.each(["", "comms.twilio.com", "/v1", "https://", "https://a b", "https://[::1"])(
    "refuses %j",
    (baseUrl) =>
      Effect.gen(function*() {
        assert.include((yield* refusalOf(baseUrl)).message, "baseUrl: Expected an absolute https: URL.")
      })
  )

  it.effect.each([
    "https://x.test/?a=1",
    "https://x.test/#a",
    "https://x.test?a",
    "http://localhost?a=1",
    "https://x.test/?",
    "https://x.test#"
  ])(
    "refuses the query or fragment of %s",
    (baseUrl) =>
      Effect.gen(function*() {
        assert.include((yield* refusalOf(baseUrl)).message, "baseUrl: Expected a URL without a query or a fragment.")
      })
  )

  it.effect.each([
    "https://jane:hunter2@x.test",
    "https://:hunter2@x.test",
    "https://hunter2@x.test",
    "http://a:hunter2@x"
  ])(
    "refuses the credentials in %s, and does not show them",
    (baseUrl) =>
      Effect.gen(function*() {
        const { message } = yield* refusalOf(baseUrl)
        assert.include(message, "baseUrl: Expected a URL without credentials in it")
        assert.notInclude(message, "hunter2")
      })
  )

  it.effect("fails the layer before anything is sent", () =>
    Effect.gen(function*() {
      const sent = yield* Sent
      const error = yield* Effect.flip(
        Layer.build(CommsClient.layer({ credentials, baseUrl: "http://x.test" })).pipe(
          Effect.provideService(HttpClient.HttpClient, yield* HttpClient.HttpClient)
        )
      )
      assertTag(error, "InvalidInput")
      assert.lengthOf(yield* Ref.get(sent), 0)
    }).pipe(Effect.provide(layerHttp([]))))
})
