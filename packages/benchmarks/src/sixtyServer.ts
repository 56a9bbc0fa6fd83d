import { Emulator } from "@effect-comms/testing"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Duration, Effect, Layer, Schema } from "effect"
import { Served } from "./internal/sixty.ts"
import * as Worker from "./internal/worker.ts"

const encode = Schema.encodeEffect(Served)

const program = Effect.gen(function*() {
  const emulator = yield* Emulator.Emulator
  const { url } = yield* Emulator.Address
  const { id } = yield* emulator.create({ total: 1, duration: Duration.zero })
  yield* Worker.serve(`${url} ${id}`, () =>
    Effect.flatMap(
      emulator.report,
      ({ summary }) => encode({ requests: summary.requests, tooMany: summary.tooManyRequests })
    ))
})

const layer = Emulator.layerServer().pipe(
  Layer.provideMerge(Emulator.layer({ faults: "rate-limited" })),
  Layer.merge(NodeServices.layer)
)

program.pipe(Effect.provide(layer), NodeRuntime.runMain)
