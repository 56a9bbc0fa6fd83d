// What is shown of retries: a line on the terminal while a call waits for its next attempt, or a message with
// --verbose.
import * as Attempts from "@effect-comms/client/Attempts"
import { causeOf } from "@effect-comms/domain/CommsError"
import { printable } from "@effect-comms/domain/Printable"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import process from "node:process"
import * as Failure from "./Failure.ts"
import * as Screen from "./run/watching/screen.ts"
import * as Settings from "./Settings.ts"
import { brief } from "./Shown.ts"

/** The next attempt and the cause, such as "retrying (2 of 6): ENOTFOUND". */
export const describe = ({ attempt, error, maxAttempts }: Attempts.Retry): string =>
  `retrying (${attempt.number + 1}${Number.isFinite(maxAttempts) ? ` of ${maxAttempts}` : ""}): ${causeOf(error)}`

const urlOf = (request: HttpClientRequest.HttpClientRequest): string =>
  Option.match(HttpClientRequest.toUrl(request), { onNone: () => request.url, onSome: ({ href }) => href })

const log = ({ attempt, delay, error, method, url }: Attempts.Retry) =>
  Effect.annotateLogs(
    Effect.logInfo(
      `Attempt ${attempt.number} of ${method} ${brief(printable(url))} ended with ${causeOf(error)}; ` +
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

const make = Effect.gen(function*() {
  const http = yield* HttpClient.HttpClient
  const isVerbose = yield* Settings.Verbose
  const isLine = !isVerbose && !(yield* Settings.Quiet) && (yield* Settings.LogFormat) === "text" &&
    (yield* Screen.style) !== undefined
  const show = isLine ? yield* line : undefined
  const waiting = new Map<string, string>()
  const showLast = () => show?.([...waiting.values()].at(-1))

  const watched = HttpClient.tapRequest(http, (request) =>
    Effect.sync(() => {
      waiting.delete(urlOf(request))
      showLast()
    }))

  return Context.make(HttpClient.HttpClient, watched).pipe(
    Context.add(Attempts.OnRetry, (retry) =>
      isVerbose
        ? log(retry)
        : Effect.sync(() => {
          waiting.set(retry.url, describe(retry))
          showLast()
        }))
  )
})

/** Shows the retries of the calls of an HTTP client. */
export const layer = Layer.effectContext(make)
