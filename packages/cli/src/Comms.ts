// The command tree, and how it is run.
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import manifest from "../package.json" with { type: "json" }
import { completions } from "./commands/completions.ts"
import { doctor } from "./commands/doctor.ts"
import { emulator } from "./commands/emulator.ts"
import { grade } from "./commands/grade.ts"
import { operations } from "./commands/operations.ts"
import { pools } from "./commands/pools.ts"
import { senders } from "./commands/senders.ts"
import * as ExitCode from "./ExitCode.ts"
import { reportDefect } from "./Handler.ts"
import { presenter } from "./Presenter.ts"
import * as Settings from "./Settings.ts"

// `completions` is part of the tree that it prints.
const root = (): Command.Command.Any => comms

const comms = Command.make("comms").pipe(
  Command.withDescription(
    `The Twilio Comms API from a terminal, a script or a CI job.\n\n  Unofficial: not made, endorsed or supported by Twilio.\n\n  ${ExitCode.help}`
  ),
  Command.withSubcommands([operations, pools, senders, emulator, doctor, grade, completions(root)]),
  Command.withGlobalFlags(Settings.all)
)

// Errors of the command line include help that is shown for an incomplete command.
const end = (cause: Cause.Cause<CliError.CliError | ExitCode.Ended>) => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
  const error = Cause.squash(cause)
  if (error instanceof ExitCode.Ended) return Effect.fail(error)
  return CliError.isCliError(error)
    ? Effect.fail(new ExitCode.Ended({ code: ExitCode.usage }))
    : Effect.andThen(reportDefect(error), Effect.fail(new ExitCode.Ended({ code: ExitCode.failed })))
}

/** Runs the command with these arguments. It fails with an exit code other than 0, after its errors were printed. */
export const run = (args: ReadonlyArray<string>) =>
  Command.runWith(comms, { version: manifest.version })(args).pipe(
    Effect.catchCause(end),
    Effect.provide(
      Layer.mergeAll(
        CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
        CliOutput.layerPresenter(presenter),
        TerminalCapabilities.layer
      )
    )
  )
