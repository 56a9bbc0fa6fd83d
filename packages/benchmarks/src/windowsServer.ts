import { Emulator } from "@effect-comms/testing"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Duration, Effect, Layer, Stdio } from "effect"
import { delay, newest, operations } from "./internal/windows.ts"
import * as Worker from "./internal/worker.ts"

const program = Effect.gen(function*() {
  const { report, resetReport } = yield* Emulator.Emulator
  const { url } = yield* Emulator.Address
  yield* Worker.serve(url, () =>
    report.pipe(
      Effect.map(({ summary }) => String(summary.requests)),
      Effect.tap(resetReport)
    ))
})

const emulator = Effect.map(Stdio.Stdio.use(({ args }) => args), ([hours = ""]) =>
  Emulator.layer({
    operations,
    newest: new Date(newest),
    span: Duration.hours(Number(hours)),
    faults: { rules: [{ do: { _tag: "Delay", duration: Duration.millis(delay) } }] }
  }))

const layer = Emulator.layerServer().pipe(
  Layer.provideMerge(Layer.unwrap(emulator)),
  Layer.provideMerge(NodeServices.layer)
)

program.pipe(Effect.provide(layer), NodeRuntime.runMain)
