import { Emulator } from "@effect-comms/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { envOf } from "./utils/comms.ts"
import { inProcess } from "./utils/inProcess.ts"

const serve = Effect.gen(function*() {
  const context = yield* Layer.build(Emulator.layerServer().pipe(Layer.provideMerge(Emulator.layer())))
  const { report } = Context.get(context, Emulator.Emulator)
  return {
    env: envOf(Context.get(context, Emulator.Address).url),
    urls: Effect.map(report, ({ requests }) => requests.map(({ url }) => url))
  }
})

layer(NodeServices.layer, { excludeTestServices: true })("flags", (it) => {
  it.effect("--status takes a status in lower case, and help shows it in capitals", () =>
    Effect.gen(function*() {
      const { env, urls } = yield* serve
      const list = ["operations", "list", "--limit", "1", "--status"]
      for (const status of ["completed", "Completed", "COMPLETED"]) {
        assert.strictEqual((yield* inProcess([...list, status], env)).code, 0)
      }
      for (const url of yield* urls) assert.include(url, "status=COMPLETED&")
      const wrong = yield* inProcess([...list, "done"], env)
      assert.include(wrong.stderr, "\"PROCESSING\" | \"COMPLETED\"")
      const help = yield* inProcess(["operations", "list", "--help"])
      assert.match(
        help.stdout.replace(/\s+/g, " "),
        /--status STATUS .*\(choices: SCHEDULED, PROCESSING, COMPLETED, CANCELED\)/
      )
    }))
})
