import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Console, Effect, Layer, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { execPath } from "node:process"
import { fileURLToPath } from "node:url"
import { Comms, envOf, layer, run } from "../../cli/test/utils/comms.ts"
import * as Rounds from "./internal/rounds.ts"

const few = 10_000

const many = 1_000_000

const rounds = 5

/** In milliseconds, including the start of the process. */
const startGoal = 300

/** The maximum ratio of the memory for `many` operations to that for `few`. */
const memoryGoal = 1.2

const runs = 15

class GoalMissed extends Schema.TaggedError<GoalMissed>()("GoalMissed", { goal: Schema.String }) {
  override get message(): string {
    return `The goal was missed: ${this.goal}.`
  }
}

class Incomplete extends Schema.TaggedError<Incomplete>()("Incomplete", {
  expected: Schema.Int,
  listed: Schema.Int
}) {}

const peak = fileURLToPath(new URL("./internal/peak.ts", import.meta.url))

const timeHelp = Effect.gen(function*() {
  const { directory, file } = yield* Comms
  const times: Array<number> = []
  for (let round = -2; round < runs; round++) {
    const start = yield* Clock.currentTimeNanos
    yield* run(execPath, [file, "--help"], { cwd: directory })
    const end = yield* Clock.currentTimeNanos
    if (round >= 0) times.push(Number(end - start) / 1e6)
  }
  return Rounds.median(times)
})

/** Starts an emulator in its own process. */
const emulate = Effect.fnUntraced(function*(operations: number) {
  const { file } = yield* Comms
  const child = yield* ChildProcess.make(execPath, [file, "emulator", "--operations", String(operations), "--quiet"], {
    stdin: "ignore",
    forceKillAfter: "2 seconds"
  })
  const url = yield* child.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.take(1), Stream.mkString)
  return { operations, url }
})

/** Lists every operation, and returns the peak memory in MB. */
const list = Effect.fnUntraced(
  function*({ operations, url }: { readonly operations: number; readonly url: string }) {
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
    if (listed !== operations) return yield* new Incomplete({ expected: operations, listed })
    return Number(/peak ([\d.]+)/.exec(stderr)?.[1])
  },
  Effect.scoped
)

const program = Effect.gen(function*() {
  const help = yield* timeHelp
  yield* Console.log(`comms --help: ${help.toFixed(0)} ms, median of ${runs} runs`)
  const servers = { few: yield* emulate(few), many: yield* emulate(many) }
  const peaks: { readonly few: Array<number>; readonly many: Array<number> } = { few: [], many: [] }
  for (let round = 0; round < rounds; round++) {
    peaks.few.push(yield* list(servers.few))
    peaks.many.push(yield* list(servers.many))
    yield* Console.log(`round ${round + 1} of ${rounds}`)
  }
  const [least, most] = [Rounds.median(peaks.few), Rounds.median(peaks.many)]
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
  if (help > startGoal) return yield* new GoalMissed({ goal: `comms --help in ${startGoal} ms` })
  if (ratio > memoryGoal) return yield* new GoalMissed({ goal: `at most ${memoryGoal} times the memory` })
})

program.pipe(
  Effect.scoped,
  Effect.provide(Layer.provideMerge(layer, NodeServices.layer)),
  NodeRuntime.runMain
)
