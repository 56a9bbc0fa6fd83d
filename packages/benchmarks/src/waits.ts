import { Console, Effect, Schema } from "effect"
import type * as Goals from "./internal/goals.ts"
import * as Rounds from "./internal/rounds.ts"
import { Result } from "./internal/waits/result.ts"
import * as Worker from "./internal/worker.ts"

const contestant = new URL("./waitsContestant.ts", import.meta.url)

interface Entry {
  readonly id: string
  readonly name: string
  readonly args: readonly [program: string, operations: number]
  /** The most list requests in a round, CPU seconds and MB of heap. */
  readonly goals: { readonly lists: number; readonly cpu?: number; readonly heap?: number }
}

const entries: ReadonlyArray<Entry> = [
  {
    id: "P7",
    name: "10,000 waits",
    args: ["awaitCompletion", 10_000],
    goals: { lists: 12, cpu: 10, heap: 250 }
  },
  { id: "P7", name: "watchMany of 10,000", args: ["watchMany", 10_000], goals: { lists: 12, cpu: 10, heap: 250 } },
  { id: "P7", name: "watchMany of 100,000", args: ["watchMany", 100_000], goals: { lists: 110, heap: 1_000 } },
  { id: "P7b", name: "a feed over 15,000 operations", args: ["changes", 15_000], goals: { lists: 18 } }
]

const decode = Schema.decodeEffect(Result)

const measure = Effect.fnUntraced(function*({ args: [program, operations], name }: Entry) {
  const { greeting } = yield* Worker.start({
    name,
    file: contestant,
    flags: ["--expose-gc"],
    args: [program, String(operations)]
  })
  const result = yield* decode(greeting)
  return result.delivered === operations
    ? result
    : yield* new Rounds.Failed({ message: `${name}: ${result.delivered} of ${operations} operations were delivered.` })
}, Effect.scoped)

export const figures = Effect.gen(function*() {
  const results: Array<Entry & { readonly result: typeof Result.Type }> = []
  for (const entry of entries) results.push({ ...entry, result: yield* measure(entry) })
  yield* Console.log(Rounds.columns([
    ["operations of one instant, in virtual time", "rounds", "lists in one", "fetches", "CPU s", "heap, MB"],
    ...results.map(({ name, result: { cpu, fetches, heap, lists, rounds } }) => [
      name,
      ...[rounds, lists, fetches].map(String),
      cpu.toFixed(1),
      heap.toFixed(0)
    ])
  ]))
  return results.flatMap(({ goals, id, name, result }): ReadonlyArray<Goals.Figure> => {
    const figure = (work: string, figure: number, goal: number | undefined): ReadonlyArray<Goals.Figure> =>
      goal === undefined ? [] : [{ id, work: `${name}: ${work}`, figure, better: "lower", goal }]
    return [
      ...figure("list requests in a round", result.lists, goals.lists),
      ...figure("requests for a page that the round has read", result.repeated, 0),
      ...figure("CPU seconds", result.cpu, goals.cpu),
      ...figure("MB of heap", result.heap, goals.heap)
    ]
  })
})
