import { Emulator } from "@effect-comms/testing"
import { DateTime, Duration, Effect, Layer, Schema } from "effect"
import { createServer, type RequestListener } from "node:http"
import { pages } from "./internal/sample.ts"
import { Served } from "./internal/sixty.ts"
import * as Soak from "./internal/soak.ts"
import * as Windows from "./internal/windows.ts"
import * as Worker from "./internal/worker.ts"
import { path } from "./internal/workload.ts"

const encodeServed = Schema.encodeEffect(Served)

/** Serves until the input ends. */
const serveNode = Effect.fnUntraced(function*(listener: RequestListener) {
  const server = createServer(listener)
  const baseUrl = yield* Effect.callback<string>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(
        typeof address === "object" && address !== null
          ? Effect.succeed(`http://127.0.0.1:${address.port}`)
          : Effect.die(new Error("The server has no port."))
      )
    })
  })
  yield* Worker.serve(baseUrl, Effect.succeed)
  server.close()
  server.closeAllConnections()
})

const headersOf = (body: Buffer) => ({ "content-type": "application/json", "content-length": body.length })

/** Serves any operation by its id. */
const serveSingle = Effect.suspend(() => {
  const rest = JSON.stringify(pages[0]?.operations[0]).replace(/^\{"id":"[^"]*"/, "")
  return serveNode((request, response) => {
    const body = Buffer.from(`{"id":"${request.url?.slice(path.length + 1)}"${rest}`)
    response.writeHead(200, headersOf(body)).end(body)
  })
})

/** Serves static bodies, so that the server takes as little time as possible. */
const serveStatic = Effect.suspend(() => {
  const bodies = new Map(pages.map((page) => [page.pagination.self, Buffer.from(JSON.stringify(page))]))
  const first = pages[0]?.pagination.self ?? ""
  return serveNode((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost")
    const body = url.pathname === path ? bodies.get(url.searchParams.get("pageToken") ?? first) : undefined
    if (body === undefined) response.writeHead(404).end()
    else response.writeHead(200, headersOf(body)).end(body)
  })
})

const serveUrl = Effect.flatMap(Emulator.Address, ({ url }) => Worker.serve(url, Effect.succeed))

const serveRequests = Effect.gen(function*() {
  const { report, resetReport } = yield* Emulator.Emulator
  const { url } = yield* Emulator.Address
  yield* Worker.serve(url, () =>
    report.pipe(
      Effect.map(({ summary }) => String(summary.requests)),
      Effect.tap(resetReport)
    ))
})

const serveOne = Effect.gen(function*() {
  const { create, report } = yield* Emulator.Emulator
  const { url } = yield* Emulator.Address
  const { id } = yield* create({ total: 1, duration: Duration.zero })
  yield* Worker.serve(`${url} ${id}`, () =>
    Effect.flatMap(
      report,
      ({ summary }) => encodeServed({ requests: summary.requests, tooMany: summary.tooManyRequests })
    ))
})

const layer = (options: Emulator.Options) => Emulator.layerServer().pipe(Layer.provideMerge(Emulator.layer(options)))

Worker.main({
  static: () => serveStatic,
  single: () => serveSingle,
  emulator: (operations) => Effect.provide(serveUrl, layer({ operations: Number(operations) })),
  sixty: () => Effect.provide(serveOne, layer({ faults: "rate-limited" })),
  windows: (hours) =>
    Effect.provide(
      serveRequests,
      layer({
        operations: Windows.operations,
        newest: new Date(Windows.newest),
        span: Duration.hours(Number(hours)),
        faults: { rules: [{ do: { _tag: "Delay", duration: Duration.millis(Windows.delay) } }] }
      })
    ),
  // The newest operation is old enough that no generated operation changes during the run.
  soak: () =>
    Effect.flatMap(DateTime.now, (now) =>
      Effect.provide(
        serveUrl,
        layer({
          operations: Soak.operations,
          newest: DateTime.subtract(now, { hours: 1 }),
          faults: "hostile",
          admin: true,
          reportLimit: 0
        })
      ))
})
