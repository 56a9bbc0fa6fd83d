import * as Grader from "@effect-comms/testing/Grader"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as ChildProcess from "effect/process/ChildProcess"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ExitCode from "../ExitCode.ts"
import { UsageError } from "../Failure.ts"
import * as Format from "../Format.ts"
import * as Settings from "../Settings.ts"
import { shown } from "../Shown.ts"
import * as Attended from "./grading/attended.ts"

export interface Input {
  readonly command: Option.Option<string>
  readonly scenario: ReadonlyArray<string>
  readonly concurrency: number
  readonly format: Option.Option<Format.Format>
}

const isScenario = Schema.is(Grader.ReadScenario)

const shape: Format.Shape<Grader.Row> = {
  columns: [
    { name: "scenario", text: ({ scenario }) => scenario },
    {
      name: "verdict",
      text: ({ passed }) => passed ? "pass" : "FAIL",
      colour: ({ passed }) => passed ? "green" : "red"
    },
    { name: "given", text: ({ given }) => given },
    { name: "expected", text: ({ expected }) => expected },
    { name: "observed", text: ({ observed }) => observed },
    {
      name: "after",
      text: ({ after }) => after === undefined ? "" : `${(Duration.toMillis(after) / 1_000).toFixed(2)} s`,
      right: true
    },
    { name: "requests", text: ({ requests }) => String(requests), right: true }
  ],
  encode: Schema.encodeSync(Schema.toCodecJson(Grader.Row))
}

class CommandFailed extends Data.TaggedError("CommandFailed")<{ readonly code: number }> {}

// Without `exec`, the client is a child of the shell. In a container, it may have no process to reap it afterwards.
const inShell = (command: string): string =>
  /^[\w@%+:,./-]+( [\w@%+=:,./ -]*)?$/.test(command.trim()) ? `exec ${command} "$@"` : `${command} "$@"`

const decodeLine = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Struct({ id: Schema.String })))

/** Runs the client as a process for one call. */
const call = Effect.fnUntraced(
  function*(command: string, args: ReadonlyArray<string>, target: Grader.Target) {
    const { accountSid, authToken } = target.credentials
    const child = yield* ChildProcess.make("sh", ["-c", inShell(command), "sh", ...args], {
      env: {
        TWILIO_COMMS_BASE_URL: target.baseUrl,
        TWILIO_ACCOUNT_SID: accountSid,
        TWILIO_AUTH_TOKEN: Redacted.value(authToken),
        TWILIO_API_KEY: "",
        TWILIO_API_SECRET: "",
        // The client reaches the emulator of the scenario without a proxy.
        NO_PROXY: "127.0.0.1",
        no_proxy: "127.0.0.1"
      },
      extendEnv: true,
      stderr: "ignore",
      forceKillAfter: "2 seconds"
    })
    const operations = yield* child.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.filter((line) => line.trim() !== ""),
      Stream.mapEffect((line) => decodeLine(line)),
      Stream.runCollect
    )
    const code = yield* child.exitCode
    return code === 0 ? operations : yield* new CommandFailed({ code })
  },
  Effect.scoped
)

// Shells use these codes if a command is missing or not executable.
const isNotRun = (error: unknown): boolean =>
  error instanceof CommandFailed && (error.code === 126 || error.code === 127)

const clientOf = (command: string, found: Effect.Effect<void>) =>
  Effect.fnUntraced(function*(target: Grader.Target) {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const run = (args: ReadonlyArray<string>) =>
      call(command, args, target).pipe(
        Effect.onExit((exit) => Exit.isFailure(exit) && isNotRun(Cause.squash(exit.cause)) ? Effect.void : found),
        Effect.provideService(ChildProcessSpawner.ChildProcessSpawner, spawner)
      )
    return {
      fetchOperation: (id: string) =>
        Effect.map(run(["get", id]), (operations): Grader.Identified => operations[0] ?? { id: "" }),
      listOperations: () => run(["list", "--page-size", "50"])
    }
  })

const notByHand = "needs a program that interrupts the client, or calls it sixty times at once"

// A command is one process per call, and processes share no queue of requests.
const ofCommand = Grader.ReadScenario.literals.filter((name) => name !== "sixtyAtOnce")

const chosen = Effect.fnUntraced(function*({ command, scenario }: Input) {
  const unknown = scenario.filter((name) => !isScenario(name))
  if (unknown.length > 0) {
    return yield* new UsageError({
      what: `--scenario: unknown scenario ${unknown.map(shown).join(", ")}.`,
      advice: `Use any of: ${Grader.ReadScenario.literals.join(", ")}.`
    })
  }
  const named = [...new Set(scenario.filter(isScenario))]
  const tooFast = named.filter((name) => !Attended.scenarios.includes(name))
  if (Option.isNone(command) && tooFast.length > 0) {
    return yield* new UsageError({
      what: `--scenario: ${tooFast.join(" and ")} ${notByHand}.`,
      advice: "Add --command, or use the grader of @effect-comms/testing."
    })
  }
  return named.length > 0 ? named : Option.isSome(command) ? ofCommand : Attended.scenarios
})

const gradeCommand = Effect.fnUntraced(
  function*(command: string, scenarios: ReadonlyArray<Grader.Scenario>, concurrency: number) {
    const { length } = scenarios
    yield* Effect.logInfo(
      length === 1
        ? "Running 1 scenario in real time."
        : `Running ${length} scenarios in real time, ${concurrency} at once.`
    )
    let isFound = false
    const found = Effect.sync(() => {
      isFound = true
    })
    const grade = yield* Grader.gradeClient(clientOf(command, found), { transport: "port", concurrency, scenarios })
    if (isFound) return grade
    return yield* new UsageError({
      what: `--command: ${shown(command)} cannot be run.`,
      why: "The shell reports that the command is missing or not executable.",
      advice: "Name a program on the PATH or its path, with the arguments that precede `get` and `list`."
    })
  }
)

const gradeAttended = Effect.fnUntraced(function*(scenarios: ReadonlyArray<Grader.Scenario>) {
  if (yield* Settings.Quiet) {
    return yield* new UsageError({
      what: "--quiet hides the base URLs, which are printed on stderr.",
      advice: "Remove --quiet, or add --command."
    })
  }
  const grade = yield* Attended.grade(scenarios)
  if (grade.rows.length === 0) {
    return yield* new UsageError({
      what: "Nothing was graded.",
      why: "The input ended before the first call.",
      advice: "Enter a line after each call, or add --command."
    })
  }
  return grade
})

export const run = Effect.fnUntraced(function*(input: Input) {
  const { command, concurrency, format } = input
  const scenarios = yield* chosen(input)
  const grade = yield* Option.isSome(command)
    ? gradeCommand(command.value, scenarios, concurrency)
    : gradeAttended(scenarios)
  yield* Format.print(shape, format, Stream.fromIterable(grade.rows))
  const { failed, passed } = grade
  const skipped = scenarios.length - grade.rows.length
  yield* Effect.logInfo(`${passed} of ${passed + failed} passed${skipped === 0 ? "" : `, ${skipped} skipped`}`)
  if (failed > 0) return yield* new ExitCode.Ended({ code: ExitCode.failed })
})
