import { Emulator } from "@effect-comms/testing"
import { Context, Effect, FileSystem, Layer, Path, Redacted, Schema, Stream } from "effect"
import { ChildProcess, type ChildProcessSpawner } from "effect/process"
import { execPath } from "node:process"

const root = new URL("../../../..", import.meta.url).pathname

export const packages = ["domain", "client", "testing", "cli"] as const

class BuildFailed extends Schema.TaggedError<BuildFailed>()("BuildFailed", { output: Schema.String }) {}

const Manifest = Schema.fromJsonString(Schema.Struct({
  name: Schema.String,
  type: Schema.String,
  publishConfig: Schema.Record(Schema.String, Schema.Json)
}))

/** The command as published: compiled, with the packages that it depends on, in a temporary directory. */
export class Comms extends Context.Service<Comms, {
  /** The executable file. */
  readonly file: string
  /** An empty working directory. */
  readonly directory: string
  readonly path: string
}>()("Comms") {}

const compile = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const project = path.join(directory, "tsconfig.json")
  yield* fs.writeFileString(
    project,
    JSON.stringify({
      extends: path.join(root, "tsconfig.base.json"),
      // `pnpm check` checks the types.
      compilerOptions: {
        noCheck: true,
        composite: false,
        incremental: false,
        declaration: false,
        declarationMap: false,
        sourceMap: false,
        typeRoots: [path.join(root, "node_modules/@types")],
        rootDir: path.join(root, "packages"),
        outDir: path.join(directory, "packages")
      },
      include: packages.map((name) => path.join(root, "packages", name, "src"))
    })
  )
  const compiled = yield* run(path.join(root, "node_modules/.bin/tsc"), ["-p", project], { extendEnv: true })
  if (compiled.code !== 0) return yield* new BuildFailed({ output: compiled.stdout })
})

const link = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const modules = path.join(directory, "node_modules")
  yield* fs.makeDirectory(path.join(modules, "@effect"), { recursive: true })
  for (const name of ["effect", "@effect/platform-node"]) {
    yield* fs.symlink(path.join(root, "packages/cli/node_modules", name), path.join(modules, name))
  }
  for (const name of packages) {
    const text = yield* fs.readFileString(path.join(root, "packages", name, "package.json"))
    const manifest = yield* Schema.decodeEffect(Manifest)(text)
    const at = path.join(modules, manifest.name)
    yield* fs.makeDirectory(at, { recursive: true })
    const { name: packageName, publishConfig, type } = manifest
    yield* fs.writeFileString(
      path.join(at, "package.json"),
      JSON.stringify({ name: packageName, type, ...publishConfig })
    )
    yield* fs.writeFileString(path.join(directory, "packages", name, "package.json"), JSON.stringify({ type }))
    yield* fs.symlink(path.join(directory, "packages", name, "src"), path.join(at, "dist"))
  }
})

export const layer = Layer.effect(
  Comms,
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "comms-" }), fs.realPath)
    yield* compile(directory)
    yield* link(directory)
    const file = path.join(directory, "node_modules/@effect-comms/cli/dist/bin.js")
    yield* fs.chmod(file, 0o755)
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
