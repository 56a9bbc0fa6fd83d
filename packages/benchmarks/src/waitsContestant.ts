// Runs one case of the benchmark `waits` in virtual time, and prints the result.
import { SenderPoolOperations } from "@effect-comms/client"
import { NodeRuntime } from "@effect/platform-node"
import { Console, DateTime, Duration, Effect, Schema, Stream } from "effect"
import { argv, cpuUsage, memoryUsage } from "node:process"
import { run, type VirtualClock } from "./internal/pace/virtualTime.ts"
import { Result } from "./internal/waits/result.ts"
import * as Server from "./internal/waits/server.ts"

const minute = 60_000

class NoSuchCase extends Schema.TaggedError<NoSuchCase>()("NoSuchCase", { name: Schema.String }) {}

interface Case {
  /** How long each of the operations takes. */
  readonly duration: (n: number, count: number) => number
  readonly run: (
    operations: ReadonlyArray<Server.Operation>,
    service: SenderPoolOperations.Service
  ) => Effect.Effect<number, unknown>
}

// They end one after the other, from the fifth minute to the fifteenth.
const spread = (n: number, count: number) => 5 * minute + n * 10 * minute / count

const cases: Readonly<Record<string, Case>> = {
  awaitCompletion: {
    duration: spread,
    run: (operations, { awaitCompletion }) =>
      Effect.map(
        Effect.forEach(operations, ({ id }) => awaitCompletion(id), { concurrency: "unbounded" }),
        (outcomes) => outcomes.length
      )
  },
  watchMany: {
    duration: spread,
    run: (operations, { watchMany }) =>
      watchMany(operations.map(({ id }) => id)).pipe(
        Stream.filter((event) => event._tag === "Changed" && event.snapshot.operation.isTerminal),
        Stream.runCount
      )
  },
  changes: {
    duration: () => 60 * minute,
    run: (operations, { changes }) =>
      Effect.gen(function*() {
        const ids = new Set<string>()
        const start = operations[0]?.start ?? 0
        yield* changes({ since: DateTime.makeUnsafe(start - minute) }).pipe(
          Stream.runForEach(({ operation }) => Effect.sync(() => void ids.add(operation.id))),
          Effect.timeoutOption(Duration.minutes(10))
        )
        return ids.size
      })
  }
}

const collect = Effect.sync(() => {
  const before = cpuUsage()
  globalThis.gc?.()
  const { system, user } = cpuUsage(before)
  return { heap: memoryUsage().heapUsed, cpu: user + system }
})

const measure = Effect.fnUntraced(function*(clock: VirtualClock, { duration, run }: Case, count: number) {
  const log = Server.makeLog()
  const operations = Server.operationsAt(clock.currentTimeMillisUnsafe(), count, (n) => duration(n, count))
  const collections: Array<{ readonly heap: number; readonly cpu: number }> = []
  const collectAfter = (delay: Duration.Input) =>
    Effect.forkChild(Effect.delay(Effect.map(collect, (collection) => collections.push(collection)), delay))
  const before = cpuUsage()
  const delivered = yield* Effect.gen(function*() {
    const service = yield* SenderPoolOperations.SenderPoolOperations
    yield* Effect.forEach(["10 seconds", "1 minute", "4 minutes"] as const, collectAfter)
    return yield* run(operations, service)
  }).pipe(Effect.provide(Server.layer(clock, operations, log)))
  const { system, user } = cpuUsage(before)
  const rounds = Server.roundsOf(log)
  const ofCollections = collections.reduce((sum, { cpu }) => sum + cpu, 0)
  return {
    delivered,
    rounds: rounds.length,
    lists: Math.max(...rounds.map(({ length }) => length)),
    repeated: Math.max(...rounds.map((urls) => urls.length - new Set(urls).size)),
    fetches: log.fetches,
    cpu: (user + system - ofCollections - log.cpu) / 1e6,
    heap: Math.max(...collections.map(({ heap }) => heap)) / 1e6
  }
})

const program = Effect.gen(function*() {
  const [name = "", count = ""] = argv.slice(2)
  const found = cases[name]
  if (found === undefined) return yield* new NoSuchCase({ name })
  const result = yield* run(1, (clock) => measure(clock, found, Number(count)))
  yield* Console.log(yield* Schema.encodeEffect(Result)(result))
})

program.pipe(NodeRuntime.runMain)
