import { Console, Effect, Stream } from "effect"
import { fileURLToPath } from "node:url"
import type * as Goals from "./internal/goals.ts"
import { peakOf } from "./internal/peakOf.ts"
import * as Rounds from "./internal/rounds.ts"
import * as Worker from "./internal/worker.ts"

const few = 10_000

const many = 1_000_000

const rounds = 7

// V8 enlarges the young generation of every program that runs for seconds: the fetch loop grows from 234 to 312 MB.
// With a fixed size, what grows is what a program keeps.
const fixedYoungGeneration = "--max-semi-space-size=4"

const contestants = fileURLToPath(new URL("./contestant.ts", import.meta.url))

/** Streams every operation in a process of its own, and returns its peak memory in MB. */
const peak = Effect.fnUntraced(function*(contestant: string, operations: number, url: string) {
  const { output, peak, stderr } = yield* peakOf(
    [fixedYoungGeneration, contestants, contestant, url],
    { stdin: Stream.encodeText(Stream.succeed("go\n")) },
    (stdout) => Stream.mkString(Stream.decodeText(stdout))
  )
  if (!output.includes(`\n${operations}\n`)) {
    return yield* new Rounds.Failed({ message: `${contestant}: did not receive ${operations} operations. ${stderr}` })
  }
  return peak
})

export const figures = Effect.gen(function*() {
  const [small, large] = yield* Effect.forEach([few, many], (count) => Worker.startServer("emulator", String(count)))
  if (small === undefined || large === undefined) return []
  const medians = yield* Rounds.measure([
    peak("count-client", few, small.greeting),
    peak("count-client", many, large.greeting),
    peak("count-unchecked", many, large.greeting)
  ], { warmUps: 0, rounds })
  const [least = Number.NaN, most = Number.NaN, loop = Number.NaN] = medians
  yield* Console.log(Rounds.columns([
    ["peak memory", "MB"],
    [`client, ${few.toLocaleString("en")} operations`, least.toFixed(0)],
    [`client, ${many.toLocaleString("en")} operations`, most.toFixed(0)],
    [`fetch, ${many.toLocaleString("en")} operations`, loop.toFixed(0)]
  ]))
  const work = `peak memory of streaming ${many.toLocaleString("en")} operations`
  return [
    { id: "P5", work: `${work} against ${few.toLocaleString("en")}`, figure: most / least, better: "lower", goal: 1.1 },
    { id: "P5", work: `${work} against the fetch loop`, figure: most / loop, better: "lower", goal: 1.3 }
  ] satisfies ReadonlyArray<Goals.Figure>
})
