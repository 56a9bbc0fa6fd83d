import { CommsClient, SenderPoolOperations, type Windows } from "@effect-comms/client"
import type { CommsError, SenderPoolOperation } from "@effect-comms/domain"
import { Emulator } from "@effect-comms/testing"
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Schema, Stream } from "effect"
import * as Rounds from "./internal/rounds.ts"
import { delay, newest, operations, pages, week } from "./internal/windows.ts"
import * as Worker from "./internal/worker.ts"

const rounds = { warmUps: 1, rounds: 5 }

const range = { startDate: new Date(newest - week), endDate: new Date(newest + 1) }

const params = { ...range, pageSize: 50 }

const walk = Effect.map(SenderPoolOperations.SenderPoolOperations, ({ stream }) => stream(params))

const scan = (options?: Windows.Options) =>
  Effect.map(SenderPoolOperations.SenderPoolOperations, ({ scan }) => scan(params, options))

class WrongCount extends Schema.TaggedError<WrongCount>()("WrongCount", { name: Schema.String, ids: Schema.Int }) {
  override get message(): string {
    return `${this.name}: received ${this.ids} distinct ids instead of ${operations}.`
  }
}

class Missed extends Schema.TaggedError<Missed>()("Missed", {
  name: Schema.String,
  ratio: Schema.Finite,
  goal: Schema.Finite
}) {
  override get message(): string {
    return `${this.name}: took ${this.ratio.toFixed(3)} of the time. The goal is at most ${this.goal}.`
  }
}

const idsOf = <E, R, E2, R2>(
  stream: Effect.Effect<Stream.Stream<SenderPoolOperation.SenderPoolOperation, E, R>, E2, R2>
) => Stream.runFold(Stream.unwrap(stream), () => new Set<string>(), (ids, { id }) => ids.add(id))

interface Entry {
  readonly name: string
  readonly ids: Effect.Effect<Set<string>, CommsError.CommsError, SenderPoolOperations.SenderPoolOperations>
}

const entries: ReadonlyArray<Entry> = [
  { name: "one list", ids: idsOf(walk) },
  { name: "windows, in any order", ids: idsOf(scan()) },
  { name: "windows, in order", ids: idsOf(scan({ order: "window" })) }
]

/** Each run has a new client, which starts with few concurrent requests. */
const layerOf = (baseUrl: string) =>
  SenderPoolOperations.layer.pipe(
    Layer.provide(CommsClient.layer({ baseUrl, credentials: Emulator.defaultCredentials })),
    Layer.provide(NodeHttpClient.layerUndici)
  )

const scenarios = [
  { name: "spread evenly over a week", hours: 168, goal: 0.2 },
  { name: "all in the last hour of a week", hours: 1, goal: 0.25 }
]

const measure = Effect.fnUntraced(function*({ goal, hours, name }: (typeof scenarios)[number]) {
  const server = yield* Worker.start({
    name: "The emulator",
    file: new URL("./windowsServer.ts", import.meta.url),
    args: [String(hours)]
  })
  const sent = entries.map((): Array<number> => [])
  const contestants = entries.map(({ ids, name }, index) => ({
    name,
    run: Effect.gen(function*() {
      const got = yield* Effect.provide(ids, layerOf(server.greeting), { local: true })
      if (got.size !== operations) return yield* new WrongCount({ name, ids: got.size })
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
    if (index > 0 && !(ratio <= goal)) return yield* new Missed({ name, ratio, goal })
  }
}, Effect.scoped)

const program = Effect.forEach(scenarios, measure, { discard: true })

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
