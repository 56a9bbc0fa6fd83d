import { type Feed, SenderPoolOperations } from "@effect-comms/client"
import { type FeedCheckpoint, Operation, type SenderPoolOperation } from "@effect-comms/domain"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, DateTime, Effect, Option, Queue, Schema, Stdio, Stream } from "effect"
import { memoryUsage } from "node:process"
import { layerClient } from "./internal/client.ts"
import { Delivered, Held } from "./internal/soak.ts"
import * as Worker from "./internal/worker.ts"

const encodeDelivered = Schema.encodeEffect(Delivered)

const encodeHeld = Schema.encodeEffect(Held)

type Chunk = ReadonlyArray<Feed.Change<SenderPoolOperation.SenderPoolOperation>>

const program = Effect.gen(function*() {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  const chunks = yield* Queue.bounded<Chunk>(1)
  let known = 0
  // The feed makes a checkpoint after every chunk and after every round, so chunks are subtracted.
  let rounds = 0
  const checkpoint = (checkpoint: FeedCheckpoint.FeedCheckpoint) =>
    Effect.sync(() => {
      known = checkpoint.known.length
      rounds++
    })
  const since = DateTime.subtract(yield* DateTime.now, { days: 8 })
  const run = operations.changes({ since }, { interval: "2 seconds", checkpoint }).pipe(
    Stream.runForEachArray((chunk) => {
      rounds--
      return Queue.offer(chunks, chunk)
    }),
    Effect.tapCause((cause) => Effect.logError(Cause.pretty(cause)))
  )
  const next = Effect.map(
    Effect.timeoutOption(Queue.take(chunks), "1 second"),
    Option.match({
      onNone: () => [],
      onSome: (chunk: Chunk) => chunk.map(({ operation }) => [operation.id, Operation.version(operation)] as const)
    })
  )
  const held = Effect.sync(() => {
    globalThis.gc?.()
    return { rounds, heap: memoryUsage().heapUsed, known }
  })
  yield* Worker.serve("ready", (line) => {
    switch (line) {
      case "begin":
        return Effect.as(Effect.forkDetach(run), "begun")
      case "held":
        return Effect.flatMap(held, encodeHeld)
      default:
        return Effect.flatMap(next, encodeDelivered)
    }
  })
})

Stdio.Stdio.use(({ args }) => args).pipe(
  Effect.flatMap(([baseUrl = ""]) => Effect.provide(program, layerClient({ baseUrl }))),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
