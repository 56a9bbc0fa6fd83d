// Turns the answer to a request, or the failure of the transport, into a value or a typed error.
import * as CommsError from "@effect-comms/domain/CommsError"
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import { printable } from "@effect-comms/domain/Printable"
import { TwilioError, TwilioErrors } from "@effect-comms/domain/TwilioError"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as RetryPolicy from "../../RetryPolicy.ts"

/** The request as errors show it, and the function that removes secrets from text of the answer. */
export interface Exchange {
  readonly method: string
  readonly url: string
  readonly readOnly: boolean
  readonly scrub: (text: string) => string
}

const excerptLength = 256

const shorten = (text: string, length: number): string => text.length > length ? `${text.slice(0, length)}…` : text

const excerptOf = (text: string, scrub: Exchange["scrub"]): string =>
  // Scrub before cutting, since the scrubber does not find half a secret.
  shorten(printable(scrub(text).slice(0, 8 * excerptLength)), excerptLength)

const bodyOf = (headers: Headers.Headers, text: string, scrub: Exchange["scrub"]) => {
  const contentType = headers["content-type"]
  const mediaType = contentType === undefined
    ? {}
    : { mediaType: scrub(contentType).replace(/;.*/s, "").trim().slice(0, 100) }
  return { ...mediaType, excerpt: excerptOf(text, scrub) }
}

const requestIdOf = (headers: Headers.Headers, scrub: Exchange["scrub"]) => {
  const requestId = headers["twilio-request-id"] ?? headers["x-request-id"]
  return requestId === undefined ? {} : { requestId: shorten(scrub(requestId), 100) }
}

const scrubError = (scrub: Exchange["scrub"]) => ({ code, context, infoUrl, message }: TwilioError) =>
  new TwilioError({
    code,
    message: scrub(message),
    infoUrl: scrub(infoUrl),
    context: context === null ? null : scrub(context)
  })

/**
 * The wait that the server asks for, from now on.
 *
 * A date is compared with the `Date` header of the answer, so that a wrong clock on either side has no effect. A value
 * that is not a wait (negative, in the past, not a number, or several values) is ignored.
 */
export const retryAfterOf = (headers: Headers.Headers, now: number): Duration.Duration | undefined => {
  const header = headers["retry-after"]
  if (header === undefined) return undefined
  const parsed = Headers.parseRetryAfter(header)
  if (Result.isFailure(parsed)) return undefined
  if (parsed.success._tag === "Duration") return parsed.success.duration
  const sent = Result.match(Headers.parseHttpDate(headers["date"] ?? ""), {
    onFailure: () => now,
    onSuccess: DateTime.toEpochMillis
  })
  const delay = Headers.retryAfterDelay(parsed.success, sent)
  return Duration.isZero(delay) ? undefined : delay
}

// A later time would make `DateTime.makeUnsafe` throw, and a server can ask for any wait.
const lastTime = 8.64e15

/** The time at an epoch millisecond, or the last time that a `Date` can hold. */
export const timeAt = (millis: number): DateTime.Utc => DateTime.makeUnsafe(Math.min(millis, lastTime))

const decodeEnvelope = Schema.decodeUnknownOption(Schema.fromJsonString(TwilioErrors))

/** The error for an answer that is not a success: the class of its status, or `UnexpectedStatus`. */
export const toStatusError = <Class extends Endpoint.ContractErrorClass>(
  classes: ReadonlyMap<number, Class | typeof CommsError.Unauthorized | typeof CommsError.Forbidden>,
  exchange: Exchange,
  response: { readonly status: number; readonly headers: Headers.Headers },
  text: string,
  now: number
): InstanceType<Class> | CommsError.CallError => {
  const { method, readOnly, scrub, url } = exchange
  const { headers, status } = response
  const envelope = decodeEnvelope(text)
  const fields = {
    method,
    url,
    ...requestIdOf(headers, scrub),
    ...(Option.isSome(envelope)
      ? { errors: envelope.value.errors.map(scrubError(scrub)) }
      : { errors: [], ...bodyOf(headers, text, scrub) })
  }
  const retryAfter = retryAfterOf(headers, now)
  const withRetryAfter = retryAfter === undefined
    ? fields
    : { ...fields, retryAfter, retryAt: timeAt(now + Duration.toMillis(retryAfter)) }
  const Class = classes.get(status)
  return Class === undefined
    ? new CommsError.UnexpectedStatus({ ...withRetryAfter, status, readOnly })
    : new Class(withRetryAfter) as InstanceType<Class>
}

const causes = (cause: unknown): ReadonlyArray<{ readonly message: string; readonly code?: unknown }> => {
  const found: Array<{ readonly message: string; readonly code?: unknown }> = []
  for (let next = cause; next instanceof Error && found.length < 5; next = next.cause) {
    found.push(next)
    // Node tries every address of a host and lists the error of each.
    if (next instanceof AggregateError && next.errors[0] instanceof Error) found.push(next.errors[0])
  }
  return found
}

/** The failure of the transport, with the message of its innermost cause. */
export const toTransportFailure = (exchange: Exchange) => (error: HttpClientError.HttpClientError) => {
  const chain = causes(error.reason.cause)
  const last = chain[chain.length - 1]
  const code = chain.find(({ code }) => typeof code === "string")?.code
  const isRefused = Predicate.isTagged(error.reason.cause, "CircuitBreakerError")
  const said = isRefused && error.reason.description !== undefined
    ? error.reason.description
    : last === undefined || last.message === ""
    ? error.reason._tag
    : last.message
  const detail = typeof code === "string" && !said.includes(code) ? `${said} (${code})` : said
  return new CommsError.TransportFailure({
    method: exchange.method,
    url: exchange.url,
    readOnly: exchange.readOnly,
    reason: isRefused ? "Refused" : "Connection",
    detail: excerptOf(detail, exchange.scrub)
  })
}

/** Interrupts an attempt or a call after a time, and fails with a `TransportFailure`. */
export const failAfter = (
  { method, readOnly, url }: Pick<Exchange, "method" | "readOnly" | "url">,
  what: "attempt" | "call",
  duration: Duration.Duration
) =>
  Effect.timeoutOrElse({
    duration,
    orElse: () =>
      Effect.fail(
        new CommsError.TransportFailure({
          method,
          url,
          readOnly,
          reason: "Timeout",
          detail: `The ${what} timed out after ${Duration.format(duration)}.`
        })
      )
  })

const tooLarge = (maxBodySize: number): string => `The body is larger than the limit of ${maxBodySize} bytes.`

// The text of a body, or none if it is too large. Bytes are counted as they arrive, unless an uncompressed body has a
// `Content-Length` within the limit.
const readText = (
  response: HttpClientResponse.HttpClientResponse,
  maxBodySize: number
): Effect.Effect<Option.Option<string>, HttpClientError.HttpClientError> => {
  const { headers } = response
  const length = /^\d+$/.test(headers["content-length"] ?? "") ? Number(headers["content-length"]) : Number.NaN
  if (length <= maxBodySize && headers["content-encoding"] === undefined) return Effect.asSome(response.text)
  return Effect.suspend(() => {
    let size = length > maxBodySize ? length : 0
    // The connection is released when the stream ends early.
    return response.stream.pipe(
      Stream.mapArrayEffect((chunks) => {
        for (const chunk of chunks) size += chunk.length
        return size > maxBodySize ? Effect.fail(undefined) : Effect.succeed(chunks)
      }),
      Stream.decodeText,
      Stream.mkString,
      Effect.asSome,
      Effect.catch((error) =>
        error === undefined
          ? Effect.succeedNone
          : error.reason._tag === "EmptyBodyError"
          ? Effect.succeedSome("")
          : Effect.fail(error)
      )
    )
  })
}

const invalid = (
  { method, scrub, url }: Exchange,
  { headers, status }: HttpClientResponse.HttpClientResponse,
  text: string,
  problem: string
) =>
  new CommsError.InvalidResponse({
    method,
    url,
    status,
    problem,
    ...requestIdOf(headers, scrub),
    ...bodyOf(headers, text, scrub)
  })

/** Makes the function that reads an answer to its end and returns its value, or fails with its error. */
export const makeReader = <Success extends Endpoint.Body, Class extends Endpoint.ContractErrorClass>(
  success: Success,
  classes: ReadonlyMap<number, Class | typeof CommsError.Unauthorized | typeof CommsError.Forbidden>,
  maxBodySize: number
) => {
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.toCodecJson(success)))

  const readSuccess = (
    exchange: Exchange,
    response: HttpClientResponse.HttpClientResponse,
    body: Option.Option<string>
  ): Effect.Effect<Success["Type"], CommsError.InvalidResponse> =>
    Option.match(body, {
      onNone: () => Effect.fail(invalid(exchange, response, "", tooLarge(maxBodySize))),
      onSome: (text) =>
        Effect.mapError(decode(text), (error) =>
          invalid(
            exchange,
            response,
            text,
            text === "" ? "The body is empty." : excerptOf(error.message, exchange.scrub)
          ))
    })

  const readFailure = (
    exchange: Exchange,
    response: HttpClientResponse.HttpClientResponse,
    body: Option.Option<string>
  ) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const error = toStatusError(classes, exchange, response, Option.getOrElse(body, () => ""), now)
      const header = response.headers["retry-after"]
      return header !== undefined && RetryPolicy.retryAfter(error) === undefined
        ? Effect.andThen(
          Effect.annotateCurrentSpan("comms.retry_after.ignored", excerptOf(header, exchange.scrub)),
          Effect.fail(error)
        )
        : Effect.fail(error)
    })

  return (
    exchange: Exchange,
    response: HttpClientResponse.HttpClientResponse
  ): Effect.Effect<Success["Type"], InstanceType<Class> | CommsError.CallError> =>
    readText(response, maxBodySize).pipe(
      Effect.mapError(toTransportFailure(exchange)),
      Effect.flatMap((body) =>
        response.status >= 200 && response.status < 300
          ? readSuccess(exchange, response, body)
          : readFailure(exchange, response, body)
      )
    )
}
