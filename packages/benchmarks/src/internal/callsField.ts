import { Console, Effect, Schema } from "effect"
import { Took, total } from "./calls.ts"
import * as Rounds from "./rounds.ts"
import * as Worker from "./worker.ts"

const bare = "Effect's HttpClient, unchecked"

const field = [
  { name: "client", program: "client" },
  { name: bare, program: "bare" },
  { name: "undici, unchecked", program: "undici" }
]

const decodeTook = Schema.decodeEffect(Took)

/** Fetches the operations with each contestant in turn. Returns what the client took, as a multiple of the bare one. */
export const compare = Effect.fnUntraced(function*(options: {
  readonly concurrency: number
  readonly measure: "wall" | "cpu"
}) {
  const server = yield* Worker.startServer("single")
  const contestants = yield* Effect.forEach(field, ({ name, program }) =>
    Worker.start({
      name,
      file: new URL("../callsContestant.ts", import.meta.url),
      args: [program, server.greeting]
    }))
  const medians = yield* Rounds.measure(
    contestants.map(({ ask }) =>
      Effect.map(Effect.flatMap(ask(String(options.concurrency)), decodeTook), (took) => took[options.measure])
    ),
    { warmUps: 2, rounds: 9 }
  )
  const timings = field.map(({ name }, index) => ({ name, median: medians[index] ?? Number.NaN }))
  yield* Console.log(`\n${Rounds.table(timings, { unit: "calls", count: total, against: [bare] })}`)
  const [client = Number.NaN, reference = Number.NaN] = medians
  return client / reference
})
