import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Schema } from "effect"
import * as Rounds from "./internal/rounds.ts"
import { calls, Ran, Served } from "./internal/sixty.ts"
import * as Worker from "./internal/worker.ts"

const runs = 5

interface Entry {
  readonly name: string
  readonly arg: string
  /** The limits of every run, for the contestants that are this client. */
  readonly goal?: { readonly tooMany: number; readonly seconds: number }
}

const field: ReadonlyArray<Entry> = [
  { name: "this client", arg: "client", goal: { tooMany: 12, seconds: 9 } },
  { name: "this client, set to the limit", arg: "client-told", goal: { tooMany: 1, seconds: 9 } },
  { name: "openai", arg: "openai" },
  { name: "ky", arg: "ky" },
  { name: "got", arg: "got" }
]

class Missed extends Schema.TaggedError<Missed>()("Missed", {
  name: Schema.String,
  ok: Schema.Int,
  tooMany: Schema.Int,
  seconds: Schema.Finite
}) {
  override get message(): string {
    return `${this.name} missed its goal. Worst runs: ${this.ok} ok, ${this.tooMany} responses with 429, ${this.seconds} s.`
  }
}

const decodeRan = Schema.decodeEffect(Ran)

const decodeServed = Schema.decodeEffect(Served)

type Run = typeof Ran.Type & typeof Served.Type

/** Runs a contestant against a server, both in new processes, so that neither has learned from previous runs. */
const enter = Effect.fnUntraced(function*({ arg, name }: Entry) {
  const server = yield* Worker.start({ name: "The server", file: new URL("./sixtyServer.ts", import.meta.url) })
  const contestant = yield* Worker.start({
    name,
    file: new URL("./sixtyContestant.ts", import.meta.url),
    args: [arg, ...server.greeting.split(" ")]
  })
  const ran = yield* decodeRan(yield* contestant.ask("go"))
  const served = yield* decodeServed(yield* server.ask("report"))
  const run: Run = { ...ran, ...served }
  return run
}, Effect.scoped)

const worstOf = (runs: ReadonlyArray<Run>): Run => ({
  ok: Math.min(...runs.map(({ ok }) => ok)),
  failed: Math.max(...runs.map(({ failed }) => failed)),
  requests: Math.max(...runs.map(({ requests }) => requests)),
  tooMany: Math.max(...runs.map(({ tooMany }) => tooMany)),
  seconds: Math.max(...runs.map(({ seconds }) => seconds))
})

const fields = ["ok", "failed", "requests", "tooMany", "seconds"] as const

const program = Effect.gen(function*() {
  const results: Array<{ readonly entry: Entry; readonly runs: ReadonlyArray<Run> }> = []
  for (const entry of field) {
    const done: Array<Run> = []
    for (let run = 1; run <= runs; run++) {
      done.push(yield* enter(entry))
      yield* Console.log(`${entry.name}: run ${run} of ${runs}`)
    }
    results.push({ entry, runs: done })
  }
  const rows = results.map(({ entry, runs }) => {
    const worst = worstOf(runs)
    return [
      entry.name,
      ...fields.map((field) => {
        const show = (value: number) => field === "seconds" ? value.toFixed(1) : String(value)
        return `${show(Rounds.median(runs.map((run) => run[field])))} (${show(worst[field])})`
      })
    ]
  })
  yield* Console.log(
    [
      `\n${calls} concurrent calls to a server that accepts ten a second: medians of ${runs} runs (worst runs)`,
      `\n${Rounds.columns([["", "ok", "failed", "requests", "429s", "seconds"], ...rows])}\n`
    ].join("\n")
  )
  for (const { entry: { goal, name }, runs } of results) {
    const { ok, seconds, tooMany } = worstOf(runs)
    if (goal !== undefined && (ok < calls || tooMany > goal.tooMany || seconds > goal.seconds)) {
      return yield* new Missed({ name, ok, tooMany, seconds })
    }
  }
})

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
