import { Effect, Stream } from "effect"
import { ChildProcess, type ChildProcessSpawner } from "effect/process"
import { execPath } from "node:process"
import { fileURLToPath } from "node:url"

const peak = fileURLToPath(new URL("./peak.ts", import.meta.url))

type Output = ChildProcessSpawner.ChildProcessHandle["stdout"]

/** Runs a program of Node.js, and returns its peak memory in MB, its stderr, and what `read` makes of its stdout. */
export const peakOf = Effect.fnUntraced(
  function*<A, E>(
    args: ReadonlyArray<string>,
    options: ChildProcess.CommandOptions,
    read: (stdout: Output) => Effect.Effect<A, E>
  ) {
    const child = yield* ChildProcess.make(execPath, ["--import", peak, ...args], options)
    const [output, stderr] = yield* Effect.all([
      read(child.stdout),
      Stream.mkString(Stream.decodeText(child.stderr)),
      child.exitCode
    ], { concurrency: "unbounded" })
    return { output, stderr, peak: Number(/peak ([\d.]+)/.exec(stderr)?.[1]) }
  },
  Effect.scoped
)
