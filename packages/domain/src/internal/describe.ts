import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"

interface Request {
  readonly method?: string
  readonly url?: string
  readonly attempts?: ReadonlyArray<unknown>
}

const lastOf = ({ attempts = [] }: Request): string =>
  attempts.length > 1 ? ` at the last of ${attempts.length} attempts` : ""

const requestOf = ({ method, url }: Request): string =>
  method === undefined && url === undefined
    ? "The request"
    : [method, url].filter((part) => part !== undefined).join(" ")

const bodyOf = (body: { readonly mediaType?: string; readonly excerpt?: string }): string =>
  body.excerpt === undefined
    ? ""
    : ` The body (${body.mediaType ?? "no media type"}) ${
      body.excerpt === "" ? "is empty." : `begins with "${body.excerpt}".`
    }`

const idOf = (requestId: string | undefined): string => requestId === undefined ? "" : ` Request id: ${requestId}.`

const sentence = (text: string): string => /[.!?]$/.test(text) ? text : `${text}.`

// What the API wrote is data, and must not write on the terminal that shows it.
export const printable = (text: string): string => text.replace(/[\p{Cc}\s]+/gu, " ").trim()

export const describeAnswer = (
  error: Request & {
    readonly status: number
    readonly errors: ReadonlyArray<{
      readonly code: number
      readonly message: string
      readonly infoUrl: string
      readonly context: string | null
    }>
    readonly requestId?: string
    readonly retryAfter?: Duration.Duration
    readonly mediaType?: string
    readonly excerpt?: string
  },
  phrase: string,
  advice: string
): string => {
  const errors = error.errors.map(({ code, context, infoUrl, message }) =>
    ` ${sentence(printable(message))} (${code}${context === null ? "" : ` at ${printable(context)}`}, ${
      printable(infoUrl)
    })`
  ).join("")
  const wait = error.retryAfter === undefined ? "" : ` The server asks to wait ${Duration.format(error.retryAfter)}.`
  return `${requestOf(error)} was answered ${error.status}${lastOf(error)}, ${phrase}.${errors}${
    bodyOf(error)
  }${wait} ${advice}${idOf(error.requestId)}`
}

export const describeTransport = (
  error: Request & {
    readonly reason: "Connection" | "Timeout" | "Refused"
    readonly detail: string
    readonly readOnly: boolean
  }
): string =>
  error.reason === "Refused" ?
    `${requestOf(error)} was not sent: ${sentence(error.detail)}` :
    `${requestOf(error)} got no complete answer${lastOf(error)}: ${sentence(error.detail)} ${
      error.reason === "Timeout"
        ? "Allow an attempt more time, or look at what slows the network."
        : "Check the network and TWILIO_COMMS_BASE_URL."
    }${error.readOnly ? "" : " Whether it was processed is not known."}`

export const describeResponse = (
  error: Request & {
    readonly status: number
    readonly problem: string
    readonly requestId?: string
    readonly mediaType?: string
    readonly excerpt?: string
  }
): string =>
  `${requestOf(error)} was answered ${error.status} with a body that cannot be understood: ${sentence(error.problem)}${
    bodyOf(error)
  } Check TWILIO_COMMS_BASE_URL and what stands between it and the program.${idOf(error.requestId)}`

export const describeInput = (
  error: {
    readonly call: string
    readonly issues: ReadonlyArray<{ readonly field: string; readonly problem: string }>
  }
): string =>
  `${error.call} refused its input, and nothing was sent. ${
    error.issues.map(({ field, problem }) => sentence(`${field}: ${problem}`)).join(" ")
  }`

export const describeLoop = (
  error: {
    readonly call: string
    readonly reason: "RepeatedToken" | "RepeatedPages"
    readonly pages: number
  }
): string =>
  `${error.call} was given ${
    error.reason === "RepeatedToken" ? "a page token a second time" : "pages that had come before, again and again"
  } after ${error.pages} pages, so the list would never end. ` +
  "What came before was delivered. Tell Twilio's support, or narrow the filters."

export const describeLimit = (
  error: { readonly call: string; readonly limit: "maxPages" | "maxItems"; readonly max: number }
): string =>
  `${error.call} delivered what it may, and the list goes on: ${error.limit} is ${error.max}. ` +
  `Raise ${error.limit}, narrow the filters, or go on from the error's position.`

const mismatches = {
  version: "it was written by another version of this library. Begin anew, or read it with that version",
  resource: "it is of something else. Give it to the resource that it is of",
  baseUrl: "it is of another server. Go on with the base URL that it was made with",
  account: "it is of other credentials. Go on with the account SID or the API key that it was made with",
  age: "it is too old. Begin anew, or allow a greater maxAge"
}

export const describeMismatch = (
  error: { readonly call: string; readonly part: keyof typeof mismatches; readonly detail?: string }
): string =>
  `${error.call} refused a checkpoint, and nothing was sent: ${mismatches[error.part]}${
    error.detail === undefined ? "" : ` (${printable(error.detail)})`
  }.`

export const describeCooldown = (
  error: Request & { readonly retryAfter: Duration.Duration; readonly retryAt: DateTime.Utc }
): string =>
  `${requestOf(error)} was not sent: the server asked this account to wait ${
    Duration.format(error.retryAfter)
  } more, ` +
  `which is longer than the call may. Repeat it at ${
    DateTime.formatIso(error.retryAt)
  } or later, or allow a longer wait.`
