// A few calls to an emulator in the same process, which rejects two requests.
import { SenderPoolOperations } from "@effect-comms/client"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { Effect, Layer, Stream } from "effect"

const faults: FaultPlan.FaultPlan = {
  rules: [
    { name: "too many", when: { nth: [2] }, do: { _tag: "Status", status: 429, retryAfter: 1 } },
    { name: "unavailable", when: { nth: [4] }, do: { _tag: "Status", status: 503 } }
  ]
}

/** Lists some operations, fetches one of them, and fetches one that does not exist. */
export const fewCalls = Effect.gen(function*() {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  const ids = yield* operations.stream({ pageSize: 5 }, { prefetch: 0 }).pipe(
    Stream.map(({ id }) => id),
    Stream.take(8),
    Stream.runCollect
  )
  yield* Effect.forEach(ids.slice(0, 1), operations.fetch)
  yield* operations.fetch("comms_operation_00000000000000000000000000").pipe(
    Effect.catchTag("NotFound", () => Effect.void)
  )
})

export const layer = SenderPoolOperations.layer.pipe(
  Layer.provide(Emulator.layerClient),
  Layer.provide(Emulator.layer({ operations: 20, faults }))
)
