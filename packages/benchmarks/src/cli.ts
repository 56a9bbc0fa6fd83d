import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { execPath } from "node:process"
import { fileURLToPath } from "node:url"
import { Comms, envOf, layer, run } from "../../cli/test/utils/comms.ts"
import * as Rounds from "./internal/rounds.ts"
import * as Worker from "./internal/worker.ts"

const few = 10_000

const many = 1_000_000

const rounds = 5

/** In milliseconds, including the start of the process. */
const startGoal = 300

/** The maximum ratio of the memory for `many` operations to that for `few`. */
const memoryGoal = 1.2

const warmUps = 2

const runs = 15

const peak = fileURLToPath(new URL("./internal/peak.ts", import.meta.url))

const timeHelp = Effect.gen(function*() {
  const { directory, file } = yield* Comms
  const help = Rounds.time(run(execPath, [file, "--help"], { cwd: directory }))
  return Rounds.median((yield* Effect.replicateEffect(help, warmUps + runs)).slice(warmUps))
})

/** Lists every operation, and returns the peak memory in MB. */
const list = Effect.fnUntraced(
  function*(operations: number, url: string) {
    const { file } = yield* Comms
    const child = yield* ChildProcess.make(
      execPath,
      ["--import", peak, file, "operations", "list", "--format", "ndjson"],
      { env: envOf(url), extendEnv: true, stdin: "ignore" }
    )
    const [listed, stderr] = yield* Effect.all([
      Stream.runFold(
        child.stdout,
        () => 0,
        (count, bytes) => bytes.reduce((count, byte) => byte === 10 ? count + 1 : count, count)
      ),
      Stream.mkString(Stream.decodeText(child.stderr)),
      child.exitCode
    ], { concurrency: "unbounded" })
    if (listed !== operations) {
      return yield* new Rounds.Failed({ message: `Listed ${listed} operations instead of ${operations}.` })
    }
    return Number(/peak ([\d.]+)/.exec(stderr)?.[1])
  },
  Effect.scoped
)

const program = Effect.gen(function*() {
  const help = yield* timeHelp
  yield* Console.log(`comms --help: ${help.toFixed(0)} ms, median of ${runs} runs`)
  const servers = yield* Effect.forEach([few, many], (count) => Worker.startServer("emulator", String(count)))
  const [least = Number.NaN, most = Number.NaN] = yield* Rounds.measure(
    [few, many].map((count, index) => list(count, servers[index]?.greeting ?? "")),
    { warmUps: 0, rounds }
  )
  const ratio = most / least
  yield* Console.log(
    `peak memory of operations list --format ndjson\n${
      Rounds.columns([
        ["operations", "median, MB"],
        [few.toLocaleString("en"), least.toFixed(1)],
        [many.toLocaleString("en"), most.toFixed(1)],
        ["ratio", ratio.toFixed(2)]
      ])
    }`
  )
  if (help > startGoal || ratio > memoryGoal) {
    return yield* new Rounds.Failed({
      message: `The goals are ${startGoal} ms for comms --help, and at most ${memoryGoal} times the memory.`
    })
  }
})

program.pipe(
  Effect.scoped,
  Effect.provide(Layer.provideMerge(layer, NodeServices.layer)),
  NodeRuntime.runMain
)
