import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, FileSystem, Layer } from "effect"
import { layer as layerComms } from "./utils/comms.ts"
import { serve } from "./utils/emulator.ts"
import { exists, fileIn, filesOf } from "./utils/files.ts"
import { interrupt } from "./utils/interrupt.ts"

layer(Layer.provideMerge(layerComms, NodeServices.layer), { excludeTestServices: true, timeout: "3 minutes" })(
  "signals",
  (it) => {
    it.effect.each([["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]] as const)(
      "%s keeps the checkpoint, removes its lock, and exits with 128 and its number",
      ([signal, code]) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const { create, env } = yield* serve()
          const { id } = yield* create({ total: 40, duration: Duration.hours(1) })
          const file = yield* fileIn(`${signal}.ndjson`)
          const args = ["operations", "watch", "--interval", "100ms", "--checkpoint", file, id]
          const ran = yield* interrupt(args, env, () => exists(file), signal)
          assert.strictEqual(ran.code, code)
          assert.include(ran.stderr, `Interrupted. To resume: comms ${args.join(" ")}`)
          assert.include(yield* fs.readFileString(file), id)
          assert.deepStrictEqual(yield* filesOf(file), [`${signal}.ndjson`])
        })
    )
  }
)
