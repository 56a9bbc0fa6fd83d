// The frame of every command's handler. It loads the program, logs to stderr, and turns errors into exit codes.
import * as Cause from "effect/Cause"
import type * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as ExitCode from "./ExitCode.ts"
import type * as Failure from "./Failure.ts"
import { escapeInvisible, printableLines } from "./Format.ts"
import * as Settings from "./Settings.ts"

const textLogger = Logger.withConsoleError(
  Logger.make<unknown, string>(({ message }) =>
    printableLines((Array.isArray(message) ? message : [message]).map(String).join(" "))
  )
)

const jsonLogger = Logger.withConsoleError(Logger.map(Logger.formatJson, escapeInvisible))

// Help describes no failures.
const loadFailure = Effect.promise(() => import("./Failure.ts"))

/** Logs the description of an error. */
export const tell = Effect.fnUntraced(function*(description: Failure.Description) {
  const format = yield* Settings.LogFormat
  const attempts = yield* Settings.Verbose
  const Failure = yield* loadFailure
  yield* format === "text"
    ? Effect.logError(Failure.toText(description, { attempts }))
    : Effect.annotateLogs(Effect.logError(description.what), Failure.toFields(description, { attempts }))
})

/** Logs an error. */
export const report = (error: unknown) => Effect.flatMap(loadFailure, (Failure) => tell(Failure.describe(error)))

/** Reports a defect in one line, without its stack. */
export const reportDefect = (defect: unknown) =>
  Effect.flatMap(
    loadFailure,
    (Failure) => Console.error(`Error: This is a bug in comms: ${Failure.describe(defect).what}`)
  )

/** Makes the handler of a program that is loaded when the command runs. */
export const lazy = <Input, E, R>(
  load: () => Promise<{ readonly run: (input: Input) => Effect.Effect<void, E, R> }>
) =>
  Effect.fnUntraced(
    function*(input: Input) {
      const { run } = yield* Effect.promise(load)
      return yield* run(input)
    },
    Effect.catchCause(Effect.fnUntraced(function*(cause: Cause.Cause<E>) {
      if (Cause.hasInterruptsOnly(cause)) return yield* Effect.interrupt
      if (Cause.hasDies(cause)) {
        yield* reportDefect(Cause.squash(cause))
        return yield* new ExitCode.Ended({ code: ExitCode.failed })
      }
      const error = Cause.squash(cause)
      if (error instanceof ExitCode.Ended) return yield* error
      yield* report(error)
      const Failure = yield* loadFailure
      return yield* new ExitCode.Ended({ code: Failure.exitCodeOf(error) })
    })),
    (effect) =>
      Effect.gen(function*() {
        const format = yield* Settings.LogFormat
        const quiet = yield* Settings.Quiet
        return yield* effect.pipe(
          Effect.provideService(Logger.CurrentLoggers, new Set([format === "text" ? textLogger : jsonLogger])),
          Effect.provideService(References.MinimumLogLevel, quiet ? "Error" : "Info")
        )
      })
  )

/** The settings that every handler reads. */
export type Needs = GlobalFlag.Setting.Identifier<"quiet" | "verbose" | "log-format" | "env-file" | "emulator">
