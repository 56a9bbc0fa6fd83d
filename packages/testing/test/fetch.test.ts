import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import { Emulator } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { listPath, moving, rules, settle } from "./utils/wiring.ts"

const url = Emulator.baseUrl + listPath

const { accountSid, authToken } = Emulator.defaultCredentials

const headers = { authorization: `Basic ${btoa(`${accountSid}:${Redacted.value(authToken)}`)}` }

const rejection = (call: () => Promise<unknown>) =>
  Effect.map(Effect.flip(Effect.tryPromise(call)), ({ cause }) => cause)

const assertError = (error: unknown, name: string) => {
  assert.instanceOf(error, Error)
  assert.strictEqual(error instanceof Error ? error.name : "", name)
}

const slow = rules({ do: { _tag: "SlowBody", duration: Duration.seconds(4), pieces: 4 } })

const late = rules({ do: { _tag: "Delay", duration: Duration.hours(1) } })

describe("fetch", () => {
  it.effect.each(
    [
      ["text", url, { headers }],
      ["a URL", new URL(url), { headers }],
      ["a Request", new Request(url, { headers }), undefined]
    ] as const
  )("takes %s", ([, input, init]) =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      const response = yield* Effect.promise(() => fetch(input, init))
      assert.strictEqual(response.status, 200)
      assert.match(response.headers.get("content-type") ?? "", /^application\/json/)
      const { operations } = yield* Effect.promise(() => response.json())
      assert.lengthOf(operations, 3)
    }).pipe(Effect.provide(Emulator.layer({ operations: 3 }))))

  it.effect("works with the real client", () =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      const layer = SenderPoolOperations.layer.pipe(
        Layer.provide(CommsClient.layer({ baseUrl: Emulator.baseUrl, credentials: Emulator.defaultCredentials })),
        Layer.provide(FetchHttpClient.layer),
        Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch))
      )
      const count = yield* Effect.flatMap(
        SenderPoolOperations.SenderPoolOperations,
        ({ stream }) => Stream.runCount(stream())
      ).pipe(Effect.provide(layer))
      assert.strictEqual(count, 120)
    }).pipe(Effect.provide(Emulator.layer({ operations: 120 }))))

  it.effect("uses the test's clock", () =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      const fiber = yield* Effect.forkChild(Effect.promise(() => fetch(url, { headers })))
      yield* settle
      yield* TestClock.adjust("59 minutes")
      yield* settle
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
    }).pipe(Effect.provide(Emulator.layer(late))))

  it.effect("rejects an invalid URL with a TypeError instead of throwing", () =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      assertError(yield* rejection(() => fetch("/v1")), "TypeError")
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("rejects at once when a signal aborts it, with the signal's reason", () =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      for (const reason of [undefined, new Error("enough")]) {
        const controller = new AbortController()
        const fiber = yield* Effect.forkChild(rejection(() => fetch(url, { headers, signal: controller.signal })))
        yield* settle
        assert.isUndefined(fiber.pollUnsafe())
        controller.abort(reason)
        const error = yield* Fiber.join(fiber)
        if (reason === undefined) assertError(error, "AbortError")
        else assert.strictEqual(error, reason)
      }
      const { report } = yield* Emulator.Emulator
      assert.deepEqual((yield* report).requests.map(({ status }) => status), [undefined, undefined])
    }).pipe(Effect.provide(Emulator.layer(late))))

  it.effect("rejects an aborted signal without a request", () =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      assertError(yield* rejection(() => fetch(url, { headers, signal: AbortSignal.abort() })), "AbortError")
      const { report } = yield* Emulator.Emulator
      assert.strictEqual((yield* report).summary.requests, 0)
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("aborts the reading of a body by its signal", () =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      const controller = new AbortController()
      const response = yield* Effect.promise(() => fetch(url, { headers, signal: controller.signal }))
      assert.strictEqual(response.status, 200)
      const fiber = yield* Effect.forkChild(rejection(() => response.text()))
      yield* settle
      assert.isUndefined(fiber.pollUnsafe())
      controller.abort()
      assertError(yield* Fiber.join(fiber), "AbortError")
    }).pipe(Effect.provide(Emulator.layer(slow))))

  it.effect("reads a slow body to its end", () =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      const response = yield* Effect.promise(() => fetch(url, { headers }))
      const { operations } = yield* moving(Effect.promise(() => response.json()))
      assert.deepEqual(operations, [])
    }).pipe(Effect.provide(Emulator.layer(slow))))

  it.effect("rejects with a TypeError when the connection is dropped", () =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      const error = yield* rejection(() => fetch(url, { headers }))
      assertError(error, "TypeError")
      assert.propertyVal(error instanceof Error ? error.cause : undefined, "code", "ECONNRESET")
    }).pipe(Effect.provide(Emulator.layer(rules({ do: { _tag: "Drop" } })))))

  it.effect("ends the body with a TypeError when the connection is dropped within it", () =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      const response = yield* Effect.promise(() => fetch(url, { headers }))
      assert.strictEqual(response.status, 200)
      assertError(yield* rejection(() => response.text()), "TypeError")
    }).pipe(Effect.provide(Emulator.layer(rules({ do: { _tag: "Drop", afterBytes: 10 } })))))

  it.effect.each([204, 205, 304])("has no body with status %d", (status) =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      const response = yield* Effect.promise(() => fetch(url, { headers }))
      assert.strictEqual(response.status, status)
      assert.strictEqual(yield* Effect.promise(() => response.text()), "")
    }).pipe(Effect.provide(Emulator.layer(rules({ do: { _tag: "Status", status } })))))
})
