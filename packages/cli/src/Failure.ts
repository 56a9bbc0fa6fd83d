/**
 * Failures in sentences (what happened, why, and what to do), and their exit codes for scripts.
 *
 * @since 0.1.0
 */
import type { Attempt } from "@effect-comms/domain/Attempt"
import * as CommsError from "@effect-comms/domain/CommsError"
import { FeedFailed, FeedOverflow } from "@effect-comms/domain/FeedCheckpoint"
import { toInvalidInput } from "@effect-comms/domain/Input"
import { printable } from "@effect-comms/domain/Printable"
import { OutcomeNotTolerated, WaitError } from "@effect-comms/domain/WaitError"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as ExitCode from "./ExitCode.ts"
import { brief, shown } from "./Shown.ts"

/**
 * A failure in sentences, and the attempts of the call that failed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Description extends CommsError.Description {
  readonly attempts?: ReadonlyArray<Attempt> | undefined
}

/**
 * The command was used incorrectly, or is not configured. Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class UsageError extends Data.TaggedError("UsageError")<{
  readonly what: string
  readonly why?: string | undefined
  readonly advice?: string | undefined
}> {
  override readonly [Runtime.errorExitCode] = ExitCode.usage
  override get message(): string {
    return [this.what, this.why, this.advice].filter(Predicate.isNotUndefined).join(" ")
  }
}

/**
 * A file cannot be written while the command runs.
 *
 * @category errors
 * @since 0.1.0
 */
export class FileFailed extends Data.TaggedError("FileFailed")<{
  readonly what: string
  readonly why?: string | undefined
  readonly advice: string
}> {
  override readonly [Runtime.errorExitCode] = ExitCode.failed
  override get message(): string {
    return [this.what, this.why, this.advice].filter(Predicate.isNotUndefined).join(" ")
  }
}

const DomainError = Schema.Union([CommsError.CommsError, WaitError, OutcomeNotTolerated, FeedFailed, FeedOverflow])

type DomainError = typeof DomainError.Type

const isDomainError = Schema.is(DomainError)

const later = "Run the command again later. --verbose shows every attempt."

const doctor = "`comms doctor` tests the connection."

const checkBaseUrl = `Check TWILIO_COMMS_BASE_URL, and any proxy between this machine and the API. ${doctor}`

// Where the command knows better advice than the library.
const advices: { readonly [tag in DomainError["_tag"]]?: string } = {
  Unauthorized: "Check the credentials. `comms doctor` shows which ones are used, and where they come from.",
  Conflict: later,
  TooManyRequests: later,
  ServiceUnavailable: later,
  UnexpectedStatus: checkBaseUrl,
  InvalidResponse: checkBaseUrl,
  InvalidInput: "`--help` describes the flags.",
  PaginationLimit: "Narrow the filters, such as --start-date and --end-date.",
  CoolingDown: "Run the command again then, or set TWILIO_COMMS_MAX_RETRY_AFTER to a longer wait.",
  CheckpointMismatch: "Name another file, or use the credentials and the base URL that it was written with.",
  WaitTimeout: "Run the command again, or raise --timeout.",
  Stalled: "Run the command again, or contact Twilio support.",
  StatusNotKnown: "Update comms.",
  FeedOverflow: "Start with a later --since."
}

const adviceOf = (error: DomainError): string | undefined => {
  const { advice } = error.description
  if (error._tag !== "TransportFailure") return advices[error._tag] ?? advice
  return error.reason === "Tls" || error.reason === "UnknownHost"
    ? advice
    : `Check the network, TWILIO_COMMS_BASE_URL and any proxy. ${doctor}`
}

const describeDomainError = (error: DomainError): Description => {
  // What can be done about a failed wait or feed depends on the error of its last request.
  const cause = error._tag === "PollsFailed" || error._tag === "FeedFailed" ? error.reason : error
  return {
    ...error.description,
    advice: adviceOf(cause),
    attempts: "attempts" in cause ? cause.attempts : undefined
  }
}

const fields: Readonly<Record<string, string>> = { baseUrl: "TWILIO_COMMS_BASE_URL", credentials: "the credentials" }

const toFlag = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

const nameOf = (field: string): string => {
  const [, key] = /^(?:input\.)?tags\.(.*)$/s.exec(field) ?? []
  if (key !== undefined) return `--tag ${shown(key)}`
  return fields[field] ?? (/^[A-Z_]+$/.test(field) ? field : toFlag(field.replace(/^input\./, "")))
}

const whatIsConfigured = "`comms doctor` shows what is configured, and where it comes from."

const issueLine = ({ field, problem }: CommsError.InputIssue): string => {
  const [expected = "", ...value] = printable(problem).split(", got ")
  const got = value.length === 0 ? "" : `, got ${shown(value.join(", got "))}`
  return `${nameOf(field)}: ${expected.replace(/\b(?:start|end)Date\b/g, toFlag)}${got}`
}

/**
 * A duration in its shortest form, rounded to milliseconds.
 *
 * @category formatting
 * @since 0.1.0
 */
export const shortTime = (duration: Duration.Duration): string =>
  Duration.format(Duration.millis(Math.round(Duration.toMillis(duration))))

const describeWhole = (error: unknown): Description => {
  if (error instanceof UsageError || error instanceof FileFailed) {
    return { what: error.what, why: error.why === undefined ? [] : [error.why], advice: error.advice }
  }
  if (error instanceof CommsError.InvalidInput) {
    return {
      ...describeDomainError(error),
      why: error.issues.map(issueLine),
      ...(error.issues.some(({ field }) => field in fields) ? { advice: whatIsConfigured } : {})
    }
  }
  if (error instanceof Config.ConfigError) {
    return {
      what: "The configuration is invalid. Nothing was sent.",
      why: Schema.isSchemaError(error.cause)
        ? toInvalidInput("comms", "configuration")(error.cause).issues.map(issueLine)
        : [printable(error.message)],
      advice: whatIsConfigured
    }
  }
  return isDomainError(error)
    ? describeDomainError(error)
    : { what: printable(Predicate.isError(error) ? error.message : String(error)), why: [] }
}

/**
 * Describes a failure.
 *
 * **Details**
 *
 * An unknown error is described by its message, never by its stack. Long input in it is shortened.
 *
 * @category formatting
 * @since 0.1.0
 */
export const describe = (error: unknown): Description => {
  const { advice, what, why, ...rest } = describeWhole(error)
  return { ...rest, what: brief(what), why: why.map(brief), advice: advice === undefined ? undefined : brief(advice) }
}

/**
 * The exit code of a command after a failure.
 *
 * @category exit codes
 * @since 0.1.0
 */
export const exitCodeOf = (error: unknown): number =>
  error instanceof CommsError.InvalidInput || error instanceof Config.ConfigError
    ? ExitCode.usage
    : Runtime.getErrorExitCode(error)

const attemptLine = ({ asked, number, outcome, status, took, waited }: Attempt): string =>
  [
    `attempt ${number}: ${Duration.isZero(waited) ? "" : `waited ${shortTime(waited)}, `}`,
    `${status === undefined ? "" : `${status} `}${outcome} after ${shortTime(took)}`,
    asked === undefined ? "" : `, asked to wait ${shortTime(asked)}`
  ].join("")

/**
 * A description as lines of text.
 *
 * @category formatting
 * @since 0.1.0
 */
export const toText = (description: Description, options: { readonly attempts: boolean }): string =>
  [
    `Error: ${description.what}`,
    ...description.why.map((line) => `  Why: ${line}`),
    ...(description.advice === undefined ? [] : [`  Do:  ${description.advice}`]),
    ...(description.requestId === undefined ? [] : [`  Request id: ${description.requestId}`]),
    ...(options.attempts ? (description.attempts ?? []).map((attempt) => `  ${attemptLine(attempt)}`) : [])
  ].join("\n")

/**
 * A description as fields of a log entry.
 *
 * @category formatting
 * @since 0.1.0
 */
export const toFields = (
  description: Description,
  options: { readonly attempts: boolean }
): Record<string, unknown> => ({
  why: description.why,
  ...(description.advice === undefined ? {} : { advice: description.advice }),
  ...(description.requestId === undefined ? {} : { requestId: description.requestId }),
  ...(options.attempts && description.attempts !== undefined
    ? { attempts: description.attempts.map(attemptLine) }
    : {})
})
