import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Schema, Stdio } from "effect"

const names = ["stream", "emulator", "grade", "sixty", "pace", "prefetch", "windows", "soak", "cli"]

class NoSuchBenchmark extends Schema.TaggedError<NoSuchBenchmark>()("NoSuchBenchmark", { name: Schema.String }) {
  override get message(): string {
    return `There is no benchmark "${this.name}". The benchmarks are: ${names.join(", ")}.`
  }
}

const program = Effect.gen(function*() {
  const stdio = yield* Stdio.Stdio
  const [name = "stream"] = yield* stdio.args
  if (!names.includes(name)) return yield* new NoSuchBenchmark({ name })
  // Each benchmark is a program that runs when it is imported.
  yield* Effect.promise(() => import(new URL(`./${name}.ts`, import.meta.url).href))
})

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
