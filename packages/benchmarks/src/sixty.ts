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

const decodeRan = Schema.decodeEffect(Ran)

const decodeServed = Schema.decodeEffect(Served)

type Run = typeof Ran.Type & typeof Served.Type

/** Runs a contestant against a server, both in new processes, so that neither has learned from previous runs. */
const enter = Effect.fnUntraced(function*({ arg, name }: Entry) {
  const server = yield* Worker.startServer("sixty")
  const contestant = yield* Worker.start({
    name,
    file: new URL("./sixtyContestant.ts", import.meta.url),
    args: [arg, server.greeting]
  })
  const ran = yield* decodeRan(yield* contestant.ask("go"))
  const served = yield* decodeServed(yield* server.ask("report"))
  const run: Run = { ...ran, ...served }
  return run
}, Effect.scoped)

const fields = ["ok", "failed", "requests", "tooMany", "seconds"] as const

const worstOf = (runs: ReadonlyArray<Run>, field: (typeof fields)[number]) =>
  (field === "ok" ? Math.min : Math.max)(...runs.map((run) => run[field]))

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
  const rows = results.map(({ entry, runs }) => [
    entry.name,
    ...fields.map((field) => {
      const show = (value: number) => field === "seconds" ? value.toFixed(1) : String(value)
      return `${show(Rounds.median(runs.map((run) => run[field])))} (${show(worstOf(runs, field))})`
    })
  ])
  yield* Console.log(
    [
      `\n${calls} concurrent calls to a server that accepts ten a second: medians of ${runs} runs (worst runs)`,
      `\n${Rounds.columns([["", "ok", "failed", "requests", "429s", "seconds"], ...rows])}\n`
    ].join("\n")
  )
  for (const { entry: { goal, name }, runs } of results) {
    const [ok, tooMany, seconds] = [worstOf(runs, "ok"), worstOf(runs, "tooMany"), worstOf(runs, "seconds")]
    if (goal !== undefined && (ok < calls || tooMany > goal.tooMany || seconds > goal.seconds)) {
      return yield* new Rounds.Failed({
        message: `${name} missed its goal. Worst runs: ${ok} ok, ${tooMany} responses with 429, ${seconds} s.`
      })
    }
  }
})

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
