import { SenderPoolOperations } from "@effect-comms/client"
import { Emulator } from "@effect-comms/testing"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect, Layer, Stream } from "effect"
import { layerClient } from "./internal/client.ts"
import * as Rounds from "./internal/rounds.ts"

const pages = 40

const pageSize = 5

const each = Duration.millis(50)

const goal = 0.55

/** Streams the list, and processes each page for as long as the server takes to send one. */
const walk = Effect.fnUntraced(function*(prefetch: number) {
  const { stream } = yield* SenderPoolOperations.SenderPoolOperations
  const items = yield* stream({ pageSize }, { prefetch }).pipe(
    Stream.chunks,
    Stream.tap(() => Effect.sleep(each)),
    Stream.runFold(() => 0, (sum, chunk) => sum + chunk.length)
  )
  if (items !== pages * pageSize) {
    return yield* new Rounds.Failed({
      message: `A stream delivered ${items} operations instead of ${pages * pageSize}.`
    })
  }
})

const program = Effect.gen(function*() {
  const timings = yield* Rounds.compete([
    { name: "prefetch 0", run: walk(0) },
    { name: "prefetch 1", run: walk(1) }
  ], { warmUps: 1, rounds: 7 })
  yield* Console.log(
    `\n${pages} pages, ${Duration.format(each)} each to send and to process\n${
      Rounds.table(timings, { unit: "pages", count: pages, against: ["prefetch 0"] })
    }\n`
  )
  const [sequential, ahead] = timings.map(({ median }) => median)
  const ratio = (ahead ?? Number.NaN) / (sequential ?? Number.NaN)
  if (!(ratio <= goal)) {
    return yield* new Rounds.Failed({
      message: `With prefetching, a stream took ${ratio.toFixed(3)} of the time. The goal is at most ${goal}.`
    })
  }
})

const layer = Layer.unwrap(Effect.map(Emulator.Address, ({ url }) => layerClient({ baseUrl: url }))).pipe(
  Layer.provide(Emulator.layerServer()),
  Layer.provide(
    Emulator.layer({
      operations: pages * pageSize,
      faults: { rules: [{ do: { _tag: "Delay", duration: each } }] }
    })
  )
)

program.pipe(Effect.provide(layer), NodeRuntime.runMain)
