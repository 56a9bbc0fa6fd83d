import { Attempts, RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import type { Attempt, CommsError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Logger, Metric, Ref, References, Stream, Tracer } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import {
  advance,
  type Answer,
  collect,
  even,
  fetch,
  html,
  id,
  json,
  layerScript,
  layerScriptWith,
  lost,
  operation,
  page,
  refused,
  sent,
  sentAt,
  silent,
  url
} from "./utils/script.ts"
import { idOf } from "./utils/server.ts"

const done = json(operation)

const finish = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    yield* Effect.repeat(advance("250 millis"), { until: () => fiber.pollUnsafe() !== undefined, times: 1000 })
    return yield* Fiber.join(fiber)
  })

const late = (answer: Answer): Answer => (request) =>
  Effect.andThen(Effect.sleep("250 millis"), Effect.suspend(() => answer(request)))

const rowsOf = (attempts: ReadonlyArray<Attempt.Attempt> | undefined) =>
  attempts?.map(({ asked, number, outcome, startedAt, status, took, waited }) => [
    number,
    startedAt.epochMilliseconds,
    Duration.toMillis(took),
    outcome,
    status,
    asked === undefined ? undefined : Duration.toMillis(asked),
    Duration.toMillis(waited)
  ])

const assertAddsUp = (attempts: ReadonlyArray<Attempt.Attempt>, at: ReadonlyArray<number>) => {
  let now = 0
  attempts.forEach((attempt, n) => {
    now += Duration.toMillis(attempt.waited)
    assert.strictEqual(attempt.number, n + 1)
    assert.strictEqual(attempt.startedAt.epochMilliseconds, now)
    assert.strictEqual(at[n], now)
    now += Duration.toMillis(attempt.took)
  })
}

describe("attempts", () => {
  it.effect("of an error are all attempts of the call", () =>
    Effect.gen(function*() {
      const error = yield* finish(Effect.flip(fetch))
      assert.strictEqual(error._tag, "NotFound")
      const attempts = "attempts" in error ? error.attempts ?? [] : []
      assert.deepEqual(rowsOf(attempts), [
        [1, 0, 0, "TooManyRequests", 429, 2000, 0],
        [2, 2000, 0, "Conflict", 409, 1000, 2000],
        [3, 3000, 0, "TransportFailure", undefined, undefined, 1000],
        [4, 5000, 0, "UnexpectedStatus", 502, undefined, 2000],
        [5, 9000, 0, "NotFound", 404, undefined, 4000]
      ])
      assertAddsUp(attempts, yield* sentAt)
    }).pipe(
      Effect.provide([
        even,
        layerScript(
          refused(429, { "retry-after": "2" }),
          refused(409, { "retry-after": "1" }),
          lost(new Error("ECONNRESET")),
          html(502, ""),
          refused(404)
        )
      ])
    ))

  it.effect("of a result are returned by withAttempts, with the time that each took", () =>
    Effect.gen(function*() {
      const [result, attempts] = yield* finish(Attempts.withAttempts(fetch))
      assert.strictEqual(result.id, id)
      assert.deepEqual(rowsOf(attempts), [
        [1, 0, 250, "ServiceUnavailable", 503, 3000, 0],
        [2, 3250, 250, "Success", 200, undefined, 3000]
      ])
      assertAddsUp(attempts, yield* sentAt)
    }).pipe(Effect.provide(layerScript(late(refused(503, { "retry-after": "3" })), late(done)))))

  const failures: ReadonlyArray<readonly [tag: CommsError.CommsError["_tag"], answer: Answer]> = [
    ["BadRequest", refused(400)],
    ["Unauthorized", refused(401)],
    ["Forbidden", refused(403)],
    ["NotFound", refused(404)],
    ["Conflict", refused(409)],
    ["TooManyRequests", refused(429)],
    ["InternalServerError", refused(500)],
    ["ServiceUnavailable", refused(503)],
    ["UnexpectedStatus", refused(418)],
    ["InvalidResponse", json({})],
    ["TransportFailure", lost(new Error("ECONNRESET"))]
  ]

  it.effect.each(failures)("are on %s", ([tag, answer]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(fetch)
      assert.strictEqual(error._tag, tag)
      const attempts = "attempts" in error ? error.attempts : undefined
      assert.deepEqual(attempts?.map(({ number, outcome }) => [number, outcome]), [[1, tag]])
    }).pipe(
      Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none),
      Effect.provide(layerScript(answer))
    ))

  it.effect("include the interrupted attempt of a call that timed out", () =>
    Effect.gen(function*() {
      const error = yield* finish(Effect.flip(fetch))
      assert.strictEqual(error._tag, "TransportFailure")
      assert.include(error.message, "The call timed out after 5s")
      assert.deepEqual(rowsOf("attempts" in error ? error.attempts : undefined), [
        [1, 0, 0, "TooManyRequests", 429, 2000, 0],
        [2, 2000, 3000, "Interrupted", undefined, undefined, 2000]
      ])
    }).pipe(
      Effect.provide(
        layerScriptWith({ retry: { callTimeout: "5 seconds" } })(refused(429, { "retry-after": "2" }), silent)
      )
    ))

  it.effect("are collected from every call in an effect", () =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const [items, attempts] = yield* finish(Attempts.withAttempts(Stream.runCollect(operations.stream())))
      assert.lengthOf(items, 2)
      assert.deepEqual(attempts.map(({ number, outcome }) => [number, outcome]), [
        [1, "Success"],
        [1, "TooManyRequests"],
        [2, "Success"]
      ])
    }).pipe(
      Effect.provide(layerScript(page([id], "b"), refused(429, { "retry-after": "1" }), page([idOf(2)], null)))
    ))

  it.effect("are not collected without withAttempts", () =>
    Effect.gen(function*() {
      yield* fetch
      assert.isUndefined(yield* Attempts.CurrentAttempts)
    }).pipe(Effect.provide(layerScript(done))))
})

const retriesOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const retries = yield* Ref.make<ReadonlyArray<readonly [now: number, retry: Attempts.Retry]>>([])
    const clock = yield* TestClock.testClockWith(Effect.succeed)
    yield* Effect.provideService(
      effect,
      Attempts.OnRetry,
      (retry) => Ref.update(retries, (retries) => [...retries, [clock.currentTimeMillisUnsafe(), retry] as const])
    )
    return yield* Ref.get(retries)
  })

describe("OnRetry", () => {
  it.effect("is called before each wait", () =>
    Effect.gen(function*() {
      const retries = yield* retriesOf(finish(fetch))
      assert.deepEqual(
        retries.map(([now, { attempt, delay, error, maxAttempts, method, call, url }]) => [
          now,
          call,
          method,
          url,
          attempt.number,
          maxAttempts,
          attempt.outcome,
          error._tag,
          Duration.toMillis(delay)
        ]),
        [
          [0, "SenderPoolOperations.fetch", "GET", url, 1, 6, "TooManyRequests", "TooManyRequests", 2000],
          [2000, "SenderPoolOperations.fetch", "GET", url, 2, 6, "ServiceUnavailable", "ServiceUnavailable", 1000]
        ]
      )
    }).pipe(
      Effect.provide([even, layerScript(refused(429, { "retry-after": "2" }), refused(503), done)])
    ))

  it.effect.each([refused(404), refused(500), refused(429, { "retry-after": "61" }), json({})])(
    "is not called if a failure is not retried (%#)",
    (answer) =>
      Effect.gen(function*() {
        assert.deepEqual(yield* retriesOf(Effect.flip(fetch)), [])
      }).pipe(Effect.provide(layerScript(answer)))
  )

  it.effect("is not called after the last attempt", () =>
    Effect.gen(function*() {
      assert.lengthOf(yield* retriesOf(finish(Effect.flip(fetch))), 1)
    }).pipe(Effect.provide(layerScriptWith({ retry: { maxAttempts: 2 } })(refused(503), refused(503)))))
})

it.effect("each retry is logged at debug level, and nothing above", () =>
  Effect.gen(function*() {
    const lines: Array<readonly [level: string, message: string]> = []
    const logger = Logger.make(({ logLevel, message }) => void lines.push([logLevel, String(message)]))
    yield* Effect.provide(finish(fetch), Logger.layer([logger]))
    assert.deepEqual(lines, [["Debug", "SenderPoolOperations.fetch: retrying in 2s after TooManyRequests"]])
  }).pipe(
    Effect.provideService(References.MinimumLogLevel, "All"),
    Effect.provide(layerScript(refused(429, { "retry-after": "2" }), done))
  ))

it.effect("the metrics count requests, retries and the time waited", () =>
  Effect.gen(function*() {
    yield* finish(fetch)
    const counts = (yield* Metric.snapshot).flatMap(({ attributes, id, state }) =>
      id.startsWith("comms_client_") && "count" in state
        ? [[id, attributes?.["call"], attributes?.["outcome"] ?? attributes?.["reason"], state.count] as const]
        : []
    )
    const countOf = (id: string, about?: string) =>
      counts.find(([name, call, reason]) => name === id && call === "SenderPoolOperations.fetch" && reason === about)
        ?.[3]
    assert.strictEqual(countOf("comms_client_requests", "TooManyRequests"), 1)
    assert.strictEqual(countOf("comms_client_requests", "Success"), 1)
    assert.strictEqual(countOf("comms_client_retries", "TooManyRequests"), 1)
    assert.strictEqual(countOf("comms_client_waited_milliseconds"), 2000)
    assert.isUndefined(countOf("comms_client_parked"))
  }).pipe(
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Effect.provide(layerScript(refused(429, { "retry-after": "2" }), done))
  ))

it.effect("a call that waits for the cooldown of another call counts as parked", () =>
  Effect.gen(function*() {
    const first = yield* Effect.forkChild(fetch)
    yield* advance("1 second")
    yield* finish(fetch)
    yield* Fiber.join(first)
    const parked = (yield* Metric.snapshot).find(({ id }) => id === "comms_client_parked")
    assert.strictEqual(parked !== undefined && "count" in parked.state ? parked.state.count : undefined, 1)
  }).pipe(
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Effect.provide(layerScript(refused(429, { "retry-after": "2" }), done, done))
  ))

/** The spans of the calls and attempts of a program. */
const traced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const spans: Array<Tracer.NativeSpan> = []
    return Effect.as(Effect.exit(Effect.provideService(effect, Tracer.Tracer, collect(spans))), spans)
  })

describe("spans", () => {
  it.effect("are one for the call, with a child for each attempt", () =>
    Effect.gen(function*() {
      const spans = yield* traced(finish(fetch))
      assert.deepEqual(spans.map(({ name }) => name), [
        "SenderPoolOperations.fetch",
        "CommsClient.attempt",
        "CommsClient.attempt",
        "CommsClient.attempt"
      ])
      const [call, ...attempts] = spans
      assert.deepEqual(
        attempts.map(({ attributes, kind, parent, status }) => [
          kind,
          parent._tag === "Some" && parent.value.spanId === call?.spanId,
          attributes.get("http.request.resend_count"),
          attributes.get("http.response.status_code"),
          attributes.get("comms.waited_ms"),
          attributes.get("comms.retry_after_ms"),
          attributes.get("comms.outcome"),
          attributes.get("error.type"),
          status._tag === "Ended" ? status.exit._tag : ""
        ]),
        [
          ["client", true, 0, 429, 0, 2000, "TooManyRequests", "429", "Failure"],
          ["client", true, 1, undefined, 2000, undefined, "TransportFailure", "TransportFailure", "Failure"],
          ["client", true, 2, 200, 1000, undefined, "Success", undefined, "Success"]
        ]
      )
      for (const { attributes } of attempts) {
        assert.strictEqual(attributes.get("http.request.method"), "GET")
        assert.strictEqual(attributes.get("url.full"), url)
        assert.strictEqual(attributes.get("server.address"), "comms.twilio.com")
        assert.strictEqual(attributes.get("server.port"), 443)
      }
      const requests = yield* sent
      assert.deepEqual(
        requests.map(({ headers }) => headers["traceparent"]),
        attempts.map(({ spanId, traceId }) => `00-${traceId}-${spanId}-01`)
      )
    }).pipe(
      Effect.provide([even, layerScript(refused(429, { "retry-after": "2" }), lost(new Error("ECONNRESET")), done)])
    ))

  it.effect("are not made if neither a tracer nor another span can see them", () =>
    Effect.gen(function*() {
      yield* fetch
      yield* Effect.withSpan(fetch, "parent")
      yield* traced(fetch)
      assert.deepEqual(
        (yield* sent).map(({ headers }) => headers["traceparent"] !== undefined),
        [false, true, true]
      )
    }).pipe(Effect.provide(layerScript(done, done, done))))

  it.effect("are not propagated if propagation is disabled", () =>
    Effect.gen(function*() {
      yield* traced(Effect.provideService(fetch, Tracer.DisablePropagation, true))
      const [request] = yield* sent
      assert.isUndefined(request?.headers["traceparent"])
    }).pipe(Effect.provide(layerScript(done))))

  it.effect("are propagated from a browser only on request", () =>
    Effect.gen(function*() {
      yield* Effect.acquireRelease(
        Effect.sync(() => Object.defineProperty(globalThis, "document", { value: {}, configurable: true })),
        () => Effect.sync(() => Reflect.deleteProperty(globalThis, "document"))
      )
      yield* traced(fetch)
      yield* traced(Effect.provideService(fetch, HttpClient.TracerPropagationEnabled, true))
      assert.deepEqual((yield* sent).map(({ headers }) => headers["traceparent"] !== undefined), [false, true])
    }).pipe(Effect.provide(layerScript(done, done))))

  it.effect.each(["-1", "Fri, 05 Apr 1969 06:20:07 GMT", "soon", "0", "0, -1", "Infinity"])(
    "record that a Retry-After of %j is ignored",
    (retryAfter) =>
      Effect.gen(function*() {
        const spans = yield* traced(finish(fetch))
        const attempts = spans.filter(({ name }) => name === "CommsClient.attempt")
        assert.deepEqual(attempts.map(({ attributes }) => attributes.get("comms.retry_after.ignored")), [
          retryAfter,
          undefined
        ])
        assert.isUndefined(attempts[0]?.attributes.get("comms.retry_after_ms"))
      }).pipe(Effect.provide(layerScript(refused(503, { "retry-after": retryAfter }), done)))
  )
})

describe("total", () => {
  it.effect("adds up the attempts of a call", () =>
    Effect.gen(function*() {
      const [, attempts] = yield* finish(Attempts.withAttempts(fetch))
      assert.deepEqual(Attempts.total(attempts), {
        attempts: 3,
        asked: Duration.seconds(3),
        waited: Duration.seconds(3),
        took: Duration.zero
      })
    }).pipe(Effect.provide(layerScript(
      refused(429, { "retry-after": "2" }),
      refused(503, { "retry-after": "1" }),
      done
    ))))

  it("is zero for no attempts", () => {
    assert.deepEqual(Attempts.total([]), {
      attempts: 0,
      asked: Duration.zero,
      waited: Duration.zero,
      took: Duration.zero
    })
  })
})

it.effect("an attempt has the status and the request id of its response", () =>
  Effect.gen(function*() {
    const spans: Array<Tracer.NativeSpan> = []
    const [, attempts] = yield* Effect.provideService(
      Attempts.withAttempts(finish(fetch)),
      Tracer.Tracer,
      collect(spans)
    )
    assert.deepEqual(
      attempts.map(({ outcome, requestId, status }) => [outcome, status, requestId]),
      [["ServiceUnavailable", 503, "RQ1"], ["Success", 203, "RQ2"]]
    )
    assert.deepEqual(
      spans.filter(({ name }) => name === "CommsClient.attempt").map(({ attributes }) =>
        attributes.get("comms.request_id")
      ),
      ["RQ1", "RQ2"]
    )
  }).pipe(Effect.provide(layerScript(
    refused(503, { "retry-after": "1", "twilio-request-id": "RQ1" }),
    json(operation, 203, { "x-request-id": "RQ2" })
  ))))
