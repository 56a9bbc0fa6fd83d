import { RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import { CommsError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Random, Stream } from "effect"
import { TestClock } from "effect/testing"
import {
  advance,
  type Answer,
  assertTag,
  fetch,
  html,
  id,
  json,
  layerScript,
  lost,
  operation,
  page,
  refused,
  sentAt,
  sentCount,
  settle,
  silent
} from "./utils/script.ts"
import { idOf } from "./utils/server.ts"

const done = json(operation)
const replicate = (times: number, answer: Answer) => Array.from({ length: times }, () => answer)

const layerRandom = (value: number) =>
  Layer.succeed(Random.Random, { nextDoubleUnsafe: () => value, nextIntUnsafe: () => 0 })

/** The times at which the requests of a call are sent, and its result. */
const timeline = (...answers: ReadonlyArray<Answer>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(Effect.result(fetch))
    yield* Effect.repeat(advance("500 millis"), { until: () => fiber.pollUnsafe() !== undefined, times: 1000 })
    assert.isDefined(fiber.pollUnsafe())
    return { result: yield* Fiber.join(fiber), at: yield* sentAt }
  }).pipe(Effect.provide(layerScript(...answers)))

const delaysOf = (seed: string) =>
  Effect.map(
    timeline(refused(429), refused(429), done).pipe(Random.withSeed(seed)),
    ({ at }) => at.map((millis) => Math.round(millis - (at[0] ?? 0)))
  )

const failed = (code: string) =>
  lost(new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) }))

const waitsExactly = (millis: number, first: Answer) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(fetch)
    yield* advance(millis - 1)
    assert.strictEqual(yield* sentCount, 1)
    yield* advance(1)
    assert.strictEqual(yield* sentCount, 2)
    assert.strictEqual((yield* Fiber.join(fiber)).id, id)
  }).pipe(Effect.provide(layerScript(first, done)))

describe("Retry-After", () => {
  it.effect.each([409, 429, 503])(
    "in seconds is honoured to the millisecond after %d",
    (status) => waitsExactly(7000, refused(status, { "retry-after": "7" }))
  )

  it.effect("is rounded up to seconds, and the longest of several counts", () =>
    waitsExactly(3000, refused(429, { "retry-after": "1, 2.5" })))

  it.effect("is honoured after a gateway's page", () =>
    waitsExactly(7000, html(503, "<h1>Busy</h1>", { "retry-after": "7" })))

  it.effect.each([413, 418, 422, 502, 529, 599])(
    "is honoured after a gateway's status %d",
    (status) => waitsExactly(7000, html(status, "", { "retry-after": "7" }))
  )

  it.effect("is honoured up to a minute", () => waitsExactly(60_000, refused(429, { "retry-after": "60" })))

  it.effect("as a date is compared with the local clock", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2024, 3, 5, 6, 20, 0))
      yield* waitsExactly(7000, refused(429, { "retry-after": "Fri, 05 Apr 2024 06:20:07 GMT" }))
    }))

  it.effect.each(
    [
      ["right", Date.UTC(2024, 3, 5, 6, 20, 0)],
      ["an hour slow", Date.UTC(2024, 3, 5, 5, 20, 0)],
      ["an hour fast", Date.UTC(2024, 3, 5, 7, 20, 0)]
    ] as const
  )("as a date is compared with the Date header if the clock is %s", ([, now]) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      yield* waitsExactly(
        7000,
        refused(503, { "retry-after": "Fri, 05 Apr 2024 06:20:07 GMT", date: "Fri, 05 Apr 2024 06:20:00 GMT" })
      )
    }))

  it.effect.each([409, 429, 503])(
    "overrides the back-off of every retry after %d",
    (status) =>
      Effect.gen(function*() {
        const { at, result } = yield* timeline(
          refused(status, { "retry-after": "1" }),
          refused(status, { "retry-after": "3" }),
          refused(status, { "retry-after": "2" }),
          done
        )
        assert.deepEqual(at, [0, 1000, 4000, 6000])
        assert.strictEqual(result._tag, "Success")
      })
  )

  it.effect.each([
    "-1",
    "Fri, 05 Apr 1969 06:20:07 GMT",
    "soon",
    "0",
    "0, -1",
    "",
    "Infinity",
    "NaN",
    "0x10",
    "Fri, 99 Apr 2024 06:20:07 GMT"
  ])("of %j is ignored, so the back-off applies", (retryAfter) =>
    Effect.gen(function*() {
      const { at } = yield* timeline(refused(429, { "retry-after": retryAfter }), done)
      assert.deepEqual(at, [0, 500])
    }).pipe(Effect.provide(layerRandom(0.5))))

  it.effect.each(["61", "3600", "99999999999999999999", "9".repeat(400), "Fri, 05 Apr 2999 06:20:07 GMT"])(
    "of %s exceeds maxRetryAfter and fails at once",
    (retryAfter) =>
      Effect.gen(function*() {
        const error = assertTag(yield* Effect.flip(fetch), "TooManyRequests")
        assert.isTrue(error.retryAfter !== undefined && Duration.isGreaterThan(error.retryAfter, Duration.minutes(1)))
        assert.include(error.message, "The server asks to wait ")
        assert.deepEqual(yield* sentAt, [0])
      }).pipe(Effect.provide(layerScript(refused(429, { "retry-after": retryAfter }))))
  )

  it.effect("is honoured up to a custom maxRetryAfter", () =>
    Effect.gen(function*() {
      const { at } = yield* timeline(refused(429, { "retry-after": "120" }), done)
      assert.deepEqual(at, [0, 120_000])
    }).pipe(
      Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.makeUnsafe({ maxRetryAfter: "2 minutes" }))
    ))
})

describe("back-off", () => {
  it.effect("doubles from half a second", () =>
    Effect.gen(function*() {
      const { at } = yield* timeline(...replicate(5, refused(429)), done)
      assert.deepEqual(at, [0, 500, 1500, 3500, 7500, 15_500])
    }).pipe(Effect.provide(layerRandom(0.5))))

  it.effect.each([[0, 0.8], [1, 1.2]] as const)(
    "has a jitter of at most 20 % (%d)",
    ([random, factor]) =>
      Effect.gen(function*() {
        const { at } = yield* timeline(refused(503), refused(503), done)
        assert.deepEqual(at, [0, 500 * factor, 1500 * factor])
      }).pipe(Effect.provide(layerRandom(random)))
  )

  it.effect("depends on the random seed only", () =>
    Effect.gen(function*() {
      const first = yield* delaysOf("a")
      assert.deepEqual(yield* delaysOf("a"), first)
      assert.notDeepEqual(yield* delaysOf("b"), first)
    }))

  it.effect("uses initialDelay and maxDelay", () =>
    Effect.gen(function*() {
      const { at } = yield* timeline(...replicate(4, refused(409)), done)
      assert.deepEqual(at, [0, 1000, 3000, 6000, 9000])
    }).pipe(
      Effect.provide(layerRandom(0.5)),
      Effect.provideService(
        RetryPolicy.CurrentRetryPolicy,
        RetryPolicy.makeUnsafe({ initialDelay: "1 second", maxDelay: "3 seconds" })
      )
    ))
})

describe("retries", () => {
  it.effect.each([400, 401, 403, 404, 500, 302])(
    "are not made after %d, even with a Retry-After",
    (status) =>
      Effect.gen(function*() {
        const { at, result } = yield* timeline(refused(status, { "retry-after": "1" }))
        assert.deepEqual(at, [0])
        assert.strictEqual(result._tag, "Failure")
      })
  )

  it.effect("are not made after an invalid response", () =>
    Effect.gen(function*() {
      const { at, result } = yield* timeline(html(200, "<h1>Hello</h1>"))
      assert.deepEqual(at, [0])
      assert.strictEqual(result._tag, "Failure")
    }))

  it.effect.each([409, 429, 503, 408, 421, 425, 502, 504, 520, 524, 529, 598])(
    "are made after %d",
    (status) =>
      Effect.gen(function*() {
        const { at, result } = yield* timeline(refused(status), done)
        assert.deepEqual(at, [0, 500])
        assert.strictEqual(result._tag, "Success")
      }).pipe(Effect.provide(layerRandom(0.5)))
  )

  it.effect("are made after a lost connection", () =>
    Effect.gen(function*() {
      const { at, result } = yield* timeline(lost(new Error("ECONNRESET")), done)
      assert.deepEqual(at, [0, 500])
      assert.strictEqual(result._tag, "Success")
    }).pipe(Effect.provide(layerRandom(0.5))))

  it.effect.each(["ECONNRESET", "UND_ERR_SOCKET", "EPIPE"])(
    "are made at once after a first %s, which a closed keep-alive connection causes",
    (code) =>
      Effect.gen(function*() {
        const { at, result } = yield* timeline(failed(code), failed(code), done)
        assert.deepEqual(at, [0, 0, 1000])
        assert.strictEqual(result._tag, "Success")
      }).pipe(Effect.provide(layerRandom(0.5)))
  )

  it.effect("end within three seconds if the host does not exist", () =>
    Effect.gen(function*() {
      const { at, result } = yield* timeline(...replicate(3, failed("ENOTFOUND")))
      assert.deepEqual(at, [0, 600, 1800])
      assert.strictEqual(result._tag === "Failure" ? result.failure._tag : "", "TransportFailure")
    }).pipe(Effect.provide(layerRandom(1))))

  it.effect("go on if the resolver does not answer", () =>
    Effect.gen(function*() {
      const { at } = yield* timeline(...replicate(6, failed("EAI_AGAIN")))
      assert.lengthOf(at, 6)
    }))

  it.effect.each([
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "EPROTO"
  ])("are not made after %s", (code) =>
    Effect.gen(function*() {
      const { at, result } = yield* timeline(failed(code))
      assert.deepEqual(at, [0])
      const failure = assertTag(
        result._tag === "Failure" ? result.failure : assert.fail("It succeeded"),
        "TransportFailure"
      )
      assert.deepEqual([failure.reason, failure.code, failure.isRetryable], ["Tls", code, false])
      assert.include(failure.message, "Check the certificate")
    }))

  it.effect("are made after a TLS handshake that timed out", () =>
    Effect.gen(function*() {
      const { at } = yield* timeline(failed("ERR_TLS_HANDSHAKE_TIMEOUT"), done)
      assert.lengthOf(at, 2)
    }))

  it.effect("are counted per page of a stream", () =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const fiber = yield* operations.stream().pipe(Stream.runCollect, Effect.forkChild)
      yield* Effect.repeat(advance("1 second"), { times: 6 })
      assert.lengthOf(yield* Fiber.join(fiber), 2)
      assert.deepEqual(yield* sentAt, [0, 1000, 1000, 2000])
    }).pipe(Effect.provide(layerScript(
      refused(429, { "retry-after": "1" }),
      page([id], "b"),
      refused(503, { "retry-after": "1" }),
      page([idOf(2)], null)
    ))))
})

describe("maxAttempts", () => {
  it.effect("is six by default, and the call fails with its last failure", () =>
    Effect.gen(function*() {
      const { at, result } = yield* timeline(...replicate(5, refused(429)), refused(503))
      assert.lengthOf(at, 6)
      assert.strictEqual(result._tag === "Failure" ? result.failure._tag : "", "ServiceUnavailable")
    }))

  it.effect.each([0, 1, 2, 7])("can allow %d retries", (times) =>
    Effect.gen(function*() {
      const { at } = yield* timeline(...replicate(times + 1, refused(429, { "retry-after": "1" })))
      assert.lengthOf(at, times + 1)
    }).pipe(Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.makeUnsafe({ maxAttempts: times + 1 }))))

  it.effect("limits each call separately", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.andThen(fetch, fetch))
      yield* Effect.repeat(advance("1 second"), { times: 4 })
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* sentCount, 4)
    }).pipe(
      Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.makeUnsafe({ maxAttempts: 2 })),
      Effect.provide(
        layerScript(refused(429, { "retry-after": "1" }), done, refused(429, { "retry-after": "1" }), done)
      )
    ))
})

describe("attemptTimeout", () => {
  it.effect("can be set for one call", () =>
    Effect.gen(function*() {
      const { at } = yield* timeline(silent, done)
      assert.deepEqual(at, [0, 2500])
    }).pipe(
      Effect.provide(layerRandom(0.5)),
      Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.makeUnsafe({ attemptTimeout: "2 seconds" }))
    ))

  it.effect("can be set for a part of a program", () =>
    Effect.gen(function*() {
      const { at } = yield* timeline(silent, done)
      assert.deepEqual(at, [0, 2500])
    }).pipe(Effect.provide([layerRandom(0.5), RetryPolicy.layer({ attemptTimeout: "2 seconds" })])))
})

describe("another policy", () => {
  it.effect("can be provided to one call", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        fetch.pipe(Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none))
      )
      assertTag(error, "TooManyRequests")
      assert.strictEqual(yield* sentCount, 1)
      const fiber = yield* Effect.forkChild(fetch)
      yield* advance("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).id, id)
    }).pipe(Effect.provide(layerScript(refused(429), refused(429, { "retry-after": "1" }), done))))

  it.effect("can be provided to all calls with a layer", () =>
    Effect.gen(function*() {
      assertTag(yield* Effect.flip(fetch), "TooManyRequests")
      assertTag(yield* Effect.flip(fetch), "ServiceUnavailable")
      assert.deepEqual(yield* sentAt, [0, 0])
    }).pipe(
      Effect.provide([
        layerScript(refused(429), refused(503)),
        Layer.succeed(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none)
      ])
    ))

  it.effect("can retry other failures", () =>
    Effect.gen(function*() {
      const { at, result } = yield* timeline(refused(404), done)
      assert.deepEqual(at, [0, 500])
      assert.strictEqual(result._tag, "Success")
    }).pipe(
      Effect.provide(layerRandom(0.5)),
      Effect.provideService(RetryPolicy.CurrentRetryPolicy, {
        ...RetryPolicy.makeUnsafe(),
        while: (error) => error._tag === "NotFound"
      })
    ))
})

it.effect("an interruption during a delay ends the call at once", () =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(fetch)
    yield* advance("3 seconds")
    assert.strictEqual(yield* sentCount, 1)
    yield* Fiber.interrupt(fiber)
    const exit = yield* Fiber.await(fiber)
    assert.isTrue(Exit.hasInterrupts(exit))
    yield* advance("1 hour")
    assert.strictEqual(yield* sentCount, 1)
  }).pipe(Effect.provide(layerScript(refused(429, { "retry-after": "7" })))))

it.effect("an interruption during a request ends the call at once", () =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(fetch)
    yield* settle
    assert.strictEqual(yield* sentCount, 1)
    yield* Fiber.interrupt(fiber)
    assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    yield* advance("1 hour")
    assert.strictEqual(yield* sentCount, 1)
  }).pipe(Effect.provide(layerScript(() => Effect.never))))

describe("retryAfter", () => {
  it("is the Retry-After of an error", () => {
    const asked = new CommsError.Conflict({ errors: [], retryAfter: Duration.seconds(7) })
    assert.strictEqual(RetryPolicy.retryAfter(asked), asked.retryAfter)
    assert.isUndefined(RetryPolicy.retryAfter(new CommsError.Conflict({ errors: [] })))
    assert.isUndefined(RetryPolicy.retryAfter(new CommsError.NotFound({ errors: [] })))
  })
})
