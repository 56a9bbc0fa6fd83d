// The exit codes of the command.
import * as Data from "effect/Data"
import * as Runtime from "effect/Runtime"

export const done = 0

/** The API or the network failed, or a file could not be written while the command ran. */
export const failed = 1

/** Wrong usage, input or configuration. Nothing was sent. */
export const usage = 2

/** An operation completed with more failures than tolerated. */
export const incomplete = 3

/** An operation was canceled. */
export const canceled = 4

/** A time limit was reached. */
export const timeLimit = 5

/** The signals that interrupt the command, and their exit codes: 128 and the number of the signal, as in a shell. */
export const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** The exit codes, for the help. */
export const help: string = [
  `Exit codes: ${done} success; ${failed} the API or the network failed; ${usage} wrong usage or input, nothing was sent;`,
  `${incomplete} an operation completed with more failures than tolerated; ${canceled} an operation was canceled;`,
  `${timeLimit} a time limit was reached; ${signals.SIGINT} interrupted; ${signals.SIGTERM} SIGTERM; ${signals.SIGHUP} SIGHUP.`
].join(" ")

/** The command ends with this code. Its errors are already printed. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: number }> {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}
