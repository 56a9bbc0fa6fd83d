/**
 * What went wrong, for a person: what, why, and what to do; and what it is for a script.
 *
 * @since 0.1.0
 */
import type { Attempt } from "@effect-comms/domain/Attempt"
import * as CommsError from "@effect-comms/domain/CommsError"
import { toInvalidInput } from "@effect-comms/domain/Input"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as ExitCode from "./ExitCode.ts"
import { printable } from "./Printable.ts"

/**
 * What is said of a failure.
 *
 * @category models
 * @since 0.1.0
 */
export interface Description {
  readonly what: string
  readonly why?: ReadonlyArray<string> | undefined
  readonly advice?: string | undefined
  readonly requestId?: string | undefined
  readonly attempts?: ReadonlyArray<Attempt> | undefined
}

/**
 * The command was used wrongly, or is not configured, and nothing was sent.
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

const phrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable"
}

const later = "Repeat the command later; --verbose says what was tried."

const advices: { readonly [tag in CommsError.CommsError["_tag"]]?: string } = {
  BadRequest: "Correct the request; repeating it as it is changes nothing.",
  Unauthorized: "Check the credentials: `comms doctor` says which are used, and where they are from.",
  Forbidden: "Use credentials that are permitted to do this.",
  NotFound: "Check the id, and that it belongs to this account.",
  Conflict: later,
  TooManyRequests: later,
  InternalServerError: "The API asks not to repeat it; tell Twilio's support the request id.",
  ServiceUnavailable: later,
  UnexpectedStatus:
    "Check TWILIO_COMMS_BASE_URL and what stands between it and this machine: `comms doctor` asks there.",
  TransportFailure: "Check the network and TWILIO_COMMS_BASE_URL: `comms doctor` asks there.",
  InvalidResponse:
    "Check TWILIO_COMMS_BASE_URL and what stands between it and this machine: `comms doctor` asks there.",
  CoolingDown: "Repeat the command then, or set TWILIO_COMMS_MAX_RETRY_AFTER to a longer wait."
}

const requestOf = ({ method, url }: { readonly method?: string; readonly url?: string }): string =>
  [method, url].filter(Predicate.isNotUndefined).map(printable).join(" ") || "The request"

const whyOf = (error: CommsError.Answer & { readonly retryAfter?: Duration.Duration }): ReadonlyArray<string> => [
  ...error.errors.map(({ code, context, infoUrl, message }) =>
    `${printable(message)} (${code}${context === null ? "" : ` at ${printable(context)}`}, ${printable(infoUrl)})`
  ),
  ...(error.excerpt === undefined
    ? []
    : [`The body (${printable(error.mediaType ?? "no media type")}) begins with "${printable(error.excerpt)}".`]),
  ...(error.retryAfter === undefined ? [] : [`The server asks to wait ${shortTime(error.retryAfter)}.`])
]

const describeCommsError = (error: CommsError.CommsError): Description => {
  const advice = advices[error._tag]
  if ("errors" in error) {
    const { status } = error
    return {
      what: `${requestOf(error)} was answered ${status}${status in phrases ? ` ${phrases[status]}` : ""}.`,
      why: whyOf(error),
      advice,
      requestId: error.requestId,
      attempts: error.attempts
    }
  }
  switch (error._tag) {
    case "TransportFailure":
      return {
        what: `${requestOf(error)} got no complete answer.`,
        why: [printable(error.detail)],
        advice,
        attempts: error.attempts
      }
    case "InvalidResponse":
      return {
        what: `${requestOf(error)} was answered ${error.status} with a body that cannot be understood.`,
        why: [
          printable(error.problem),
          ...(error.excerpt === undefined ? [] : [`It begins with "${printable(error.excerpt)}".`])
        ],
        advice,
        requestId: error.requestId,
        attempts: error.attempts
      }
    case "CoolingDown":
      return {
        what: `${requestOf(error)} was not sent.`,
        why: [
          `The server asked this account to wait until ${DateTime.formatIso(error.retryAt)}, longer than a call may.`
        ],
        advice,
        attempts: error.attempts
      }
    default:
      return { what: printable(error.message) }
  }
}

const fields: Readonly<Record<string, string>> = { baseUrl: "TWILIO_COMMS_BASE_URL", credentials: "the credentials" }

const toFlag = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

const nameOf = (field: string): string => fields[field] ?? (/^[A-Z_]+$/.test(field) ? field : toFlag(field))

const whatIsConfigured = "`comms doctor` says what is configured, and where it is from."

const issueLine = ({ field, problem }: CommsError.InputIssue): string =>
  `${nameOf(field)}: ${printable(problem).replace(/\b(?:start|end)Date\b/g, toFlag)}`

/**
 * A time as short as it is of use: in whole milliseconds.
 *
 * @category formatting
 * @since 0.1.0
 */
export const shortTime = (duration: Duration.Duration): string =>
  Duration.format(Duration.millis(Math.round(Duration.toMillis(duration))))

/**
 * Describes a failure.
 *
 * **Details**
 *
 * Never with a stack: what is not known to this module is one line.
 *
 * @category formatting
 * @since 0.1.0
 */
export const describe = (error: unknown): Description => {
  if (error instanceof UsageError) {
    return { what: error.what, why: error.why === undefined ? [] : [error.why], advice: error.advice }
  }
  if (error instanceof CommsError.InvalidInput) {
    return {
      what: "The input was refused, and nothing was sent.",
      why: error.issues.map(issueLine),
      advice: error.issues.some(({ field }) => field in fields) ? whatIsConfigured : "`--help` says what is right."
    }
  }
  if (error instanceof Config.ConfigError) {
    return {
      what: "The configuration is not right, and nothing was sent.",
      why: Schema.isSchemaError(error.cause)
        ? toInvalidInput("comms", "configuration")(error.cause).issues.map(issueLine)
        : [printable(error.message)],
      advice: whatIsConfigured
    }
  }
  return CommsError.isCommsError(error)
    ? describeCommsError(error)
    : { what: printable(Predicate.isError(error) ? error.message : String(error)) }
}

/**
 * The code that a command ends with after a failure.
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
    ...(description.why ?? []).map((line) => `  Why: ${line}`),
    ...(description.advice === undefined ? [] : [`  Do:  ${description.advice}`]),
    ...(description.requestId === undefined ? [] : [`  Request id: ${printable(description.requestId)}`]),
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
  ...(description.why === undefined ? {} : { why: description.why }),
  ...(description.advice === undefined ? {} : { advice: description.advice }),
  ...(description.requestId === undefined ? {} : { requestId: description.requestId }),
  ...(options.attempts && description.attempts !== undefined
    ? { attempts: description.attempts.map(attemptLine) }
    : {})
})
