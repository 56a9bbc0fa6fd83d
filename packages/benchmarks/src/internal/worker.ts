import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Queue, Schema, Stdio, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { execPath } from "node:process"
import { fileURLToPath } from "node:url"

export class WorkerEnded extends Schema.TaggedError<WorkerEnded>()("WorkerEnded", { name: Schema.String }) {
  override get message(): string {
    return `${this.name} ended before it answered.`
  }
}

class NoSuchProgram extends Schema.TaggedError<NoSuchProgram>()("NoSuchProgram", { name: Schema.String }) {}

export interface Worker {
  /** The first line that the worker printed. */
  readonly greeting: string
  /** Sends a line, and returns the line that answers it. */
  readonly ask: (line: string) => Effect.Effect<string, WorkerEnded>
}

/** Starts a program of this package in its own process, which ends with the scope. */
export const start = Effect.fnUntraced(function*(options: {
  readonly name: string
  readonly file: URL
  readonly flags?: ReadonlyArray<string> | undefined
  readonly args?: ReadonlyArray<string> | undefined
}) {
  const questions = yield* Queue.unbounded<string>()
  const child = yield* ChildProcess.make(
    execPath,
    [...options.flags ?? [], fileURLToPath(options.file), ...options.args ?? []],
    {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      stdin: Stream.fromQueue(questions).pipe(Stream.encodeText),
      stderr: "inherit",
      forceKillAfter: "2 seconds"
    }
  )
  const answers = yield* child.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.toQueue({ capacity: "unbounded" })
  )
  const answer = Effect.mapError(Queue.take(answers), () => new WorkerEnded({ name: options.name }))
  const worker: Worker = {
    greeting: yield* answer,
    ask: (line) => Effect.andThen(Queue.offer(questions, `${line}\n`), answer)
  }
  return worker
})

/** Starts a program of `server.ts`. Its greeting begins with the URL of the server. */
export const startServer = (program: string, ...args: ReadonlyArray<string>) =>
  start({ name: "The server", file: new URL("../server.ts", import.meta.url), args: [program, ...args] })

/** Runs a worker: prints the greeting, and answers every line until the input ends. */
export const serve = Effect.fnUntraced(function*<E, R>(
  greeting: string,
  respond: (line: string) => Effect.Effect<string, E, R>
) {
  const stdio = yield* Stdio.Stdio
  yield* Console.log(greeting)
  yield* stdio.stdin.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => Effect.flatMap(respond(line), Console.log))
  )
})

/** Runs the program that the first argument names, with the second argument. */
export const main = (
  programs: Readonly<Record<string, (arg: string) => Effect.Effect<void, unknown, NodeServices.NodeServices>>>
): void =>
  Effect.gen(function*() {
    const [name = "", arg = ""] = yield* Stdio.Stdio.use(({ args }) => args)
    const program = programs[name]
    return yield* program === undefined ? new NoSuchProgram({ name }) : program(arg)
  }).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
