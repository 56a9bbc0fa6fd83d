import { Effect } from "effect"
import * as Http from "node:http"
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import * as Tls from "node:tls"

const listen = <S extends Net.Server>(server: S) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () => Effect.sync(() => server.close())
  )

const pipe = (one: Duplex, other: Duplex) => {
  for (const [from, to] of [[one, other], [other, one]] as const) {
    from.on("error", () => to.destroy())
    from.pipe(to)
  }
}

/** A server with TLS in front of a port. */
export const secure = (port: number, options: Tls.TlsOptions) =>
  listen(Tls.createServer(options, (socket) => pipe(socket, Net.connect(port, "127.0.0.1"))))

/** A proxy that reaches one port, whatever host a request names, and its requests. */
export const proxy = Effect.fnUntraced(function*(port: number) {
  const requests: Array<{ readonly line: string; readonly authorization: string | undefined }> = []
  const record = ({ headers, method, url }: Http.IncomingMessage) => {
    requests.push({ line: `${method} ${url}`, authorization: headers["proxy-authorization"] })
  }
  const server = Http.createServer((request, response) => {
    record(request)
    const { headers, method, url = "" } = request
    const { pathname, search } = new URL(url)
    const options = { host: "127.0.0.1", port, method: method ?? "GET", path: pathname + search, headers }
    request.pipe(Http.request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    }))
  })
  server.on("connect", (request, socket, head) => {
    record(request)
    const target = Net.connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
      target.write(head)
    })
    pipe(socket, target)
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
  return { port: yield* listen(server), requests }
})
