import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import type { Connection } from "./model.ts"

export interface Options {
  readonly host: string
  readonly port: number
  readonly answer: (
    request: HttpServerRequest.HttpServerRequest,
    connection: Connection<never>
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse>
}

// The end of the layer does not wait for clients that keep their connections open.
const server = Effect.acquireRelease(
  Effect.sync(() => Http.createServer()),
  (server) =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
)

const bind = (server: Http.Server, { host, port }: Options) =>
  Effect.callback<number, NodeJS.ErrnoException>((resume) => {
    server.once("error", (error) => resume(Effect.fail(error)))
    server.listen({ host, port }, () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

// The connection closes after all written bytes are sent. Headers are written with the first piece of a body, so a body
// that closes the connection immediately closes it before the answer.
const connectionOf = (request: HttpServerRequest.HttpServerRequest): Connection<never> => {
  const closeWithin = Effect.andThen(
    Effect.sync(() => NodeHttpServerRequest.toIncomingMessage(request).socket.destroySoon()),
    Effect.never
  )
  return {
    closeWithin,
    closeBefore: Effect.succeed(HttpServerResponse.stream(Stream.fromEffect(closeWithin)))
  }
}

/** Listens until the scope ends, and returns the port. */
export const listen = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<number, NodeJS.ErrnoException, Scope.Scope> {
  const http = yield* server
  const scope = yield* Effect.scope
  // Handlers are not interruptible by default, and a delayed answer would outlive its client and the layer.
  const app = Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    (request) => Effect.interruptible(options.answer(request, connectionOf(request)))
  )
  http.on("request", yield* NodeHttpServer.makeHandler(app, { scope }))
  return yield* bind(http, options)
})
