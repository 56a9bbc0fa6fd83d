import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Schema, Stdio } from "effect"
import * as Goals from "./internal/goals.ts"

// The benchmarks of the goals. Without a name, all of them run.
const goals: Readonly<Record<string, () => Promise<{ readonly figures: Goals.Benchmark }>>> = {
  stream: () => import("./stream.ts"),
  page: () => import("./page.ts"),
  fetch: () => import("./fetch.ts"),
  memory: () => import("./memory.ts"),
  calls: () => import("./calls.ts"),
  waits: () => import("./waits.ts"),
  cli: () => import("./cli.ts")
}

// A benchmark without goals is a program that runs when it is imported.
const others: Readonly<Record<string, () => Promise<unknown>>> = {
  emulator: () => import("./emulator.ts"),
  grade: () => import("./grade.ts"),
  sixty: () => import("./sixty.ts"),
  pace: () => import("./pace.ts"),
  prefetch: () => import("./prefetch.ts"),
  windows: () => import("./windows.ts"),
  soak: () => import("./soak.ts")
}

class Usage extends Schema.TaggedError<Usage>()("Usage", { problem: Schema.String }) {
  override get message(): string {
    return `${this.problem} Use: pnpm bench [NAME...] [--json FILE]. With goals: ${Object.keys(goals).join(", ")}. ` +
      `Others: ${Object.keys(others).join(", ")}.`
  }
}

const parse = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const at = args.indexOf("--json")
  const file = at < 0 ? undefined : args[at + 1]
  if (at >= 0 && file === undefined) return yield* new Usage({ problem: "--json needs a file." })
  const names = args.filter((_, index) => at < 0 || (index !== at && index !== at + 1))
  const unknown = names.find((name) => !(name in goals) && !(name in others))
  if (unknown !== undefined) return yield* new Usage({ problem: `There is no benchmark "${unknown}".` })
  return { file, names: names.length === 0 ? Object.keys(goals) : names }
})

const program = Effect.gen(function*() {
  const stdio = yield* Stdio.Stdio
  const { file, names } = yield* parse(yield* stdio.args)
  const figures: Array<Goals.Figure> = []
  for (const name of names) {
    yield* Console.log(`\n# ${name}`)
    const goal = goals[name]
    const other = others[name]
    if (goal !== undefined) figures.push(...yield* (yield* Effect.promise(goal)).figures)
    if (other !== undefined) yield* Effect.promise(other)
  }
  if (figures.length > 0) yield* Goals.print(figures)
  if (file !== undefined) yield* Goals.write(file, figures)
})

program.pipe(Effect.scoped, Effect.provide(NodeServices.layer), NodeRuntime.runMain)
