import { Emulator } from "@effect-comms/testing"
import { Context, Effect, FileSystem, Layer, Path, Redacted, Schema, Stream } from "effect"
import { ChildProcess, type ChildProcessSpawner } from "effect/process"
import { execPath } from "node:process"

const bundler = new URL("../../bundle.ts", import.meta.url).pathname

const modules = new URL("../../node_modules", import.meta.url).pathname

class BuildFailed extends Schema.TaggedError<BuildFailed>()("BuildFailed", { output: Schema.String }) {}

/** The command as published: bundled, in a temporary directory. */
export class Comms extends Context.Service<Comms, {
  /** The executable file. */
  readonly file: string
  /** An empty working directory. */
  readonly directory: string
  readonly path: string
}>()("Comms") {}

export const layer = Layer.effect(
  Comms,
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "comms-" }), fs.realPath)
    const dist = path.join(directory, "dist")
    yield* fs.writeFileString(path.join(directory, "package.json"), JSON.stringify({ type: "module" }))
    const bundled = yield* run(execPath, [bundler, dist], { extendEnv: true })
    if (bundled.code !== 0) return yield* new BuildFailed({ output: bundled.stderr })
    yield* fs.symlink(modules, path.join(directory, "node_modules"))
    const file = path.join(dist, "bin.js")
    const bin = path.join(directory, "bin")
    const work = path.join(directory, "work")
    yield* fs.makeDirectory(bin)
    yield* fs.makeDirectory(work)
    yield* fs.symlink(file, path.join(bin, "comms"))
    return Comms.of({ file, directory: work, path: `${bin}:${path.dirname(execPath)}:/usr/bin:/bin` })
  })
)

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const text = <E>(stream: Stream.Stream<Uint8Array, E>) => Stream.mkString(Stream.decodeText(stream))

/** Runs a program to its end. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: ChildProcess.CommandOptions
): Effect.Effect<Ran, unknown, ChildProcessSpawner.ChildProcessSpawner> =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* ChildProcess.make(command, args, { stdin: "ignore", ...options })
    const [stdout, stderr, code] = yield* Effect.all([text(child.stdout), text(child.stderr), child.exitCode], {
      concurrency: "unbounded"
    })
    return { code, stdout, stderr }
  }))

export type Env = Readonly<Record<string, string>>

/** The environment for an emulator on a port. */
export const envOf = (url: string): Env => ({
  TWILIO_COMMS_BASE_URL: url,
  TWILIO_ACCOUNT_SID: Emulator.defaultCredentials.accountSid,
  TWILIO_AUTH_TOKEN: Redacted.value(Emulator.defaultCredentials.authToken)
})

/** Starts `comms` as a process. */
export const start = Effect.fnUntraced(function*(
  args: ReadonlyArray<string>,
  env: Env = {},
  stdin: ChildProcess.CommandInput = "ignore"
) {
  const { directory, file, path } = yield* Comms
  return yield* ChildProcess.make(execPath, ["--", file, ...args], {
    cwd: directory,
    stdin,
    env: { PATH: path, ...env },
    forceKillAfter: "5 seconds"
  })
})

/** Runs `comms` with only these variables in its environment. */
export const comms = Effect.fnUntraced(function*(args: ReadonlyArray<string>, env: Env = {}) {
  const { directory, file, path } = yield* Comms
  return yield* run(execPath, ["--", file, ...args], { cwd: directory, env: { PATH: path, ...env } })
})

/** Runs a shell script with `comms` on its `PATH`. */
export const shell = Effect.fnUntraced(function*(script: string, env: Env = {}) {
  const { directory, path } = yield* Comms
  return yield* run("bash", ["-c", script], { cwd: directory, env: { PATH: path, ...env } })
})
