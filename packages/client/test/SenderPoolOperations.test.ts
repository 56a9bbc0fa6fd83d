import { type Operations, RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import { type Operation, type OperationFamily, SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { DateTime, Duration, Effect, Option, Predicate, Schema, Stream } from "effect"
import examples from "./fixtures/examples.json" with { type: "json" }
import { assertTag, id, json, layerScript, operation, page, refused, sent, sentCount, url } from "./utils/script.ts"
import { idOf } from "./utils/server.ts"

const tags: Readonly<Record<number, string>> = {
  400: "BadRequest",
  404: "NotFound",
  409: "Conflict",
  429: "TooManyRequests",
  500: "InternalServerError",
  503: "ServiceUnavailable"
}

const listUrl = "https://comms.twilio.com/v1/SenderPools/Operations"

const call = (operationId: string) =>
  Effect.gen(function*() {
    const operations = yield* SenderPoolOperations.SenderPoolOperations
    return operationId === "fetchSenderPoolOperation" ? yield* operations.fetch(id) : yield* operations.list()
  })

const decodeExample = Schema.decodeUnknownEffect(
  Schema.Union([SenderPoolOperation.SenderPoolOperation, SenderPoolOperation.family.Page])
)

const statusesOf = (name: string) =>
  examples.filter(({ operationId }) => operationId === name).map(({ status }) => status)

describe("the documented examples", () => {
  it.effect.each(examples.filter(({ status }) => status === 200))(
    "decode to models ($operationId 200)",
    ({ body, operationId }) =>
      Effect.gen(function*() {
        const value = yield* call(operationId)
        assertEquals(value, yield* decodeExample(body))
        assert.strictEqual(
          value instanceof SenderPoolOperation.SenderPoolOperation,
          operationId === "fetchSenderPoolOperation"
        )
      }).pipe(Effect.provide(layerScript(json(body))))
  )

  it.effect("decode every field of a list", () =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const page = yield* operations.list()
      assert.deepEqual(
        page.operations.map(({ createdAt, id, stats, status }) => ({
          id,
          status,
          stats,
          createdAt: DateTime.toEpochMillis(createdAt)
        })),
        [
          {
            id,
            status: "COMPLETED",
            stats: { total: 1, queued: 0, created: 1, failed: 0 },
            createdAt: Date.UTC(2024, 3, 5, 6, 20)
          },
          {
            id,
            status: "COMPLETED",
            stats: { total: 888, queued: 111, created: 777, failed: 0 },
            createdAt: Date.UTC(2024, 3, 5, 6, 20)
          }
        ]
      )
      assert.isNull(page.pagination.next)
      assert.match(page.pagination.self, /^eyJTSyI6.*fQ==$/)
    }).pipe(
      Effect.provide(
        layerScript(
          ...examples.filter(({ operationId, status }) => operationId === "listSenderPoolOperations" && status === 200)
            .map(({ body }) => json(body))
        )
      )
    ))

  it.effect.each(examples.filter(({ status }) => status !== 200))(
    "decode to errors ($operationId $status)",
    ({ body, operationId, retryAfter, status }) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(call(operationId))
        assert.strictEqual(error._tag, tags[status])
        assert.isTrue("errors" in error)
        if (!("errors" in error)) return
        const documented = "errors" in body ? body.errors ?? [] : []
        assert.deepEqual(
          error.errors.map(({ code, context, infoUrl, message }) => ({ code, context, infoUrl, message })),
          documented.map(({ code, message }) => ({
            code,
            message,
            context: null,
            infoUrl: `https://www.twilio.com/docs/api/errors/${code}`
          }))
        )
        assert.lengthOf(error.errors, 1)
        assert.strictEqual(error.method, "GET")
        assert.strictEqual(error.url, operationId === "fetchSenderPoolOperation" ? url : listUrl)
        assert.strictEqual(error.requestId, "RQ0123")
        assert.deepEqual(
          Option.fromUndefinedOr(RetryPolicy.retryAfter(error)),
          retryAfter ? Option.some(Duration.seconds(7)) : Option.none()
        )
        assert.notProperty(error, "excerpt")
        assert.notProperty(error, "mediaType")
      }).pipe(
        Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none),
        Effect.provide(layerScript(json(body, status, {
          "twilio-request-id": "RQ0123",
          ...(retryAfter ? { "retry-after": "7" } : {})
        })))
      )
  )

  it("cover every status of both operations", () => {
    assert.deepEqual(statusesOf("fetchSenderPoolOperation"), [200, 400, 404, 409, 429, 500, 503])
    assert.deepEqual(statusesOf("listSenderPoolOperations"), [200, 400, 409, 429, 500, 503])
  })
})

describe("fetch", () => {
  it.effect("fails if the response is about another operation", () =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const error = assertTag(yield* Effect.flip(operations.fetch(id)), "InvalidResponse")
      assert.deepEqual([error.method, error.url, error.status], ["GET", url, 203])
      assert.strictEqual(error.problem, "The response is about another resource.")
      assert.strictEqual(error.requestId, "RQ1")
      assert.deepEqual(error.attempts?.map(({ outcome }) => outcome), ["InvalidResponse"])
    }).pipe(
      Effect.provide(layerScript(json({ ...operation, id: idOf(2) }, 203, { "twilio-request-id": "RQ1" })))
    ))

  it.effect("requests the operation", () =>
    Effect.gen(function*() {
      yield* call("fetchSenderPoolOperation")
      assert.deepEqual((yield* sent).map(({ method, url }) => [method, url.href]), [["GET", url]])
    }).pipe(Effect.provide(layerScript(json(examples[0]?.body)))))

  it.effect.each([
    "",
    "comms_operation_",
    `${id}/../../x`,
    `${id}\n`,
    "comms_operation_..../../x",
    "comms_senderpool_01h9krwprkeee8fzqspvwy6nq8"
  ])("rejects the id %j", (operationId) =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const error = assertTag(yield* Effect.flip(operations.fetch(operationId)), "InvalidInput")
      assert.strictEqual(error.field, "operationId")
      assert.strictEqual(error.call, "SenderPoolOperations.fetch")
      assert.include(error.message, "operationId: ")
      assert.strictEqual(yield* sentCount, 0)
    }).pipe(Effect.provide(layerScript())))
})

const badParams: ReadonlyArray<readonly [field: string, params: Readonly<Record<string, unknown>>]> = [
  ["pageSize", { pageSize: 0 }],
  ["pageSize", { pageSize: 1001 }],
  ["pageSize", { pageSize: 1.5 }],
  ["pageSize", { pageSize: Number.NaN }],
  ["startDate", { startDate: "2024-01-16", endDate: "2024-01-15" }],
  ["startDate", { startDate: "yesterday" }],
  ["endDate", { endDate: new Date(Number.NaN) }],
  ["status", { status: "FAILED" }],
  ["pageToken", { pageToken: "" }]
]

type ListParams = OperationFamily.ListParams<Operation.KnownOperationStatus>

// Parameters from JavaScript or JSON are not checked by the compiler.
const isParams = (params: unknown): params is ListParams => Predicate.isObject(params)

const refusedParams = (
  params: unknown,
  f: (
    service: SenderPoolOperations.Service,
    params: ListParams
  ) => Effect.Effect<unknown, Operations.StreamError | Operations.ListError>
) =>
  Effect.gen(function*() {
    const operations = yield* SenderPoolOperations.SenderPoolOperations
    assert.isTrue(isParams(params))
    const error = assertTag(yield* Effect.flip(f(operations, isParams(params) ? params : {})), "InvalidInput")
    assert.strictEqual(yield* sentCount, 0)
    return error
  }).pipe(Effect.provide(layerScript()))

describe("list", () => {
  it.effect("sends only the given parameters", () =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      yield* operations.list()
      yield* operations.list({ startDate: undefined, endDate: undefined, status: undefined, pageSize: undefined })
      yield* operations.list({
        startDate: "2024-01-15",
        endDate: new Date("2024-01-16T00:00:00Z"),
        status: "PROCESSING",
        pageToken: "a+b/c==",
        pageSize: 20
      })
      const requests = yield* sent
      assert.deepEqual(requests.map(({ method, url }) => method + url.origin + url.pathname), [
        `GET${listUrl}`,
        `GET${listUrl}`,
        `GET${listUrl}`
      ])
      assert.deepEqual(requests.map(({ url }) => Object.fromEntries(url.searchParams)), [{}, {}, {
        startDate: "2024-01-15T00:00:00.000Z",
        endDate: "2024-01-16T00:00:00.000Z",
        status: "PROCESSING",
        pageToken: "a+b/c==",
        pageSize: "20"
      }])
      assert.include(requests[2]?.url.search, "pageToken=a%2Bb%2Fc%3D%3D")
    }).pipe(Effect.provide(layerScript(page([], null), page([], null), page([], null)))))

  it.effect.each(badParams)("rejects %s in %o", ([field, params]) =>
    Effect.gen(function*() {
      const error = yield* refusedParams(params, (operations, params) => operations.list(params))
      assert.strictEqual(error.field, field)
      assert.include(error.message, `${field}: `)
    }))

  it.effect("reports every invalid field and its value", () =>
    Effect.gen(function*() {
      const error = yield* refusedParams(
        { status: "FAILED", pageSize: 1001, pageToken: "" },
        (operations, params) => operations.list(params)
      )
      assert.sameMembers(error.issues.map(({ field }) => field), ["status", "pageToken", "pageSize"])
      assert.include(error.message, "1001")
      assert.include(error.message, "FAILED")
    }))

  it.effect("fails with UnexpectedStatus on 404", () =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const error = assertTag(yield* Effect.flip(operations.list()), "UnexpectedStatus")
      assert.strictEqual(error.status, 404)
      assert.deepEqual(error.errors.map(({ code }) => code), [20404])
    }).pipe(Effect.provide(layerScript(refused(404)))))
})

describe("stream", () => {
  it.effect.each(badParams)("rejects %s in %o", ([field, params]) =>
    Effect.gen(function*() {
      const error = yield* refusedParams(params, (operations, params) => Stream.runDrain(operations.stream(params)))
      assert.strictEqual(error.field, field)
    }))
})
