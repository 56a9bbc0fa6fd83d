/**
 * What the command ends with, for scripts.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Runtime from "effect/Runtime"

/**
 * @category constants
 * @since 0.1.0
 */
export const done = 0

/**
 * The API or the network failed.
 *
 * @category constants
 * @since 0.1.0
 */
export const failed = 1

/**
 * Wrong usage, input or configuration. Nothing was sent.
 *
 * @category constants
 * @since 0.1.0
 */
export const usage = 2

/**
 * An operation completed with failures beyond what is tolerated.
 *
 * @category constants
 * @since 0.1.0
 */
export const incomplete = 3

/**
 * An operation was canceled.
 *
 * @category constants
 * @since 0.1.0
 */
export const canceled = 4

/**
 * A time limit was over.
 *
 * @category constants
 * @since 0.1.0
 */
export const timeLimit = 5

/**
 * Ctrl-C, or a signal that asks to end.
 *
 * @category constants
 * @since 0.1.0
 */
export const interrupted = 130

/**
 * The table of the codes, for the help.
 *
 * @category formatting
 * @since 0.1.0
 */
export const help: string = [
  `Exit codes: ${done} done; ${failed} the API or the network failed; ${usage} wrong usage or input, and nothing was sent;`,
  `${incomplete} an operation completed with failures beyond what is tolerated; ${canceled} an operation was canceled;`,
  `${timeLimit} a time limit was over; ${interrupted} interrupted.`
].join("\n  ")

/**
 * The command is over with this code, and everything about it was said.
 *
 * @category errors
 * @since 0.1.0
 */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: number }> {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}
