import { Console, Effect, Stream } from "effect"
import { execPath } from "node:process"
import { Comms, envOf, layer, run } from "../../cli/test/utils/comms.ts"
import type * as Goals from "./internal/goals.ts"
import { peakOf } from "./internal/peakOf.ts"
import * as Rounds from "./internal/rounds.ts"
import * as Worker from "./internal/worker.ts"

const few = 10_000

const many = 1_000_000

const rounds = 3

const nothing = "node -e 0"

const timeStarts = Effect.gen(function*() {
  const { directory, file } = yield* Comms
  const node = (...args: ReadonlyArray<string>) => run(execPath, args, { cwd: directory })
  return yield* Rounds.compete([
    { name: nothing, run: node("-e", "0") },
    { name: "comms --help", run: node(file, "--help") },
    { name: "comms operations list --emulator", run: node(file, "operations", "list", "--emulator", "--limit", "1") }
  ], { warmUps: 2, rounds: 15 })
})

/** Lists every operation, and returns the peak memory in MB. */
const list = Effect.fnUntraced(function*(operations: number, url: string) {
  const { file } = yield* Comms
  const { output: listed, peak } = yield* peakOf(
    [file, "operations", "list", "--format", "ndjson"],
    { env: envOf(url), extendEnv: true, stdin: "ignore" },
    Stream.runFold(
      () => 0,
      (count, bytes) => bytes.reduce((count, byte) => byte === 10 ? count + 1 : count, count)
    )
  )
  if (listed !== operations) {
    return yield* new Rounds.Failed({ message: `Listed ${listed} operations instead of ${operations}.` })
  }
  return peak
})

export const figures = Effect.gen(function*() {
  const starts = yield* timeStarts
  yield* Console.log(Rounds.table(starts, { unit: "starts", count: 1, against: [nothing] }))
  const [base = Number.NaN, help = Number.NaN] = starts.map(({ median }) => median)
  const servers = yield* Effect.forEach([few, many], (count) => Worker.startServer("emulator", String(count)))
  const [least = Number.NaN, most = Number.NaN] = yield* Rounds.measure(
    [few, many].map((count, index) => list(count, servers[index]?.greeting ?? "")),
    { warmUps: 0, rounds }
  )
  yield* Console.log(
    `peak memory of operations list --format ndjson\n${
      Rounds.columns([
        ["operations", "median, MB"],
        [few.toLocaleString("en"), least.toFixed(1)],
        [many.toLocaleString("en"), most.toFixed(1)]
      ])
    }`
  )
  return [
    {
      id: "P8",
      work: `comms --help against ${nothing}: time`,
      figure: help / base,
      better: "lower",
      goal: 3,
      stretch: 2
    },
    {
      id: "comms memory",
      work: `comms lists ${many.toLocaleString("en")} operations against ${few.toLocaleString("en")}: memory`,
      figure: most / least,
      better: "lower",
      goal: 1.2
    }
  ] satisfies ReadonlyArray<Goals.Figure>
}).pipe(Effect.provide(layer))
