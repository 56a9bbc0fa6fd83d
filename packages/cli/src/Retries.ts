// What is shown of retries: a line on the terminal while a call waits for its next attempt, or a message with
// --verbose.
import * as Attempts from "@effect-comms/client/Attempts"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { printable } from "@effect-comms/domain/Printable"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import process from "node:process"
import * as Failure from "./Failure.ts"
import * as Screen from "./run/watching/screen.ts"
import * as Settings from "./Settings.ts"
import { brief, shown } from "./Shown.ts"

/** Describes retries. */
export class Retries extends Context.Service<Retries, {
  /** The next attempt and the cause, such as "retrying (2 of 6): ENOTFOUND". */
  readonly describe: (retry: Attempts.Retry) => string
}>()("@effect-comms/cli/Retries") {}

const inWords = (tag: string): string => tag.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()

const codeIn = (text: string): string | undefined =>
  /\b(?:E[A-Z0-9]{3,}|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/.exec(text)?.[0]

/** The cause of a failed call in a few words: the status, or the code of the transport. */
export const causeOf = (error: CommsError.CommsError): string => {
  if (error._tag === "TransportFailure") return codeIn(error.detail) ?? shown(error.detail).replace(/\.$/, "")
  return error._tag !== "InvalidResponse" && "status" in error ? String(error.status) : inWords(error._tag)
}

/** The code of a transport error, such as ENOTFOUND. It may belong to a cause of the error. */
export const codeOf = (error: unknown): string | undefined => {
  if (!Predicate.isObject(error)) return undefined
  if (Predicate.hasProperty(error, "code") && Predicate.isString(error.code)) return codeIn(error.code)
  // Node tries every address of a host, and lists the error of each.
  const errors = Predicate.hasProperty(error, "errors") && Array.isArray(error.errors) ? error.errors : []
  return codeOf(errors[0]) ?? (Predicate.hasProperty(error, "cause") ? codeOf(error.cause) : undefined)
}

const urlOf = (request: HttpClientRequest.HttpClientRequest): string =>
  Option.match(HttpClientRequest.toUrl(request), { onNone: () => request.url, onSome: ({ href }) => href })

const log = ({ attempt, delay, method, url }: Attempts.Retry, cause: string) =>
  Effect.annotateLogs(
    Effect.logInfo(
      `Attempt ${attempt.number} of ${method} ${brief(printable(url))} ended with ${cause}; ` +
        `retrying in ${Failure.shortTime(delay)}.`
    ),
    { attempt: attempt.number, outcome: attempt.outcome, delayMillis: Math.round(Duration.toMillis(delay)) }
  )

const clearRight = "\u001b[K"

/** A line on stderr. The cursor stays at its start, so that any other output replaces it. */
const line = Effect.acquireRelease(
  Effect.sync(() => {
    let isShown = false
    return (text: string | undefined) => {
      if (text === undefined && !isShown) return
      isShown = text !== undefined
      process.stderr.write(`\r${(text ?? "").slice(0, (process.stderr.columns || 80) - 1)}${clearRight}\r`)
    }
  }),
  (show) => Effect.sync(() => show(undefined))
)

const make = Effect.fnUntraced(function*(maxAttempts: number) {
  const http = yield* HttpClient.HttpClient
  const isVerbose = yield* Settings.Verbose
  const isLine = !isVerbose && !(yield* Settings.Quiet) && (yield* Settings.LogFormat) === "text" &&
    (yield* Screen.style) !== undefined
  const show = isLine ? yield* line : undefined
  // A retry does not have the error of its attempt.
  const codes = new Map<string, string>()
  const waiting = new Map<string, string>()
  const showLast = () => show?.([...waiting.values()].at(-1))

  const watched = HttpClient.transform(http, (answer, request) =>
    Effect.suspend(() => {
      const url = urlOf(request)
      codes.delete(url)
      waiting.delete(url)
      showLast()
      return Effect.tapError(answer, (error) =>
        Effect.sync(() => {
          const code = codeOf(error.reason.cause)
          if (code !== undefined) codes.set(url, code)
        }))
    }))

  const causeOfRetry = ({ attempt: { outcome, status }, url }: Attempts.Retry): string => {
    if (status !== undefined) return String(status)
    return codes.get(url) ?? (outcome === "TransportFailure" ? "no complete response" : inWords(outcome))
  }
  const describe = (retry: Attempts.Retry) =>
    `retrying (${retry.attempt.number + 1} of ${maxAttempts}): ${causeOfRetry(retry)}`

  return Context.make(HttpClient.HttpClient, watched).pipe(
    Context.add(Retries, { describe }),
    Context.add(Attempts.OnRetry, (retry) =>
      isVerbose
        ? log(retry, causeOfRetry(retry))
        : Effect.sync(() => {
          waiting.set(retry.url, describe(retry))
          showLast()
        }))
  )
})

/** Shows the retries of the calls of an HTTP client. */
export const layer = (maxAttempts: number) => Layer.effectContext(make(maxAttempts))
