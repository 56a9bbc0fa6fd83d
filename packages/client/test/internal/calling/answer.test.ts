import { RetryPolicy } from "@effect-comms/client"
import { CommsError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Exit, Schema } from "effect"
import { HttpClientError } from "effect/http"
import {
  type Answer,
  answer,
  assertTag,
  errorOf,
  fetch,
  html,
  json,
  layerScript,
  lost,
  operation,
  refused,
  url
} from "../../utils/script.ts"

const encoder = new TextEncoder()
const isPrintable = (text: string) => !/[\p{Cc}\p{Cf}]/u.test(text)

const garbage: ReadonlyArray<readonly [name: string, answer: Answer, problem: RegExp, mediaType: string | undefined]> =
  [
    ["HTML", html(200, "<h1>Hello</h1>"), /JSON/, "text/html"],
    [
      "truncated JSON",
      answer(200, `{"id":"comms_op`, { "content-type": "application/json" }),
      /JSON/,
      "application/json"
    ],
    ["another shape", json({ operations: [] }), /\["id"\]/, "application/json"],
    [
      "a wrong field",
      json({ ...operation, stats: { ...operation.stats, total: -1 } }),
      /\["stats"\]\["total"\]/,
      "application/json"
    ],
    ["null", json(null), /Expected/, "application/json"],
    ["nothing", answer(200), /^The body is empty\.$/, undefined],
    ["nothing at all (204)", answer(204), /^The body is empty\.$/, undefined],
    ["bytes that are not UTF-8", answer(200, new Uint8Array([0xff, 0xfe, 0x00, 0xc3])), /JSON/, undefined],
    [
      "JSON that is not UTF-8",
      answer(200, new Uint8Array([...encoder.encode(`{"id":"`), 0xff, ...encoder.encode(`"}`)]), {
        "content-type": "application/json"
      }),
      /\["status"\]/,
      "application/json"
    ]
  ]

describe("an answer of success that cannot be understood", () => {
  it.effect.each(garbage)("%s", ([, answer, problem, mediaType]) =>
    Effect.gen(function*() {
      const error = assertTag(yield* errorOf(answer), "InvalidResponse")
      assert.strictEqual(Math.floor(error.status / 100), 2)
      assert.match(error.problem, problem)
      assert.strictEqual(error.mediaType, mediaType)
      assert.strictEqual(error.method, "GET")
      assert.strictEqual(error.url, url)
      assert.isAtMost(error.excerpt?.length ?? 1000, 257)
      assert.isTrue(isPrintable(error.message))
    }))

  it.effect("keeps its request id", () =>
    Effect.gen(function*() {
      const error = assertTag(yield* errorOf(html(200, "", { "x-request-id": "RQ9" })), "InvalidResponse")
      assert.strictEqual(error.requestId, "RQ9")
      assert.include(error.message, "Request id: RQ9.")
    }))

  it.effect("is understood whatever its media type says", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* fetch).status, "COMPLETED")
    }).pipe(Effect.provide(layerScript(answer(200, JSON.stringify(operation), { "content-type": "text/plain" })))))
})

describe("an answer without success that is not the envelope", () => {
  it.effect.each(
    [
      [503, "ServiceUnavailable"],
      [400, "BadRequest"],
      [404, "NotFound"],
      [409, "Conflict"],
      [429, "TooManyRequests"],
      [500, "InternalServerError"],
      [401, "Unauthorized"],
      [403, "Forbidden"],
      [418, "UnexpectedStatus"],
      [302, "UnexpectedStatus"],
      [408, "UnexpectedStatus"],
      [502, "UnexpectedStatus"],
      [504, "UnexpectedStatus"],
      [599, "UnexpectedStatus"]
    ] as const
  )("%d with HTML is %s", ([status, tag]) =>
    Effect.gen(function*() {
      const error = assertTag(
        yield* errorOf(html(status, `<html>\n\t\u202e<h1>${"Busy ".repeat(1000)}</h1>\u001b[31m`)),
        tag
      )
      assert.strictEqual(error.status, status)
      assert.strictEqual(error.mediaType, "text/html")
      assert.deepEqual(error.errors, [])
      assert.match(error.excerpt ?? "", /^<html> <h1>Busy Busy /)
      assert.strictEqual(error.excerpt?.length, 257)
      assert.isTrue(error.excerpt?.endsWith("…"))
      assert.isTrue(isPrintable(error.message))
      assert.include(error.message, error.excerpt ?? "missing")
    }))

  it.effect("401 with problem details", () =>
    Effect.gen(function*() {
      const error = assertTag(
        yield* errorOf(answer(401, `{"type":"about:blank","title":"Unauthorized","status":401}`, {
          "content-type": "application/problem+json"
        })),
        "Unauthorized"
      )
      assert.strictEqual(error.mediaType, "application/problem+json")
      assert.include(error.excerpt ?? "", `"title":"Unauthorized"`)
    }))

  it.effect("302 is not followed", () =>
    Effect.gen(function*() {
      const error = assertTag(
        yield* errorOf(answer(302, null, { location: "https://evil.test/" })),
        "UnexpectedStatus"
      )
      assert.strictEqual(error.status, 302)
      assert.strictEqual(error.excerpt, "")
      assert.include(error.message, "Redirects are not followed")
    }))

  it.effect("an error of another shape", () =>
    Effect.gen(function*() {
      const error = assertTag(yield* errorOf(json({ error: { code: 20404, message: "No." } }, 404)), "NotFound")
      assert.deepEqual(error.errors, [])
      assert.include(error.excerpt ?? "", "20404")
    }))
})

describe("the envelope", () => {
  it.effect("is read whatever the media type says, and in any status", () =>
    Effect.gen(function*() {
      const body = JSON.stringify({ errors: [{ code: 1, message: "No.", infoUrl: "/x", context: "$.a" }], more: 1 })
      const error = assertTag(yield* errorOf(html(418, body)), "UnexpectedStatus")
      assert.deepEqual(error.errors.map(({ code, context }) => [code, context]), [[1, "$.a"]])
      assert.isUndefined(error.excerpt)
    }))

  it.effect("may hold several errors, or none", () =>
    Effect.gen(function*() {
      const one = { code: 1, message: "One.", infoUrl: "/x", context: null }
      const several = assertTag(yield* errorOf(json({ errors: [one, { ...one, code: 2 }] }, 400)), "BadRequest")
      assert.deepEqual(several.errors.map(({ code }) => code), [1, 2])
      const none = assertTag(yield* errorOf(json({ errors: [] }, 400)), "BadRequest")
      assert.deepEqual(none.errors, [])
    }))

  it.effect("is read error by error", () =>
    Effect.gen(function*() {
      const body = { errors: [{ code: "1", message: "One." }, { code: 2 }, { message: "Three." }] }
      const error = assertTag(yield* errorOf(json(body, 400)), "BadRequest")
      assert.deepEqual(error.errors.map(({ code, message }) => [code, message]), [[1, "One."], [undefined, "Three."]])
      assert.isUndefined(error.excerpt)
    }))

  it.effect("of the older APIs is one error", () =>
    Effect.gen(function*() {
      const body = { code: 20404, message: "No.", more_info: "https://x.test/20404", status: 404 }
      const error = assertTag(yield* errorOf(json(body, 404)), "NotFound")
      assert.deepEqual(error.errors.map(({ code, infoUrl }) => [code, infoUrl]), [[20404, body.more_info]])
      assert.include(error.message, "No. (20404, https://x.test/20404)")
    }))

  it.effect("without a readable error is shown", () =>
    Effect.gen(function*() {
      const error = assertTag(yield* errorOf(json({ errors: [{ reason: "quota" }] }, 400)), "BadRequest")
      assert.deepEqual(error.errors, [])
      assert.include(error.excerpt ?? "", "quota")
    }))
})

const bytesOf = (text: string) => encoder.encode(text).length

describe("the message of an error", () => {
  const longError = { code: 20001, message: "ü".repeat(5000), infoUrl: "x".repeat(5000), context: "y".repeat(5000) }

  it.effect.each<readonly [name: string, answer: Answer]>([
    ["long errors", json({ errors: [longError, longError] }, 400)],
    ["many errors", json({ errors: Array.from({ length: 10_000 }, () => ({ message: "No." })) }, 400)],
    ["a long page", html(502, "ü".repeat(100_000))],
    ["long headers", html(404, "", { "x-request-id": "x".repeat(10_000), "content-type": "x".repeat(10_000) })],
    [
      "a long field",
      json({ ...operation, status: 1, ["x".repeat(100_000)]: "y".repeat(100_000), id: "z".repeat(100_000) })
    ],
    ["a long reason of the transport", lost(new Error("ü".repeat(100_000)))]
  ])("has at most 4 KiB after %s", ([, answer]) =>
    Effect.gen(function*() {
      const { message } = yield* errorOf(answer)
      assert.isAtMost(bytesOf(message), 4096)
    }))
})

describe("the request id", () => {
  it.effect.each(
    [
      [{ "twilio-request-id": "RQ1", "x-request-id": "RQ2" }, "RQ1"],
      [{ "x-request-id": "RQ2" }, "RQ2"],
      [{}, undefined],
      [{ "twilio-request-id": "x".repeat(500) }, `${"x".repeat(100)}…`]
    ] as const
  )("of %o", ([headers, expected]) =>
    Effect.gen(function*() {
      assert.strictEqual(assertTag(yield* errorOf(refused(404, headers)), "NotFound").requestId, expected)
    }))
})

const withCode = (message: string, code: string, cause?: unknown) =>
  Object.assign(new Error(message, { cause }), { code })

describe("a failure of the transport", () => {
  it.effect.each(
    [
      [new Error("socket hang up"), "socket hang up"],
      [
        new TypeError("fetch failed", { cause: withCode("connect ECONNREFUSED ::1:1", "ECONNREFUSED") }),
        "connect ECONNREFUSED ::1:1",
        "ECONNREFUSED"
      ],
      [
        new TypeError("fetch failed", { cause: withCode("other side closed", "UND_ERR_SOCKET") }),
        "other side closed (UND_ERR_SOCKET)",
        "UND_ERR_SOCKET"
      ],
      [
        new TypeError("fetch failed", {
          cause: Object.assign(new AggregateError([new Error("connect ETIMEDOUT 10.0.0.1:443")]), { code: "ETIMEDOUT" })
        }),
        "connect ETIMEDOUT 10.0.0.1:443",
        "ETIMEDOUT"
      ],
      [
        new AggregateError([withCode("failed", "ECONNREFUSED"), withCode("failed", "ETIMEDOUT")]),
        "failed (ECONNREFUSED)",
        "ECONNREFUSED"
      ],
      [withCode("failed", "ENOTFOUND"), "failed (ENOTFOUND)", "ENOTFOUND", "UnknownHost"],
      [
        withCode("certificate has expired", "CERT_HAS_EXPIRED"),
        "certificate has expired (CERT_HAS_EXPIRED)",
        "CERT_HAS_EXPIRED",
        "Tls"
      ],
      ["a text", "TransportError"],
      [undefined, "TransportError"]
    ] as const
  )("%s", ([cause, detail, code = undefined, reason = "Connection"]) =>
    Effect.gen(function*() {
      const error = assertTag(yield* errorOf(lost(cause)), "TransportFailure")
      assert.strictEqual(error.reason, reason)
      assert.strictEqual(error.detail, detail)
      assert.strictEqual(error.code, code)
      assert.strictEqual(error.url, url)
      assert.strictEqual(error.method, "GET")
      assert.isTrue(error.readOnly)
    }))

  it.effect("may come in the middle of a body", () =>
    Effect.gen(function*() {
      const broken = answer(
        200,
        new ReadableStream({
          start: (controller) => controller.enqueue(encoder.encode("{")),
          pull: (controller) => controller.error(new Error("aborted"))
        })
      )
      const error = assertTag(yield* errorOf(broken), "TransportFailure")
      assert.strictEqual(error.reason, "Connection")
      assert.strictEqual(error.detail, "aborted")
    }))

  it.effect("without a cause has the name of its kind as its detail", () =>
    Effect.gen(function*() {
      const error = assertTag(
        yield* errorOf((request) =>
          Effect.fail(
            new HttpClientError.HttpClientError({ reason: new HttpClientError.InvalidUrlError({ request }) })
          )
        ),
        "TransportFailure"
      )
      assert.strictEqual(error.detail, "InvalidUrlError")
    }))
})

const HostileHeaders = Schema.Struct({
  "content-type": Schema.optionalKey(Schema.Literals([
    "",
    ";",
    "text/html",
    "application/json; charset=\"x",
    "application/problem+json",
    "x".repeat(1000),
    "\u00ff/\u00fe"
  ])),
  "retry-after": Schema.optionalKey(Schema.Literals([
    "",
    "-1",
    "soon",
    "1, 2",
    "1e3",
    "Infinity",
    "7",
    "9".repeat(400),
    "Fri, 05 Apr 2999 06:20:07 GMT",
    "Fri, 99 Apr 2024 99:99:99 GMT"
  ])),
  date: Schema.optionalKey(Schema.Literals(["", "now", "Fri, 05 Apr 2024 06:20:00 GMT", "0"])),
  "x-request-id": Schema.optionalKey(Schema.Literals(["", "\u00ff", "x".repeat(5000)])),
  "content-length": Schema.optionalKey(Schema.Literals(["-1", "5"])),
  "content-encoding": Schema.optionalKey(Schema.Literals(["gzip", "x"])),
  location: Schema.optionalKey(Schema.Literals(["", "https://evil.test", ":"]))
})

const HostileBody = Schema.Union([
  Schema.String,
  Schema.Literals([
    "",
    "null",
    "[]",
    "{}",
    "\uFEFF{}",
    "1e999",
    "{\"__proto__\":{}}",
    "{\"errors\":null}",
    "{\"errors\":[{}]}",
    "{\"errors\":[{\"code\":1,\"message\":\"\\u001b[2J\",\"infoUrl\":\"\\u0007\",\"context\":\"\\r\\n\"}]}",
    "{\"errors\":[{\"code\":1e300,\"message\":\"\",\"infoUrl\":\"\",\"context\":null}]}",
    JSON.stringify(operation),
    JSON.stringify({ ...operation, createdAt: "+999999-01-01" }),
    "[".repeat(20_000)
  ])
])

it.effect.prop(
  "any status, body and headers come to a value or a typed error",
  [
    Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }))),
    HostileBody,
    HostileHeaders
  ],
  ([status, body, headers]) =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(fetch)
      assert.isFalse(Exit.hasDies(exit))
      const error = yield* Effect.flip(exit).pipe(Effect.orElseSucceed(() => undefined))
      if (error === undefined) {
        assert.isAtMost(status, 299)
        return
      }
      assert.isTrue(CommsError.isCommsError(error))
      assert.strictEqual("status" in error ? error.status : undefined, status)
      assert.isTrue(isPrintable(error.message))
      assert.isAtMost("excerpt" in error ? error.excerpt?.length ?? 0 : 0, 257)
      assert.isAtMost("mediaType" in error ? error.mediaType?.length ?? 0 : 0, 100)
      assert.isAtMost("requestId" in error ? error.requestId?.length ?? 0 : 0, 101)
    }).pipe(
      Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none),
      Effect.provide(layerScript(answer(status, [204, 205, 304].includes(status) ? null : body, headers)))
    ),
  { arbitrary: { runs: 300 } }
)
