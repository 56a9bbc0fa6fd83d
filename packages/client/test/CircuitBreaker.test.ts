import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import * as CircuitBreaker from "@effect-comms/client/CircuitBreaker"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Ref } from "effect"
import { CircuitBreaker as Breaker } from "effect/persistence"
import { advance, type Answer, assertTag, credentials, lost, refused, settle } from "./utils/script.ts"
import { after, type Arrival, done, fetchOf, layerServer, type Log, makeLog } from "./utils/server.ts"

const breaker = Breaker.layer({ tripPolicy: Breaker.consecutive(3), openDuration: "30 seconds" }).pipe(
  Layer.provide(Breaker.layerStoreMemory())
)

const against = <A, E>(
  decide: (arrival: Arrival) => Answer,
  program: (log: Log) => Effect.Effect<A, E, SenderPoolOperations.SenderPoolOperations>,
  options: Partial<CommsClient.Options> = {}
) =>
  Effect.flatMap(makeLog, (log) =>
    program(log).pipe(
      Effect.provide(SenderPoolOperations.layer.pipe(
        Layer.provide(CommsClient.layer({ credentials, retry: { maxAttempts: 1 }, ...options })),
        Layer.provide(CircuitBreaker.layer),
        Layer.provide([layerServer(log, decide), breaker])
      ))
    ))

const layerOf = (baseUrl: string) =>
  Layer.fresh(SenderPoolOperations.layer.pipe(
    Layer.provide(CommsClient.layer({ credentials, baseUrl, retry: { maxAttempts: 1 } }))
  ))

const arrivals = (log: Log) => Effect.map(Ref.get(log.arrivals), ({ length }) => length)

const failures: ReadonlyArray<readonly [name: string, answer: Answer]> = [
  ["503", refused(503)],
  ["lost connections", lost(new Error("ECONNRESET"))]
]

describe("the circuit breaker", () => {
  it.effect.each(failures)(
    "rejects requests at once after three failures (%s)",
    ([, failure]) =>
      against(() => failure, (log) =>
        Effect.gen(function*() {
          for (const key of [1, 2, 3]) yield* Effect.flip(fetchOf(key))
          const error = assertTag(yield* Effect.flip(fetchOf(4)), "TransportFailure")
          assert.strictEqual(error.reason, "Refused")
          assert.strictEqual(error.detail, "The circuit breaker is open for another 30s after too many failures")
          assert.include(error.message, "was not sent. The circuit breaker is open for another 30s")
          assert.isFalse(error.isRetryable)
          assert.strictEqual(yield* arrivals(log), 3)
        }))
  )

  it.effect("ends the retries of a call when it opens", () =>
    against(() => refused(503), (log) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(Effect.flip(fetchOf(1)))
        yield* Effect.repeat(advance("500 millis"), { times: 12 })
        const error = assertTag(yield* Fiber.join(fiber), "TransportFailure")
        assert.strictEqual(error.reason, "Refused")
        assert.deepEqual(error.attempts?.map(({ outcome }) => outcome), [
          "ServiceUnavailable",
          "ServiceUnavailable",
          "ServiceUnavailable",
          "TransportFailure"
        ])
        assert.strictEqual(yield* arrivals(log), 3)
      }), { retry: {} }))

  it.effect("sends a probe request when its open time ends, and closes if it succeeds", () =>
    against(
      ({ number }) => number <= 3 ? refused(503) : after("1 second", done),
      (log) =>
        Effect.gen(function*() {
          for (const key of [1, 2, 3]) yield* Effect.flip(fetchOf(key))
          yield* advance("30 seconds")
          const first = yield* Effect.forkChild(fetchOf(4))
          yield* settle
          yield* advance("1 second")
          yield* Fiber.join(first)
          const rest = yield* Effect.forEach([5, 6], (key) => Effect.forkChild(fetchOf(key)))
          yield* advance("1 second")
          yield* advance("1 second")
          yield* Fiber.joinAll(rest)
          assert.strictEqual(yield* arrivals(log), 6)
        })
    ))

  it.effect("rejects other requests during the probe request", () =>
    against(
      ({ number }) => number <= 3 ? lost(new Error("down")) : after("1 second", done),
      (log) =>
        Effect.gen(function*() {
          for (const key of [1, 2, 3]) yield* Effect.flip(fetchOf(key))
          yield* advance("30 seconds")
          const first = yield* Effect.forkChild(fetchOf(4))
          yield* settle
          const error = assertTag(yield* Effect.flip(fetchOf(5)), "TransportFailure")
          assert.strictEqual(error.reason, "Refused")
          assert.include(error.detail, "waits for the result of its probe request")
          yield* advance("1 second")
          yield* Fiber.join(first)
          assert.strictEqual(yield* arrivals(log), 4)
        })
    ))

  it.effect("has a circuit for each origin", () =>
    Effect.gen(function*() {
      const log = yield* makeLog
      yield* Effect.gen(function*() {
        yield* Effect.forEach([1, 2, 3, 4], (key) => Effect.flip(fetchOf(key))).pipe(
          Effect.provide(layerOf("https://a.example.com"))
        )
        yield* fetchOf(5).pipe(Effect.provide(layerOf("https://b.example.com")))
        assert.strictEqual(yield* Clock.currentTimeMillis, 0)
        assert.strictEqual(yield* arrivals(log), 4)
      }).pipe(Effect.provide(
        CircuitBreaker.layer.pipe(Layer.provide([
          layerServer(log, ({ host }) => host.startsWith("a") ? refused(503) : done),
          breaker
        ]))
      ))
    }))
})
