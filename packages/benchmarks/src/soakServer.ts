import { Emulator } from "@effect-comms/testing"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { DateTime, Effect, Layer } from "effect"
import { operations } from "./internal/soak.ts"
import * as Worker from "./internal/worker.ts"

const program = Effect.gen(function*() {
  const { url } = yield* Emulator.Address
  yield* Worker.serve(url, Effect.succeed)
})

// The newest operation is old enough that no generated operation changes during the run.
const emulator = Effect.map(
  DateTime.now,
  (now) =>
    Emulator.layer({
      operations,
      newest: DateTime.subtract(now, { hours: 1 }),
      faults: "hostile",
      admin: true,
      reportLimit: 0
    })
)

const layer = Emulator.layerServer().pipe(
  Layer.provide(Layer.unwrap(emulator)),
  Layer.merge(NodeServices.layer)
)

program.pipe(Effect.provide(layer), NodeRuntime.runMain)
