// A confirmation on the terminal before something is deleted.
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"
import * as ExitCode from "../ExitCode.ts"
import { UsageError } from "../Failure.ts"

/** Succeeds if the user confirms, or with `--yes`. */
export const confirm = Effect.fnUntraced(function*(question: string, yes: boolean) {
  if (yes) return
  const { stdinIsTerminal, stdoutIsTerminal } = yield* Stdio.Stdio
  // The question is shown on stdout.
  if (!(yield* stdinIsTerminal) || !(yield* stdoutIsTerminal)) {
    return yield* new UsageError({
      what: "This command needs a confirmation. Nothing was sent.",
      why: "It is not on a terminal that could be asked.",
      advice: "Add --yes, or use --dry-run to see what would change."
    })
  }
  const isConfirmed = yield* Effect.catchTag(
    Prompt.run(Prompt.Confirm({ message: question })),
    "QuitError",
    () => Effect.succeed(false)
  )
  if (isConfirmed) return
  yield* Effect.logInfo("Not confirmed. Nothing was changed.")
  return yield* new ExitCode.Ended({ code: ExitCode.signals.SIGINT })
})
