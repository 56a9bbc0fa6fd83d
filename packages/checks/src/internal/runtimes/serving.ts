// Servers for the runtimes that have no command line.
import { NodeHttpServer } from "@effect/platform-node"
import { Context, Deferred, Effect, FileSystem, Layer, Path, Schema } from "effect"
import {
  FetchHttpClient,
  HttpClient,
  HttpClientRequest,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import { createServer } from "node:http"
import { rolldown } from "rolldown"
import type { Input } from "../../../runtimes/program.ts"

/** Bundles a module of the project with the installed packages. */
export const bundle = Effect.fnUntraced(function*(directory: string, name: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { output: [{ code }] } = yield* Effect.promise(async () => {
    const build = await rolldown({ input: path.join(directory, "js", `${name}.js`), platform: "browser" })
    return build.generate({ format: "esm", codeSplitting: false })
  })
  const file = path.join(directory, `${name}.bundle.js`)
  yield* fs.writeFileString(file, code)
  return { code, file }
})

/** Serves a handler on a free port of the loopback interface until the scope ends. Returns its URL. */
const serve = Effect.fnUntraced(function*<E, R>(
  handle: (request: HttpServerRequest.HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
) {
  const server = yield* Layer.build(Layer.fresh(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })))
  const http = Context.get(server, HttpServer.HttpServer)
  yield* http.serve(Effect.flatMap(HttpServerRequest.HttpServerRequest, handle))
  return HttpServer.formatAddress(http.address)
})

/** A free port of the loopback interface. */
export const findPort = Effect.scoped(
  Effect.map(serve(() => Effect.succeed(HttpServerResponse.empty())), (url) => Number(new URL(url).port))
)

/** Permits pages of other origins to send credentials, and no other header that needs permission. */
const permitOrigins = (target: string) =>
  serve((request) =>
    Effect.gen(function*() {
      const permission = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization" }
      if (request.method === "OPTIONS") return HttpServerResponse.empty({ headers: permission })
      const response = yield* HttpClient.execute(
        HttpClientRequest.get(`${target}${request.url}`, {
          headers: { authorization: request.headers["authorization"] ?? "" }
        })
      )
      return HttpServerResponse.text(yield* response.text, {
        status: response.status,
        headers: permission,
        contentType: response.headers["content-type"] ?? ""
      })
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

const decodeJson = Schema.decodeEffect(Schema.fromJsonString(Schema.Json))

/** Serves a page that runs the program in a browser. The page and the API have different origins. */
export const servePage = Effect.fnUntraced(function*(code: string, input: Input) {
  const output = yield* Deferred.make<Schema.Json>()
  const baseUrl = yield* permitOrigins(input.baseUrl)
  const url = yield* serve((request) =>
    Effect.gen(function*() {
      switch (request.url) {
        case "/":
          return HttpServerResponse.text("<!doctype html><script type=module src=/page.js></script>", {
            contentType: "text/html"
          })
        case "/page.js":
          return HttpServerResponse.text(code, { contentType: "text/javascript" })
        case "/input":
          return HttpServerResponse.jsonUnsafe({ ...input, baseUrl })
        case "/output":
          yield* Deferred.succeed(output, yield* decodeJson(yield* request.text))
          return HttpServerResponse.empty()
        default:
          return HttpServerResponse.empty({ status: 404 })
      }
    })
  )
  return { url, output: Deferred.await(output) }
})
