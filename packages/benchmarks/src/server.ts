import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { createServer } from "node:http"
import { pages } from "./internal/sample.ts"
import * as Worker from "./internal/worker.ts"
import { path } from "./internal/workload.ts"

const bodies = new Map(pages.map((page) => [page.pagination.self, Buffer.from(JSON.stringify(page))]))

const first = pages[0]?.pagination.self ?? ""

const program = Effect.gen(function*() {
  const server = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createServer((request, response) => {
        const url = new URL(request.url ?? "/", "http://localhost")
        const body = url.pathname === path ? bodies.get(url.searchParams.get("pageToken") ?? first) : undefined
        if (body === undefined) {
          response.writeHead(404).end()
        } else {
          response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body)
        }
      })
    ),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
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
})

program.pipe(Effect.scoped, Effect.provide(NodeServices.layer), NodeRuntime.runMain)
