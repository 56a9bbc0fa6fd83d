import { SenderPoolOperations } from "@effect-comms/client"
import type { CommsError, SenderPoolOperation } from "@effect-comms/domain"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"
import { layerClient } from "./internal/client.ts"
import * as Rounds from "./internal/rounds.ts"
import { delay, newest, operations, pages, week } from "./internal/windows.ts"
import * as Worker from "./internal/worker.ts"

const rounds = { warmUps: 1, rounds: 5 }

const range = { startDate: new Date(newest - week), endDate: new Date(newest + 1) }

const params = { ...range, pageSize: 50 }

type Read = (
  operations: SenderPoolOperations.Service
) => Stream.Stream<SenderPoolOperation.SenderPoolOperation, CommsError.CommsError>

const entries: ReadonlyArray<{ readonly name: string; readonly read: Read }> = [
  { name: "one list", read: ({ stream }) => stream(params) },
  { name: "windows, in any order", read: ({ scan }) => scan(params) },
  { name: "windows, in order", read: ({ scan }) => scan(params, { order: "window" }) }
]

const scenarios = [
  { name: "spread evenly over a week", hours: 168, goal: 0.2 },
  { name: "all in the last hour of a week", hours: 1, goal: 0.25 }
]

const measure = Effect.fnUntraced(function*({ goal, hours, name }: (typeof scenarios)[number]) {
  const server = yield* Worker.startServer("windows", String(hours))
  const sent = entries.map((): Array<number> => [])
  const contestants = entries.map(({ name, read }, index) => ({
    name,
    run: Effect.gen(function*() {
      const { size } = yield* Stream.unwrap(Effect.map(SenderPoolOperations.SenderPoolOperations, read)).pipe(
        Stream.runFold(() => new Set<string>(), (ids, { id }) => ids.add(id)),
        // Each run has a new client, which starts with few concurrent requests.
        Effect.provide(layerClient({ baseUrl: server.greeting }), { local: true })
      )
      if (size !== operations) {
        return yield* new Rounds.Failed({
          message: `${name}: received ${size} distinct ids instead of ${operations}.`
        })
      }
      sent[index]?.push(Number(yield* server.ask("report")))
    })
  }))
  const timings = yield* Rounds.compete(contestants, rounds)
  const [list] = timings
  const ratios = timings.map(({ median }) => median / (list?.median ?? Number.NaN))
  yield* Console.log(
    `\n${pages} pages of ${delay} ms, ${name}: medians of ${rounds.rounds} rounds\n${
      Rounds.columns([
        ["", "ms", "ratio", "requests"],
        ...timings.map(({ median, name }, index) => [
          name,
          median.toFixed(0),
          (ratios[index] ?? Number.NaN).toFixed(3),
          String(Rounds.median(sent[index] ?? []))
        ])
      ])
    }\n`
  )
  for (const [index, { name }] of timings.entries()) {
    const ratio = ratios[index] ?? Number.NaN
    if (index > 0 && !(ratio <= goal)) {
      return yield* new Rounds.Failed({
        message: `${name}: took ${ratio.toFixed(3)} of the time. The goal is at most ${goal}.`
      })
    }
  }
}, Effect.scoped)

const program = Effect.forEach(scenarios, measure, { discard: true })

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
