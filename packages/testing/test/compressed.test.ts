import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import { Emulator } from "@effect-comms/testing"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { FetchHttpClient, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import { Readable } from "node:stream"
import { brotliCompressSync, createGzip, deflateSync, gzipSync } from "node:zlib"

const id = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

const body = JSON.stringify({
  id,
  status: "COMPLETED",
  stats: { total: 1, queued: 0, created: 1, failed: 0 },
  createdAt: "2024-04-05T06:20:00Z",
  updatedAt: "2024-04-05T06:20:00Z"
})

const compressed = { gzip: gzipSync(body), br: brotliCompressSync(body), deflate: deflateSync(body) }

type Encoding = keyof typeof compressed

const transports = [
  ["fetch", FetchHttpClient.layer],
  ["undici", NodeHttpClient.layerUndici],
  ["node:http", NodeHttpClient.layerNodeHttp]
] as const

/** Fetches an operation from a server. */
const fetchFrom = (
  answer: (request: HttpServerRequest.HttpServerRequest) => HttpServerResponse.HttpServerResponse,
  transport: (typeof transports)[number][1]
) =>
  Effect.gen(function*() {
    yield* HttpServer.serveEffect(Effect.map(HttpServerRequest.HttpServerRequest, answer))
    const baseUrl = yield* HttpServer.addressFormattedWith(Effect.succeed)
    const client = SenderPoolOperations.layer.pipe(
      Layer.provide(CommsClient.layer({ baseUrl, credentials: Emulator.defaultCredentials })),
      Layer.provide(transport)
    )
    return yield* Effect.flatMap(SenderPoolOperations.SenderPoolOperations, ({ fetch }) => fetch(id)).pipe(
      Effect.provide(client)
    )
  }).pipe(Effect.scoped, Effect.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })))

const encoded = (encoding: Encoding) =>
  HttpServerResponse.uint8Array(compressed[encoding], { headers: { "content-encoding": encoding } })

describe.each(transports)("over %s", (name, transport) => {
  it.live("a server that compresses on request sends plain text", () =>
    Effect.gen(function*() {
      const operation = yield* fetchFrom(
        ({ headers }) =>
          headers["accept-encoding"]?.includes("gzip") === true ? encoded("gzip") : HttpServerResponse.text(body),
        transport
      )
      assert.strictEqual(operation.id, id)
    }))

  it.live.each(["gzip", "br", "deflate"] as const)(
    "a body that is compressed with %s unasked is read or named",
    (encoding) =>
      Effect.gen(function*() {
        const result = yield* Effect.result(fetchFrom(() => encoded(encoding), transport))
        if (name === "fetch") return assert.strictEqual(result._tag, "Success")
        const error = result._tag === "Failure" ? result.failure : assert.fail("It was read")
        assert.include(error.message, "The body is compressed, which the request does not accept.")
      })
  )
})

describe("a compressed body that never ends", () => {
  it.live("is counted after decompression, and abandoned at the limit", () =>
    Effect.gen(function*() {
      const zeros = Buffer.alloc(1 << 20, 0x30)
      let sent = 0
      const source = Readable.from(
        (function*() {
          for (;;) {
            sent++
            yield zeros
          }
        })()
      ).pipe(createGzip())
      const error = yield* Effect.flip(fetchFrom(
        () =>
          HttpServerResponse.stream(
            Stream.fromAsyncIterable(source, (cause) => cause),
            { contentType: "application/json", headers: { "content-encoding": "gzip" } }
          ),
        FetchHttpClient.layer
      ))
      source.destroy()
      assert.include(error.message, "The body is larger than the limit of 16777216 bytes.")
      // The rest is in the buffers of the connection.
      assert.isAtMost(sent, 1000)
    }))
})
