// What the errors of calls say: each text is written here once, for `message` and for programs that show the parts.
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import { printable } from "../Printable.ts"

/**
 * An error in sentences: what happened, why, and what to do about it.
 *
 * **Details**
 *
 * Every part is one line without control characters, whatever the server sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Description {
  readonly what: string
  readonly why: ReadonlyArray<string>
  readonly advice?: string | undefined
  readonly requestId?: string | undefined
}

export const messageOf = ({ advice, requestId, what, why }: Description): string =>
  [what, ...why, advice, requestId === undefined ? undefined : `Request id: ${requestId}.`]
    .filter(Predicate.isNotUndefined)
    .join(" ")

export const sentence = (text: string): string => {
  const clean = printable(text)
  return /[.!?]$/.test(clean) ? clean : `${clean}.`
}

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`

/** A duration in whole seconds, such as "1 hour 5 minutes"; shorter than a second, in milliseconds. */
export const inWords = (duration: Duration.Duration): string => {
  if (Duration.isLessThan(duration, Duration.seconds(1))) {
    return counted(Math.round(Duration.toMillis(duration)), "millisecond")
  }
  const { days, hours, minutes, seconds } = Duration.parts(Duration.seconds(Math.round(Duration.toSeconds(duration))))
  return ([[days, "day"], [hours, "hour"], [minutes, "minute"], [seconds, "second"]] as const)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => counted(count, unit))
    .join(" ")
}

/** How often something failed, in front of what failed last. */
export const timesOf = ({ failures, since }: { readonly failures: number; readonly since: DateTime.Utc }): string =>
  failures === 1 ? "" : ` ${failures} times in a row since ${DateTime.formatIso(since)}; last error`

interface Request {
  readonly method?: string
  readonly url?: string
  readonly attempts?: ReadonlyArray<unknown>
}

const requestOf = ({ method, url }: Request): string =>
  [method, url].filter(Predicate.isNotUndefined).map(printable).join(" ") || "The request"

const afterAttempts = ({ attempts = [] }: Request): string =>
  attempts.length > 1 ? ` after ${attempts.length} attempts` : ""

interface Body {
  readonly requestId?: string
  readonly mediaType?: string
  readonly excerpt?: string
}

const bodyOf = ({ excerpt, mediaType }: Body): ReadonlyArray<string> =>
  excerpt === undefined ? [] : [
    `The body (${printable(mediaType ?? "no media type")}) ${
      excerpt === "" ? "is empty" : `begins with "${printable(excerpt)}"`
    }.`
  ]

const requestIdOf = ({ requestId }: Body): string | undefined =>
  requestId === undefined ? undefined : printable(requestId)

interface Answer extends Request, Body {
  readonly status: number
  readonly errors: ReadonlyArray<{
    readonly code: number
    readonly message: string
    readonly infoUrl: string
    readonly context: string | null
  }>
  readonly retryAfter?: Duration.Duration
}

const returned = (answer: Request & { readonly status: number }): string =>
  `${requestOf(answer)} returned ${answer.status}`

const whyOf = (error: Answer): ReadonlyArray<string> => [
  ...error.errors.map(({ code, context, infoUrl, message }) =>
    `${sentence(message)} (${code}${context === null ? "" : ` at ${printable(context)}`}, ${printable(infoUrl)})`
  ),
  ...bodyOf(error),
  ...(error.retryAfter === undefined ? [] : [`The server asks to wait ${inWords(error.retryAfter)}.`])
]

export const describeAnswer = (error: Answer, title: string, advice: string): Description => ({
  what: `${returned(error)} ${title}${afterAttempts(error)}.`,
  why: whyOf(error),
  advice,
  requestId: requestIdOf(error)
})

const checkBaseUrl = "Check TWILIO_COMMS_BASE_URL, and any proxy between this program and the API."

export const describeUnexpected = (error: Answer): Description => ({
  what: `${returned(error)}${afterAttempts(error)}.`,
  why: [
    ...whyOf(error),
    error.status >= 300 && error.status < 400
      ? "Redirects are not followed, so that the credentials reach no other server."
      : "The API does not document this status for this request, so it may come from a proxy."
  ],
  advice: checkBaseUrl,
  requestId: requestIdOf(error)
})

export const describeTransport = (
  error: Request & {
    readonly reason: "Connection" | "Timeout" | "Refused"
    readonly detail: string
    readonly readOnly: boolean
  }
): Description => {
  const why = sentence(error.detail)
  if (error.reason === "Refused") {
    return {
      what: `${requestOf(error)} was not sent.`,
      why: [why],
      advice: "Try again when the circuit breaker lets requests through."
    }
  }
  const isTimeout = error.reason === "Timeout"
  return {
    what: `${requestOf(error)} got no complete response${afterAttempts(error)}.`,
    why: [
      isTimeout ? why : `The connection failed: ${why}`,
      ...(error.readOnly ? [] : ["The server may have processed the request."])
    ],
    advice: isTimeout
      ? "Raise attemptTimeout or callTimeout, or check the network for delays."
      : "Check the network and TWILIO_COMMS_BASE_URL."
  }
}

export const describeResponse = (
  error: Request & Body & { readonly status: number; readonly problem: string }
): Description => ({
  what: `${returned(error)} with an invalid body${afterAttempts(error)}.`,
  why: [sentence(error.problem), ...bodyOf(error)],
  advice: checkBaseUrl,
  requestId: requestIdOf(error)
})

export const describeCooldown = (
  error: Request & { readonly retryAfter: Duration.Duration; readonly retryAt: DateTime.Utc }
): Description => {
  const retryAt = DateTime.formatIso(error.retryAt)
  return {
    what: `${requestOf(error)} was not sent.`,
    why: [
      `The server asked this account to wait until ${retryAt}, which is another ${inWords(error.retryAfter)} and ` +
      "longer than this call may wait."
    ],
    advice: `Retry the request at ${retryAt} or later, or raise maxRetryAfter and callTimeout.`
  }
}

export const describeInput = (
  error: {
    readonly call: string
    readonly issues: ReadonlyArray<{ readonly field: string; readonly problem: string }>
  }
): Description => ({
  what: `The input of ${printable(error.call)} is invalid. Nothing was sent.`,
  why: error.issues.map(({ field, problem }) => sentence(`${field}: ${problem}`))
})

export const describeLoop = (
  error: {
    readonly call: string
    readonly reason: "RepeatedToken" | "RepeatedPages"
    readonly pages: number
  }
): Description => ({
  what: `${printable(error.call)} stopped after ${counted(error.pages, "page")}. All items up to there were delivered.`,
  why: [
    error.reason === "RepeatedToken"
      ? "The server sent a page token for the second time, so the list would never end."
      : "The server sent the same pages again and again, so the list would never end."
  ],
  advice: "Narrow the filters, or contact Twilio support."
})

export const describeLimit = (
  error: { readonly call: string; readonly limit: "maxPages" | "maxItems"; readonly max: number }
): Description => ({
  what: `${printable(error.call)} stopped at its limit. All items up to there were delivered.`,
  why: [`The list is longer than ${error.limit} allows, which is ${error.max}.`],
  advice: `Raise ${error.limit}, narrow the filters, or resume from the error's position.`
})

const mismatches = {
  version: ["was written by another version of this library", "Start over, or resume it with that version."],
  resource: ["belongs to another resource", "Resume it with the resource that created it."],
  baseUrl: ["belongs to another server", "Resume it with the base URL that it was created with."],
  account: [
    "belongs to another account or API key",
    "Resume it with the account SID or the API key that it was created with."
  ],
  age: ["is too old", "Start over, or raise maxAge."]
} as const

export const describeMismatch = (
  error: { readonly call: string; readonly part: keyof typeof mismatches; readonly detail?: string }
): Description => {
  const [why, advice] = mismatches[error.part]
  return {
    what: `${printable(error.call)} rejected a checkpoint. Nothing was sent.`,
    why: [`The checkpoint ${why}${error.detail === undefined ? "" : ` (${printable(error.detail)})`}.`],
    advice
  }
}
