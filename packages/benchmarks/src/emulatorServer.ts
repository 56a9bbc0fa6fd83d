import { Emulator } from "@effect-comms/testing"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import * as Worker from "./internal/worker.ts"
import { total } from "./internal/workload.ts"

const program = Effect.gen(function*() {
  const { url } = yield* Emulator.Address
  yield* Worker.serve(url, Effect.succeed)
})

const layer = Emulator.layerServer().pipe(
  Layer.provide(Emulator.layer({ operations: total })),
  Layer.merge(NodeServices.layer)
)

program.pipe(Effect.provide(layer), NodeRuntime.runMain)
