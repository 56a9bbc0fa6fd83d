import { SenderPoolOperations } from "@effect-comms/client"
import { SenderPoolOperation } from "@effect-comms/domain"
import { TwilioErrors } from "@effect-comms/domain/TwilioError"
import { Emulator, FaultPlan, Report } from "@effect-comms/testing"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as Server from "../src/internal/emulator/server.ts"
import * as Stores from "../src/internal/emulator/stores.ts"
import {
  type Answer,
  assertTag,
  fetchPath,
  get,
  inProcess,
  listPath,
  once,
  onPort,
  rules,
  Target
} from "./utils/wiring.ts"

const unknownId = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

const Operation = Schema.fromJsonString(Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  stats: Schema.Struct({ queued: Schema.Int, created: Schema.Int })
}))

const decodeOperation = Schema.decodeEffect(Operation)

const Refusal = Schema.fromJsonString(Schema.Struct({
  _tag: Schema.Literal("InvalidInput"),
  field: Schema.String,
  issues: Schema.Array(Schema.Struct({ field: Schema.String, problem: Schema.String }))
}))

const decodeRefusal = Schema.decodeEffect(Refusal)

const codesOf = ({ body }: Answer) =>
  Effect.map(
    Schema.decodeEffect(Schema.fromJsonString(TwilioErrors))(body),
    ({ errors }) => errors.map(({ code }) => code)
  )

const admin = (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: string) =>
  get(`/_emulator${path}`, { method, body, anonymous: true })

const plan = `{"total":10,"duration":10000}`

const routes = [
  ["POST", "/operations", plan],
  ["POST", `/operations/${unknownId}/advance`, `{"by":1}`],
  ["GET", "/report", undefined],
  ["DELETE", "/report", undefined],
  ["PUT", "/faults", `{"rules":[]}`]
] as const

describe.each([["in process", inProcess], ["on a port", onPort]] as const)("the admin routes, %s", (_, wiring) => {
  it.effect("do not exist by default", () =>
    Effect.gen(function*() {
      for (const [method, path, body] of routes) {
        const answer = yield* admin(method, path, body)
        assert.strictEqual(answer.status, 404, path)
        assert.include(answer.body, `"code":20404`)
      }
    }).pipe(Effect.provide(wiring())))

  it.effect("create and advance an operation", () =>
    Effect.gen(function*() {
      const created = yield* admin("POST", "/operations", plan)
      assert.strictEqual(created.status, 201)
      const { id } = yield* decodeOperation(created.body)
      const { fetch } = yield* SenderPoolOperations.SenderPoolOperations
      assert.strictEqual((yield* fetch(id)).stats.queued, 10)
      const moved = yield* admin("POST", `/operations/${id}/advance`, `{"by":4000}`)
      assert.strictEqual(moved.status, 200)
      assert.strictEqual((yield* decodeOperation(moved.body)).stats.created, 4)
      assert.strictEqual((yield* fetch(id)).stats.created, 4)
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* fetch(id)).status, "COMPLETED")
    }).pipe(Effect.provide(wiring({ admin: true }))))

  it.effect("set the plan of faults, of any preset", () =>
    Effect.gen(function*() {
      const encode = Schema.encodeEffect(FaultPlan.FaultPlanFromJson)
      for (const name of FaultPlan.presetNames) {
        const answer = yield* admin("PUT", "/faults", yield* encode(FaultPlan.presets[name]))
        assert.strictEqual(answer.status, 204, name)
      }
      yield* admin("PUT", "/faults", `{"rules":[{"do":{"_tag":"Status","status":503}}]}`)
      assert.strictEqual((yield* get(listPath)).status, 503)
      yield* admin("PUT", "/faults", `{"rules":[]}`)
      assert.strictEqual((yield* get(listPath)).status, 200)
    }).pipe(Effect.provide(wiring({ admin: true }))))

  it.effect("return and reset the report", () =>
    Effect.gen(function*() {
      yield* get(listPath)
      yield* get(fetchPath(unknownId))
      const decode = Schema.decodeEffect(Report.ReportFromJson)
      const report = yield* Effect.flatMap(admin("GET", "/report"), ({ body }) => decode(body))
      assert.deepEqual(report.requests.map(({ status }) => status), [200, 404])
      assert.strictEqual((yield* admin("DELETE", "/report")).status, 204)
      const again = yield* Effect.flatMap(admin("GET", "/report"), ({ body }) => decode(body))
      assert.strictEqual(again.summary.requests, 0)
    }).pipe(Effect.provide(wiring({ admin: true }))))

  it.effect("refuse invalid bodies and name the field", () =>
    Effect.gen(function*() {
      for (
        const [method, path, body, field] of [
          ["POST", "/operations", `{"duration":1}`, "total"],
          ["POST", "/operations", `{"total":-1,"duration":1}`, "total"],
          ["POST", "/operations", `{"total":1,"duration":1,"failed":2}`, "failed"],
          ["POST", "/operations", `{"total":1,"duration":-1}`, "duration"],
          ["POST", "/operations", `[]`, "body"],
          ["POST", `/operations/${unknownId}/advance`, `{"by":"soon"}`, "by"],
          ["POST", `/operations/${unknownId}/advance`, `{"by":-1}`, "by"],
          ["POST", `/operations/${unknownId}/advance`, `{"by":1}`, "operationId"],
          ["POST", "/operations/abc/advance", `{"by":1}`, "operationId"],
          ["PUT", "/faults", `{}`, "rules"],
          ["PUT", "/faults", `{"rules":[{"do":{"_tag":"Status","status":1}}]}`, "rules[0].do.status"]
        ] as const
      ) {
        const answer = yield* admin(method, path, body)
        assert.strictEqual(answer.status, 400, body)
        const refusal = yield* decodeRefusal(answer.body)
        assert.strictEqual(refusal.field, field, answer.body)
      }
    }).pipe(Effect.provide(wiring({ admin: true }))))

  it.effect("refuse a missing body and one that is not JSON", () =>
    Effect.gen(function*() {
      for (const body of ["{", "", undefined]) {
        const answer = yield* admin("PUT", "/faults", body)
        assert.strictEqual(answer.status, 400, body)
        assert.strictEqual((yield* decodeRefusal(answer.body)).field, "body")
      }
    }).pipe(Effect.provide(wiring({ admin: true }))))

  const faults = `{"rules":[{"do":{"_tag":"Status","status":503}}]}`

  it.effect.each(
    [
      [415, "text/plain"],
      [415, "application/x-www-form-urlencoded"],
      [415, null],
      [204, "application/json; charset=utf-8"],
      [204, "APPLICATION/JSON"]
    ] as const
  )("answer %d to a body of the media type %s", ([status, mediaType]) =>
    Effect.gen(function*() {
      const answer = yield* get("/_emulator/faults", { method: "PUT", body: faults, mediaType, anonymous: true })
      assert.strictEqual(answer.status, status, answer.body)
      if (status === 415) assert.include(yield* codesOf(answer), 20415)
      assert.strictEqual((yield* get(listPath)).status, status === 204 ? 503 : 200)
    }).pipe(Effect.provide(wiring({ admin: true }))))

  it.effect("and all other routes limit bodies to 1 MiB", () =>
    Effect.gen(function*() {
      const largest = faults.padEnd(1_048_576)
      for (const path of ["/_emulator/faults", listPath, "/openapi.json"]) {
        const answer = yield* get(path, { method: "PUT", body: `${largest} `, anonymous: true })
        assert.strictEqual(answer.status, 413, path)
        assert.deepEqual(yield* codesOf(answer), [20413])
      }
      assert.strictEqual((yield* get(listPath)).status, 200)
      assert.strictEqual((yield* admin("PUT", "/faults", largest)).status, 204)
      assert.strictEqual((yield* get(listPath)).status, 503)
    }).pipe(Effect.provide(wiring({ admin: true }))))
})

// `fetch` always sends its own `Host`.
describe.each(
  [
    ["in process", inProcess({ admin: true })],
    ["on a port", Layer.merge(onPort({ admin: true }), NodeHttpClient.layerNodeHttp)]
  ] as const
)("the admin routes answer, %s", (_, layer) => {
  it.effect.each(
    [
      [403, "attacker.example"],
      [403, "localhost.attacker.example:80"],
      [403, "127.0.0.1.attacker.example"],
      [403, "10.0.0.1"],
      [200, "LOCALHOST"],
      [200, "localhost:4010"],
      [200, "emulator.localhost"],
      [200, "127.0.0.1:4010"],
      [200, "[::1]:4010"]
    ] as const
  )("%d to the host %s", ([status, host]) =>
    Effect.gen(function*() {
      const answer = yield* get("/_emulator/report", { headers: { host }, anonymous: true })
      assert.strictEqual(answer.status, status, answer.body)
      if (status === 403) assert.include(yield* codesOf(answer), 20403)
      assert.strictEqual((yield* get(listPath, { headers: { host } })).status, 200)
    }).pipe(Effect.provide(layer)))
})

describe("a handler that dies", () => {
  const writes = {
    plan: { duration: Duration.zero },
    tags: "merge",
    addTwice: "created",
    deleteTwice: 404,
    readDelay: Duration.zero
  } as const

  const { served: [{ family, store }], ...others } = Stores.make({
    families: [SenderPoolOperation.family],
    seed: 1,
    operations: 3,
    senders: 0,
    newest: 0,
    span: Duration.zero,
    readDelay: Duration.zero,
    writes
  })

  const broken: typeof store = {
    ...store,
    get: () => {
      throw new Error("s3cr3t of the store")
    }
  }

  const emulator = Layer.effect(
    Emulator.Emulator,
    Effect.gen(function*() {
      const { answer, report, resetReport } = yield* Server.make({
        ...others,
        served: [{ family, store: broken }],
        writes,
        startedAt: 0,
        tokenLifetime: 1000,
        isAccount: () => true,
        authErrors: "classic",
        faults: FaultPlan.calm,
        reportLimit: 10,
        admin: false
      })
      return Emulator.Emulator.of({
        answer,
        report,
        resetReport,
        create: () => Effect.die("not here"),
        advance: () => Effect.die("not here"),
        senderIds: () => [],
        senderPools: Effect.succeed([]),
        setFaults: () => Effect.die("not here")
      })
    })
  )

  it.effect.each([["in process", inProcess], ["on a port", onPort]] as const)(
    "answers 500 in the envelope, and the server keeps running, %s",
    ([, wiring]) =>
      Effect.gen(function*() {
        for (let i = 0; i < 3; i++) {
          const answer = yield* get(fetchPath(unknownId))
          assert.strictEqual(answer.status, 500)
          assert.match(answer.headers["content-type"] ?? "", /^application\/json/)
          assert.include(answer.body, `"code":20500`)
          assert.notInclude(answer.body, "s3cr3t")
        }
        assert.strictEqual((yield* get(listPath)).status, 200)
        const { fetch } = yield* SenderPoolOperations.SenderPoolOperations
        assertTag(yield* Effect.flip(once(fetch(unknownId))), "InternalServerError")
      }).pipe(Effect.provide(wiring(undefined, emulator)))
  )
})

const Document = Schema.fromJsonString(Schema.Struct({
  openapi: Schema.String,
  paths: Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Struct({ operationId: Schema.String })))
}))

describe("the document", () => {
  it.effect("is served at /openapi.json without credentials", () =>
    Effect.gen(function*() {
      const answer = yield* get("/openapi.json", { anonymous: true })
      assert.strictEqual(answer.status, 200)
      assert.match(answer.headers["content-type"] ?? "", /^application\/json/)
      const { openapi, paths } = yield* Schema.decodeEffect(Document)(answer.body)
      assert.match(openapi, /^3\.1/)
      assert.deepEqual(
        Object.entries(paths).map(([path, methods]) => [path, Object.values(methods).map((it) => it.operationId)]),
        [
          ["/v1/SenderPools/Operations", ["listSenderPoolOperations"]],
          ["/v1/SenderPools/Operations/{operationId}", ["fetchSenderPoolOperation"]],
          ["/v1/Messages/Operations", ["listMessageOperations"]],
          ["/v1/Messages/Operations/{operationId}", ["fetchMessageOperation"]],
          ["/v1/Emails/Operations", ["listEmailOperations"]],
          ["/v1/Emails/Operations/{operationId}", ["fetchEmailOperation"]],
          ["/v1/SenderPools", ["listSenderPools", "createSenderPool"]],
          ["/v1/SenderPools/{senderPoolId}", ["fetchSenderPool", "updateSenderPool", "deleteSenderPool"]],
          ["/v1/SenderPools/{senderPoolId}/Senders", ["listSenderPoolSenders", "addSenderPoolSenders"]],
          ["/v1/SenderPools/{senderPoolId}/Senders/{senderId}", ["removeSenderPoolSender"]],
          ["/v1/Senders", ["listSenders"]],
          ["/v1/Senders/{senderId}", ["fetchSender"]],
          ["/v1/Senders/Search", ["searchSenders"]],
          ["/v1/Senders/Resolve", ["resolveSenders"]]
        ]
      )
      assert.notInclude(answer.body, "_emulator")
    }).pipe(Effect.provide(inProcess({ admin: true }))))

  it.effect("has a page at /docs that loads nothing from other hosts", () =>
    Effect.gen(function*() {
      const { body, headers, status } = yield* get("/docs", { anonymous: true })
      assert.strictEqual(status, 200)
      assert.match(headers["content-type"] ?? "", /^text\/html/)
      assert.include(body, "/v1/SenderPools/Operations")
      // What scripts hold as text is not a load; what the markup around them asks for is.
      const markup = body.replace(/<(script|style)\b([^>]*)>[\s\S]*?<\/\1>/gi, "<$1$2>")
      assert.notMatch(markup, /(?:src|href|data|srcset|action)\s*=\s*["']?\s*(?:https?:)?\/\//i)
      assert.notMatch(body, /@import\s+(?:url\()?["']?https?:/i)
      assert.notMatch(body, /url\(\s*["']?(?:https?:)?\/\//i)
      assert.include(body.toLowerCase(), "swagger")
    }).pipe(Effect.provide(inProcess())))
})

describe("an emulator", () => {
  const token = Redacted.value(Emulator.defaultCredentials.authToken)

  it.effect("has a default token that looks like one, and that the client scrubs", () =>
    Effect.gen(function*() {
      assert.match(token, /^[0-9a-f]{32}$/)
      const { list } = yield* SenderPoolOperations.SenderPoolOperations
      const error = assertTag(yield* Effect.flip(list()), "UnexpectedStatus")
      assert.include(error.excerpt, "You sent ")
      assert.notInclude(error.message + JSON.stringify(error), token)
    }).pipe(
      Effect.provide(inProcess(rules({ do: { _tag: "Status", status: 418, body: `You sent ${token}.` } })))
    ))

  it.effect("answers for any host in process", () =>
    Effect.gen(function*() {
      const http = yield* HttpClient.HttpClient
      const response = yield* http.get("https://comms.twilio.com/openapi.json")
      assert.strictEqual(response.status, 200)
    }).pipe(Effect.provide(inProcess())))

  it.effect("serves the real client with one layer", () =>
    Effect.gen(function*() {
      const { list } = yield* SenderPoolOperations.SenderPoolOperations
      assert.lengthOf((yield* list()).operations, 3)
    }).pipe(
      Effect.provide(
        SenderPoolOperations.layer.pipe(
          Layer.provide(Emulator.layerClient),
          Layer.provide(Emulator.layer({ operations: 3 }))
        )
      )
    ))

  it.effect("closes its port when its layer ends", () =>
    Effect.gen(function*() {
      const url = yield* Effect.provide(
        Effect.gen(function*() {
          const { url } = yield* Target
          assert.strictEqual((yield* get(listPath)).status, 200)
          return url
        }),
        onPort(),
        { local: true }
      )
      const error = yield* Effect.flip(
        Effect.flatMap(HttpClient.HttpClient, (http) => http.get(url + listPath))
      ).pipe(Effect.provide(onPort()))
      assert.strictEqual(error.reason._tag, "TransportError")
      assert.isTrue(Option.isNone(Option.fromUndefinedOr(error.response)))
    }))
})
