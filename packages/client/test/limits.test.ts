import { Attempts, CommsClient, RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import { assert, describe, it } from "@effect/vitest"
import { Clock, ConfigProvider, Duration, Effect, Fiber, Layer, Stream } from "effect"
import {
  advance,
  type Answer,
  answer,
  assertTag,
  credentials,
  even,
  fetch,
  id,
  json,
  layerHttp,
  layerScript,
  layerScriptWith,
  operation,
  page,
  refused,
  sent,
  sentAt,
  silent
} from "./utils/script.ts"

const done = json(operation)

const replicate = (times: number, answer: Answer) => Array.from({ length: times }, () => answer)

/** The error of a call, and its time. */
const failure = Effect.gen(function*() {
  const fiber = yield* Effect.forkChild(
    Effect.flatMap(Effect.flip(fetch), (error) => Effect.map(Clock.currentTimeMillis, (at) => ({ at, error })))
  )
  yield* Effect.repeat(advance("500 millis"), { until: () => fiber.pollUnsafe() !== undefined, times: 2000 })
  return yield* Fiber.join(fiber)
})

describe("by default", () => {
  it.effect("an attempt times out after 30 seconds", () =>
    Effect.gen(function*() {
      const { at, error } = yield* failure
      assert.strictEqual(at, 30_000)
      assert.include(error.message, "The attempt timed out after 30s")
    }).pipe(
      Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none),
      Effect.provide(layerScript(silent))
    ))

  it.effect("a call times out after five minutes", () =>
    Effect.gen(function*() {
      const { at, error } = yield* failure
      assert.strictEqual(at, 300_000)
      assert.include(assertTag(error, "TransportFailure").detail, "The call timed out after 5m")
      assert.lengthOf(yield* sentAt, 1)
    }).pipe(Effect.provide(layerScriptWith({ retry: { attemptTimeout: "1 hour" } })(silent))))

  it.effect("a call has six attempts, with delays that double from 500 ms", () =>
    Effect.gen(function*() {
      const { error } = yield* failure
      assertTag(error, "TooManyRequests")
      assert.deepEqual(yield* sentAt, [0, 500, 1500, 3500, 7500, 15_500])
    }).pipe(Effect.provide([even, layerScript(...replicate(6, refused(429)))])))

  it.effect("a delay is at most 20 seconds", () =>
    Effect.gen(function*() {
      yield* failure
      const at = yield* sentAt
      assert.deepEqual(at.slice(1).map((time, n) => time - (at[n] ?? 0)), [
        500,
        1000,
        2000,
        4000,
        8000,
        16_000,
        20_000,
        20_000
      ])
    }).pipe(
      Effect.provide([even, layerScriptWith({ retry: { maxAttempts: 9 } })(...replicate(9, refused(429)))])
    ))

  it.effect.each([[60, 60_000, 2], [61, 0, 1]] as const)(
    "a Retry-After of %d seconds ends the call after %d ms",
    ([seconds, at, attempts]) =>
      Effect.gen(function*() {
        const outcome = yield* failure
        assert.strictEqual(outcome.at, at)
        assert.lengthOf(yield* sentAt, attempts)
      }).pipe(Effect.provide(layerScript(refused(429, { "retry-after": String(seconds) }), refused(404))))
  )
})

describe("callTimeout", () => {
  it.effect("ends a call that waits in the queue", () =>
    Effect.gen(function*() {
      const holders = yield* Effect.forEach([1, 2, 3, 4], () => Effect.forkChild(Effect.flip(fetch)))
      yield* advance("1 second")
      const waiting = yield* Effect.forkChild(Effect.flip(fetch))
      yield* advance("4 seconds")
      yield* Fiber.joinAll(holders)
      yield* advance("999 millis")
      assert.isUndefined(waiting.pollUnsafe())
      yield* advance("1 millis")
      assert.include((yield* Fiber.join(waiting)).message, "The call timed out after 5s")
    }).pipe(Effect.provide(layerScriptWith({ retry: { callTimeout: "5 seconds" } })(...replicate(5, silent)))))

  it.effect("sends no attempt after it, even if OnRetry takes long", () =>
    Effect.gen(function*() {
      const slow = Effect.provideService(failure, Attempts.OnRetry, () => Effect.sleep("1 minute"))
      const { error } = yield* slow
      assert.include(error.message, "The call timed out after 5s")
      assert.deepEqual(yield* sentAt, [0])
    }).pipe(
      Effect.provide([even, layerScriptWith({ retry: { callTimeout: "5 seconds" } })(refused(503), silent)])
    ))

  it.effect("fails a call at once if its back-off would exceed it", () =>
    Effect.gen(function*() {
      const { at, error } = yield* failure
      assertTag(error, "ServiceUnavailable")
      assert.strictEqual(at, 1500)
      assert.deepEqual(yield* sentAt, [0, 500, 1500])
    }).pipe(
      Effect.provide([even, layerScriptWith({ retry: { callTimeout: "3 seconds" } })(...replicate(3, refused(503)))])
    ))

  it.effect("fails a call at once if its Retry-After would reach it", () =>
    Effect.gen(function*() {
      const { at, error } = yield* failure
      assertTag(error, "TooManyRequests")
      assert.strictEqual(at, 0)
    }).pipe(
      Effect.provide(layerScriptWith({ retry: { callTimeout: "10 seconds" } })(refused(429, { "retry-after": "10" })))
    ))
})

const bad: ReadonlyArray<readonly [field: string, options: Partial<CommsClient.Options>]> = [
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map((maxAttempts) =>
    ["maxAttempts", { retry: { maxAttempts } }] as const
  ),
  ...[Duration.seconds(-1), Duration.negativeInfinity, -1, Number.NaN].flatMap((duration) => [
    ["initialDelay", { retry: { initialDelay: duration } }] as const,
    ["maxDelay", { retry: { maxDelay: duration } }] as const,
    ["maxRetryAfter", { retry: { maxRetryAfter: duration } }] as const,
    ["callTimeout", { retry: { callTimeout: duration } }] as const,
    ["attemptTimeout", { retry: { attemptTimeout: duration } }] as const
  ]),
  ["maxDelay", { retry: { maxDelay: 0 } }],
  ["callTimeout", { retry: { callTimeout: Duration.zero } }],
  ["attemptTimeout", { retry: { attemptTimeout: Duration.zero } }],
  ...[0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY].map((maxBodySize) => ["maxBodySize", { maxBodySize }] as const),
  ["maxConcurrency", { flowControl: { maxConcurrency: -1 } }],
  ["limit.requests", { flowControl: { limit: { requests: -10, window: "1 second" } } }]
]

describe("invalid limits are rejected when the layer is built", () => {
  it.effect.each(bad)("%s (%#)", ([field, options]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        CommsClient.CommsClient.pipe(Effect.provide(CommsClient.layer({ credentials, ...options })))
      )
      assert.strictEqual(error.field, field)
      assert.include(error.message, `${field}: Expected `)
    }).pipe(Effect.provide(layerHttp([]))))
})

const layerEnvironment = (variables: Readonly<Record<string, string>>, ...answers: ReadonlyArray<Answer>) =>
  SenderPoolOperations.layer.pipe(
    Layer.provide(CommsClient.layerConfig()),
    Layer.provide(ConfigProvider.layer(
      ConfigProvider.fromUnknown({ TWILIO_ACCOUNT_SID: "AC1", TWILIO_AUTH_TOKEN: "t0ken", ...variables })
    )),
    Layer.provideMerge(layerHttp(answers))
  )

describe("layerConfig", () => {
  it.effect("reads TWILIO_COMMS_CALL_TIMEOUT", () =>
    Effect.gen(function*() {
      const { at } = yield* failure
      assert.strictEqual(at, 7000)
    }).pipe(Effect.provide(layerEnvironment({ TWILIO_COMMS_CALL_TIMEOUT: "7 seconds" }, silent))))

  it.effect("reads TWILIO_COMMS_MAX_ATTEMPTS", () =>
    Effect.gen(function*() {
      yield* failure
      assert.lengthOf(yield* sentAt, 2)
    }).pipe(Effect.provide(layerEnvironment({ TWILIO_COMMS_MAX_ATTEMPTS: "2" }, ...replicate(2, refused(429))))))

  it.effect("reads TWILIO_COMMS_MAX_RETRY_AFTER", () =>
    Effect.gen(function*() {
      const { at } = yield* failure
      assert.strictEqual(at, 5000)
      assert.lengthOf(yield* sentAt, 2)
    }).pipe(Effect.provide(layerEnvironment(
      { TWILIO_COMMS_MAX_RETRY_AFTER: "5 seconds" },
      refused(429, { "retry-after": "5" }),
      refused(429, { "retry-after": "6" })
    ))))

  it.effect("reads TWILIO_COMMS_ATTEMPT_TIMEOUT", () =>
    Effect.gen(function*() {
      const { at } = yield* failure
      assert.strictEqual(at, 4000)
    }).pipe(Effect.provide(layerEnvironment(
      { TWILIO_COMMS_ATTEMPT_TIMEOUT: "4 seconds", TWILIO_COMMS_MAX_ATTEMPTS: "1" },
      silent
    ))))

  it.effect.each(
    [
      ["TWILIO_COMMS_CALL_TIMEOUT", "soon"],
      ["TWILIO_COMMS_CALL_TIMEOUT", "0 seconds"],
      ["TWILIO_COMMS_MAX_ATTEMPTS", "many"],
      ["TWILIO_COMMS_MAX_ATTEMPTS", "1.5"],
      ["TWILIO_COMMS_MAX_ATTEMPTS", "0"],
      ["TWILIO_COMMS_MAX_RETRY_AFTER", "later"],
      ["TWILIO_COMMS_MAX_RETRY_AFTER", "-1 seconds"],
      ["TWILIO_COMMS_ATTEMPT_TIMEOUT", "x"],
      ["TWILIO_COMMS_ATTEMPT_TIMEOUT", "-1 seconds"]
    ] as const
  )("rejects %s=%s", ([variable, value]) =>
    Effect.gen(function*() {
      const error = assertTag(yield* Effect.flip(Layer.build(layerEnvironment({ [variable]: value }))), "ConfigError")
      assert.include(error.message, variable)
      assert.include(
        error.message,
        variable === "TWILIO_COMMS_MAX_ATTEMPTS"
          ? "Expected a whole number from 1"
          : "Expected a duration such as 200ms, 30s, 10m, 2h, 7d or \"30 seconds\""
      )
    }))
})

const mebibyte = new Uint8Array(1024 * 1024).fill(32)

/** A body in pieces that records whether it was released before its end. */
const pieces = (source: { isReleased: boolean }, body: ReadonlyArray<Uint8Array<ArrayBuffer>>, isEndless: boolean) => {
  let n = 0
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      const piece = body[n++] ?? (isEndless ? body[0] : undefined)
      if (piece === undefined) controller.close()
      else controller.enqueue(piece)
    },
    cancel: () => void (source.isReleased = true)
  }, { highWaterMark: 0 })
}

const bodies: ReadonlyArray<readonly [name: string, headers: Readonly<Record<string, string>>]> = [
  ["with a content-length", { "content-length": String(64 * 1024 * 1024) }],
  ["in chunks", {}],
  ["compressed, with a small content-length", { "content-encoding": "gzip", "content-length": "1000" }],
  ["with an invalid content-length", { "content-length": "-1" }]
]

describe("the body of a response", () => {
  it.effect.each(bodies)("above 16 MiB is rejected and released (%s)", ([, headers]) =>
    Effect.gen(function*() {
      const source = { isReleased: false }
      const error = yield* Effect.flip(fetch).pipe(
        Effect.provide(layerScript(answer(200, pieces(source, [mebibyte], true), headers)))
      )
      assert.strictEqual(
        assertTag(error, "InvalidResponse").problem,
        "The body is larger than the limit of 16777216 bytes."
      )
      assert.isFalse(error.isRetryable)
      assert.isTrue(source.isReleased)
    }))

  const text = JSON.stringify(operation)
  const bytes = new TextEncoder().encode(text)

  it.effect.each([
    { headers: { "content-length": String(bytes.length) }, maxBodySize: bytes.length, isFine: true },
    { headers: {}, maxBodySize: bytes.length, isFine: true },
    { headers: { "content-encoding": "gzip", "content-length": "5" }, maxBodySize: bytes.length, isFine: true },
    { headers: { "content-length": String(bytes.length) }, maxBodySize: bytes.length - 1, isFine: false },
    { headers: {}, maxBodySize: bytes.length - 1, isFine: false },
    { headers: { "content-encoding": "gzip", "content-length": "5" }, maxBodySize: bytes.length - 1, isFine: false }
  ])("can have exactly as many bytes as the limit (%#)", ({ headers, isFine, maxBodySize }) =>
    Effect.gen(function*() {
      const result = yield* Effect.result(fetch).pipe(
        Effect.provide(layerScriptWith({ maxBodySize })(answer(200, text, headers)))
      )
      assert.strictEqual(result._tag, isFine ? "Success" : "Failure")
      if (result._tag === "Failure") assert.include(result.failure.message, `${maxBodySize} bytes`)
    }))

  it.effect.each([404, 429, 500, 503, 418])(
    "that is too large does not change the error of a %d, and is released",
    (status) =>
      Effect.gen(function*() {
        const source = { isReleased: false }
        const error = yield* Effect.flip(fetch).pipe(
          Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none),
          Effect.provide(
            layerScriptWith({ maxBodySize: 1000 })(
              answer(status, pieces(source, [mebibyte], true), { "retry-after": "7" })
            )
          )
        )
        assert.strictEqual("status" in error ? error.status : 0, status)
        assert.strictEqual(RetryPolicy.retryAfter(error) !== undefined, [429, 503, 418].includes(status))
        assert.isTrue(source.isReleased)
      })
  )
})

describe("no request is sent to another origin", () => {
  it.effect.each([301, 302, 303, 307, 308])("after %d", (status) =>
    Effect.gen(function*() {
      const error = assertTag(yield* Effect.flip(fetch), "UnexpectedStatus")
      assert.strictEqual(error.status, status)
      assert.include(error.message, "Redirects are not followed")
      assert.isFalse(error.isRetryable)
      assert.deepEqual((yield* sent).map(({ url }) => url.origin), ["https://comms.twilio.com"])
    }).pipe(
      Effect.provide(layerScript(answer(status, null, { location: "https://evil.example.com/", "retry-after": "1" })))
    ))

  it.effect.each([
    "https://evil.example.com/v1/SenderPools/Operations?pageToken=2",
    "//evil.example.com/",
    "http://169.254.169.254/latest",
    "../../elsewhere",
    "a&pageToken=b#c",
    "@evil.example.com"
  ])("for a page token of %s", (token) =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      yield* Stream.runDrain(operations.stream())
      const [, second, ...rest] = yield* sent
      assert.isEmpty(rest)
      assert.strictEqual(second?.url.origin, "https://comms.twilio.com")
      assert.strictEqual(second?.url.pathname, "/v1/SenderPools/Operations")
      assert.deepEqual([...second?.url.searchParams ?? []], [["pageToken", token]])
    }).pipe(Effect.provide(layerScript(page([id], token), page([id], null)))))
})

it.effect("a response just within all limits is returned", () =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(fetch)
    yield* advance(60_000)
    yield* advance(29_999)
    assert.strictEqual((yield* Fiber.join(fiber)).id, id)
  }).pipe(
    Effect.provide(layerScript(
      refused(429, { "retry-after": "60" }),
      (request) => Effect.andThen(Effect.sleep(29_999), Effect.suspend(() => done(request)))
    ))
  ))
