import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Net from "node:net"
import { inProcess } from "./utils/inProcess.ts"

const takenPort = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly server: Net.Server }>((resume) => {
    const server = Net.createServer()
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed({ port: typeof address === "object" && address !== null ? address.port : 0, server }))
    })
  }),
  ({ server }) => Effect.sync(() => server.close())
)

layer(NodeServices.layer, { excludeTestServices: true })("comms emulator", (it) => {
  it.effect("names the port that is in use, and the flag", () =>
    Effect.gen(function*() {
      const { port } = yield* takenPort
      const { code, stderr, stdout } = yield* inProcess(["emulator", "--port", String(port)])
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(
        stderr,
        new RegExp(
          `^Error: --port: Cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*\\.\n` +
            ` {2}Do: {2}Choose another port than ${port} with --port\\. --port 0 picks a free one\\.\n$`
        )
      )
    }))
})
