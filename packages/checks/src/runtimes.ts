/**
 * Installs the packed packages with npm outside the workspace, type-checks a program with several versions of
 * TypeScript, and runs it on several runtimes against the emulator on a port.
 */
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Context, Duration, Effect, FileSystem, Layer, Path, Redacted, Schedule, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { ChildProcess } from "effect/process"
import { isDeepStrictEqual } from "node:util"
import type { Input, Output } from "../runtimes/program.ts"
import { findBrowser, flags, notFound } from "./internal/browser.ts"
import { run, succeed } from "./internal/run.ts"
import { compile, findBinary, install, nodes } from "./internal/runtimes/project.ts"
import { bundle, findPort, servePage } from "./internal/runtimes/serving.ts"

const expected: Output = {
  streamed: 300,
  retried: ["TooManyRequests"],
  outcome: "Completed",
  absent: "NotFound",
  readable: 9,
  invalid: ["InvalidItem"]
}

const expectedOfPromises: Output = {
  ...expected,
  outcome: "COMPLETED",
  absent: "NotFoundError",
  invalid: ["InvalidItemError"]
}

const faults: FaultPlan.FaultPlan = {
  rules: [
    { when: { call: "SenderPoolOperations.list", nth: [2, 6] }, do: { _tag: "Status", status: 429, retryAfter: 1 } },
    { when: { call: "MessageOperations.list" }, do: { _tag: "WrongShape", index: 3 } }
  ]
}

class Failed extends Schema.TaggedError<Failed>()("Failed", { message: Schema.String }) {}

/** Starts an emulator with an operation that ends soon. Returns the input of the program. */
const startEmulator = Effect.fnUntraced(function*(withPromises: boolean) {
  const emulator = Emulator.layer({ operations: 299, faults })
  const context = yield* Layer.build(Layer.fresh(Layer.provideMerge(Emulator.layerServer(), emulator)))
  const { id } = yield* Context.get(context, Emulator.Emulator).create({ total: 10, duration: Duration.seconds(3) })
  const { accountSid, authToken } = Emulator.defaultCredentials
  const input: Input = {
    baseUrl: Context.get(context, Emulator.Address).url,
    accountSid,
    authToken: Redacted.value(authToken),
    withPromises,
    operationId: id
  }
  return input
})

const decodeJson = Schema.decodeEffect(Schema.fromJsonString(Schema.Json))

const onCommandLine = (directory: string, command: string, flags: ReadonlyArray<string>) => (input: Input) =>
  Effect.flatMap(
    succeed(command, [...flags, "js/command.js", JSON.stringify(input)], { cwd: directory }),
    decodeJson
  )

const onWorkerd = (directory: string, workerd: string) =>
  Effect.fnUntraced(function*(input: Input) {
    yield* bundle(directory, "worker")
    const port = yield* findPort
    yield* ChildProcess.make(workerd, ["serve", "config.capnp", "--socket-addr", `http=127.0.0.1:${port}`], {
      cwd: directory,
      stdin: "ignore",
      stderr: "inherit"
    })
    const client = yield* HttpClient.HttpClient
    const request = client.execute(
      HttpClientRequest.post(`http://127.0.0.1:${port}`).pipe(HttpClientRequest.bodyJsonUnsafe({ ...input }))
    )
    // What a request makes must serve the next request too.
    yield* Effect.retry(request, { schedule: Schedule.spaced("100 millis"), times: 100 })
    return yield* decodeJson(yield* (yield* request).text)
  }, Effect.provide(FetchHttpClient.layer))

const onBrowser = (directory: string, browser: string) =>
  Effect.fnUntraced(function*(input: Input) {
    const fs = yield* FileSystem.FileSystem
    const { code } = yield* bundle(directory, "page")
    const { output, url } = yield* servePage(code, input)
    const profile = yield* fs.makeTempDirectoryScoped()
    const child = yield* ChildProcess.make(browser, [...flags(profile), "--remote-debugging-port=0", url], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      extendEnv: true,
      forceKillAfter: "5 seconds"
    })
    const ended = Effect.flatMap(
      child.exitCode,
      (code) => Effect.fail(new Failed({ message: `The browser ended with ${code}.` }))
    )
    return yield* Effect.raceFirst(output, ended)
  })

const proveOnce = Effect.fnUntraced(
  function*<E, R>(
    name: string,
    withPromises: boolean,
    runProgram: (input: Input) => Effect.Effect<Schema.Json, E, R>
  ) {
    const output = yield* Effect.flatMap(startEmulator(withPromises), runProgram).pipe(Effect.timeout("1 minute"))
    const passes = isDeepStrictEqual(output, withPromises ? expectedOfPromises : expected)
    yield* Console.log(`${name}: ${passes ? "passes" : JSON.stringify(output)}`)
    return passes
  },
  Effect.scoped,
  (effect, name) =>
    Effect.catchCause(effect, (cause) => Effect.as(Console.error(`${name}: ${Cause.pretty(cause)}`), false))
)

/** Runs both programs on one runtime. Returns whether their outputs are the expected ones. */
const prove = Effect.fnUntraced(
  function*<E, R>(name: string, runProgram: (input: Input) => Effect.Effect<Schema.Json, E, R>) {
    const passes = yield* proveOnce(name, false, runProgram)
    return (yield* proveOnce(`${name}, promises`, true, runProgram)) && passes
  }
)

/** Runs `comms` on one version of Node.js: an old one gets a line that names the version it needs. */
const proveCommand = Effect.fnUntraced(function*(directory: string, major: number, node: string) {
  const comms = "node_modules/@effect-comms/cli/dist/bin.js"
  const { code, stderr, stdout } = yield* run(node, [comms, "operations", "list", "--emulator", "--limit", "2"], {
    cwd: directory
  })
  const passes = major < 22
    ? code === 2 && stdout === "" && /^Error: comms requires Node\.js 22\.19 or later\. .+\n$/.test(stderr)
    : code === 0 && stderr === "" && stdout.trim().split("\n").length === 2
  yield* Console.log(`comms on Node.js ${major}: ${passes ? "passes" : `${code} ${stdout}${stderr}`}`)
  return passes
})

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "runtimes-" }), fs.realPath)
  yield* install(directory)
  const compiled = yield* compile(directory)
  yield* Effect.forEach(compiled, ({ errors, name }) => Console.log(`${name}: ${errors === "" ? "passes" : errors}`), {
    discard: true
  })
  const verdicts = compiled.map(({ errors }) => errors === "")
  for (const major of nodes) {
    const node = path.join(directory, "node_modules", `node${major}`, "bin/node")
    verdicts.push(yield* prove(`Node.js ${major}`, onCommandLine(directory, node, [])))
    verdicts.push(yield* proveCommand(directory, major, node))
  }
  const bun = yield* findBinary(directory, "@oven/bun-*/bin/bun")
  verdicts.push(yield* prove("Bun", onCommandLine(directory, bun, ["run"])))
  const deno = yield* findBinary(directory, "@deno/*/deno")
  verdicts.push(yield* prove("Deno", onCommandLine(directory, deno, ["run", "--allow-env", "--allow-net"])))
  const workerd = yield* findBinary(directory, "@cloudflare/workerd-*/bin/workerd")
  verdicts.push(yield* prove("workerd", onWorkerd(directory, workerd)))
  const browser = yield* findBrowser
  if (browser === undefined) {
    yield* Console.log(`Chromium: SKIPPED. ${notFound}`)
  } else {
    verdicts.push(yield* prove("Chromium", onBrowser(directory, browser)))
  }
  const failed = verdicts.filter((passes) => !passes).length
  if (failed > 0) return yield* new Failed({ message: `${failed} of ${verdicts.length} failed.` })
})

program.pipe(Effect.scoped, Effect.provide(NodeServices.layer), NodeRuntime.runMain)
