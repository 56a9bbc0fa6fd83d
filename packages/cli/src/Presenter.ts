// Prints help, the version, and errors of the command line.
import { printable } from "@effect-comms/domain/Printable"
import * as CliError from "effect/cli/CliError"
import type * as CliOutput from "effect/cli/CliOutput"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"
import * as Terminal from "effect/Terminal"
import * as Help from "./Help.ts"
import { brief, shown } from "./Shown.ts"

const flagMessage = (option: string, value: string, expected: string): string | undefined => {
  if (value === "") {
    return `Missing value for flag --${option}. A value that begins with a dash follows an equals sign: --${option}=VALUE`
  }
  // Effect says what it found as what it expected.
  if (expected.startsWith("Path is not a file")) return `--${option}: ${shown(value)} is not a regular file.`
  if (expected.startsWith("Failed to check path")) return `--${option}: ${shown(value)} cannot be read.`
  return undefined
}

const messageOf = (error: CliError.NonShowHelpErrors): string => {
  switch (error._tag) {
    case "InvalidValue": {
      const { expected, kind, option } = error
      return (kind === "flag" ? flagMessage(option, error.value, expected) : undefined) ??
        new CliError.InvalidValue({ expected, kind, option, value: shown(error.value) }).message
    }
    case "UnexpectedArgument":
      return new CliError.UnexpectedArgument({ arguments: error.arguments.map(shown) }).message
    default:
      return error.message
  }
}

const toText = (errors: ReadonlyArray<CliError.NonShowHelpErrors>, commandPath: ReadonlyArray<string>): string =>
  [
    ...errors.map((error) => `Error: ${brief(printable(messageOf(error)))}`),
    `  Do:  Run '${commandPath.join(" ")} --help' for its usage. Nothing was sent.`
  ].join("\n")

/** Requested help and the version go to stdout, everything else to stderr. */
export const presenter: CliOutput.Presenter = {
  present: Effect.fnUntraced(function*(event) {
    const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
    const stdio = yield* Effect.serviceOption(Stdio.Stdio)
    const isTerminal = stdio._tag === "Some" && (yield* stdio.value.stdoutIsTerminal)
    const terminal = yield* Effect.serviceOption(Terminal.Terminal)
    const columns = terminal._tag === "Some" ? yield* terminal.value.columns : 0
    switch (event._tag) {
      case "Help":
        return yield* event.reason === "Requested"
          ? Console.log(Help.toText(event.helpDoc, canColor && isTerminal, columns))
          : Console.error(Help.toText(event.helpDoc, false, columns))
      case "InvalidInvocation":
        return yield* Console.error(toText(event.errors, event.commandPath))
      case "Version":
        return yield* Console.log(`${event.name} ${event.version}`)
    }
  })
}
