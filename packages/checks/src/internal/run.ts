// Runs programs.
import { Effect, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export class CommandFailed extends Schema.TaggedError<CommandFailed>()("CommandFailed", {
  command: Schema.String,
  code: Schema.Int,
  output: Schema.String
}) {
  override get message(): string {
    return `${this.command} exited with ${this.code}.\n${this.output}`
  }
}

const text = <E>(stream: Stream.Stream<Uint8Array, E>) => Stream.mkString(Stream.decodeText(stream))

/** Runs a program to its end, in the environment of this process. */
export const run = Effect.fnUntraced(
  function*(command: string, args: ReadonlyArray<string>, options: ChildProcess.CommandOptions) {
    const child = yield* ChildProcess.make(command, args, { stdin: "ignore", extendEnv: true, ...options })
    const [stdout, stderr, code] = yield* Effect.all([text(child.stdout), text(child.stderr), child.exitCode], {
      concurrency: "unbounded"
    })
    const ran: Ran = { code, stdout, stderr }
    return ran
  },
  Effect.scoped
)

/** Runs a program that has to succeed, and returns its output. */
export const succeed = Effect.fnUntraced(
  function*(command: string, args: ReadonlyArray<string>, options: ChildProcess.CommandOptions) {
    const { code, stderr, stdout } = yield* run(command, args, options)
    if (code === 0) return stdout
    return yield* new CommandFailed({ command: [command, ...args].join(" "), code, output: stdout + stderr })
  }
)
