import { NodeHttpServer, NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { ChildProcess } from "effect/process"
import { createServer } from "node:http"

const run = Effect.fnUntraced(function*(name: string, env: Record<string, string>) {
  const file = new URL(`../src/${name}`, import.meta.url).pathname
  const child = yield* ChildProcess.make("node", [file], { env, extendEnv: true })
  const [output, code] = yield* Effect.all([
    child.all.pipe(Stream.decodeText, Stream.mkString),
    child.exitCode
  ], { concurrency: 2 })
  return { output, code }
}, Effect.scoped)

const Value = Schema.Struct({
  stringValue: Schema.optionalKey(Schema.String),
  intValue: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.FiniteFromString]))
})

const Attributes = Schema.Array(Schema.Struct({ key: Schema.String, value: Value }))

const decodeTraces = Schema.decodeUnknownEffect(Schema.Struct({
  resourceSpans: Schema.Array(Schema.Struct({
    scopeSpans: Schema.Array(Schema.Struct({
      spans: Schema.Array(Schema.Struct({
        name: Schema.String,
        spanId: Schema.String,
        parentSpanId: Schema.optionalKey(Schema.String),
        attributes: Attributes
      }))
    }))
  }))
}))

const decodeMetrics = Schema.decodeUnknownEffect(Schema.Struct({
  resourceMetrics: Schema.Array(Schema.Struct({
    scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(Schema.Struct({ name: Schema.String })) }))
  }))
}))

/** Starts a collector on a local port. `bodies` returns the request bodies that it received at a path. */
const makeCollector = Effect.gen(function*() {
  const received: Array<{ readonly path: string; readonly body: unknown }> = []
  const { address } = yield* HttpServer.HttpServer
  yield* HttpServer.serveEffect(Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    received.push({ path: request.url, body: yield* request.json })
    return HttpServerResponse.jsonUnsafe({})
  }))
  const bodies = (path: string) => received.filter((entry) => entry.path === path).map(({ body }) => body)
  return { endpoint: "port" in address ? `http://127.0.0.1:${address.port}` : "", bodies }
})

it.live("prints a span for each call and each attempt, and the metrics", () =>
  Effect.gen(function*() {
    const { code, output } = yield* run("observe.ts", {})
    assert.strictEqual(code, 0, output)
    const lines = output.split("\n")
    assert.lengthOf(lines.filter((line) => line.startsWith("SenderPoolOperations.")), 4)
    const attempts = lines.filter((line) => line.startsWith("  CommsClient.attempt"))
    assert.deepStrictEqual(attempts.map((line) => /resend_count=(\d)/.exec(line)?.[1]), ["0", "0", "1", "0", "0", "1"])
    assert.deepStrictEqual(
      attempts.map((line) => /status_code=(\d+)/.exec(line)?.[1]),
      ["200", "429", "200", "200", "503", "404"]
    )
    assert.deepStrictEqual(attempts.flatMap((line) => /retry_after_ms=(\d+)/.exec(line)?.[1] ?? []), ["1000"])
    assert.deepStrictEqual(lines.filter((line) => line.startsWith("comms_client_retries")), [
      "comms_client_retries  call=SenderPoolOperations.fetch reason=ServiceUnavailable  1",
      "comms_client_retries  call=SenderPoolOperations.list reason=TooManyRequests  1"
    ])
    assert.include(lines, "comms_client_requests  call=SenderPoolOperations.list outcome=TooManyRequests  1")
  }).pipe(Effect.provide(NodeServices.layer)))

it.live("sends spans and metrics over OTLP", () =>
  Effect.gen(function*() {
    const { bodies, endpoint } = yield* makeCollector
    const { code, output } = yield* run("otlp.ts", { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
    assert.strictEqual(code, 0, output)
    assert.include(output, endpoint)

    const traces = yield* Effect.forEach(bodies("/v1/traces"), (body) => decodeTraces(body))
    const spans = traces
      .flatMap(({ resourceSpans }) => resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap(({ spans }) => spans)
    const calls = spans.filter(({ name }) => name.startsWith("SenderPoolOperations."))
    assert.deepStrictEqual(calls.map(({ name }) => name), [
      "SenderPoolOperations.list",
      "SenderPoolOperations.list",
      "SenderPoolOperations.fetch",
      "SenderPoolOperations.fetch"
    ])
    const attempts = spans.filter(({ name }) => name === "CommsClient.attempt")
    const valuesOf = (key: string) =>
      attempts.map(({ attributes }) => Number(attributes.find((attribute) => attribute.key === key)?.value.intValue))
    assert.deepStrictEqual(valuesOf("http.request.resend_count"), [0, 0, 1, 0, 0, 1])
    assert.deepStrictEqual(valuesOf("http.response.status_code"), [200, 429, 200, 200, 503, 404])
    const callIds = calls.map(({ spanId }) => spanId)
    for (const { parentSpanId = "" } of attempts) assert.include(callIds, parentSpanId)

    const metrics = yield* Effect.forEach(bodies("/v1/metrics"), (body) => decodeMetrics(body))
    const names = metrics
      .flatMap(({ resourceMetrics }) => resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics.map(({ name }) => name))
    assert.includeMembers(names, ["comms_client_requests", "comms_client_retries", "comms_client_waited_milliseconds"])
  }).pipe(
    Effect.provide([NodeServices.layer, NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })])
  ))

it.live("names the endpoint if nothing was received", () =>
  Effect.gen(function*() {
    const { code, output } = yield* run("otlp.ts", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" })
    assert.strictEqual(code, 1)
    assert.include(output, "Nothing was received at http://127.0.0.1:1")
  }).pipe(Effect.provide(NodeServices.layer)))
