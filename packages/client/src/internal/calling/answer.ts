// Turns the answer to a request, or the failure of the transport, into a value or a typed error.
import * as CommsError from "@effect-comms/domain/CommsError"
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import { omitUndefined } from "@effect-comms/domain/Input"
import { printable } from "@effect-comms/domain/Printable"
import * as TwilioError from "@effect-comms/domain/TwilioError"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Headers from "effect/http/Headers"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { textAt } from "./pointed.ts"
import { retryAfterOf } from "./retryAfter.ts"
import type { Answered } from "./state.ts"

/** The request as errors show it. */
export interface Request {
  readonly method: string
  readonly url: string
  readonly readOnly: boolean
}

/** A request, and the function that removes secrets from text of its answer. */
export interface Exchange extends Request {
  /** The body of the request, which errors of its answer can point to. */
  readonly payload?: unknown
  readonly scrub: (text: string) => string
}

const excerptLength = 256

const shorten = (text: string, length: number): string => text.length > length ? `${text.slice(0, length)}…` : text

const excerptOf = (text: string, scrub: Exchange["scrub"]): string =>
  // Scrub before cutting, since the scrubber does not find half a secret.
  shorten(printable(scrub(text).slice(0, 8 * excerptLength)), excerptLength)

const requestIdOf = (scrub: Exchange["scrub"], headers: Headers.Headers): string | undefined => {
  const requestId = headers["twilio-request-id"] ?? headers["x-request-id"]
  return requestId === undefined ? undefined : shorten(scrub(requestId), 100)
}

// The text of an answer whose errors can be read is not shown.
const fieldsOf = ({ method, scrub, url }: Exchange, headers: Headers.Headers, text?: string) => {
  const contentType = text === undefined ? undefined : headers["content-type"]
  return {
    method,
    url,
    requestId: requestIdOf(scrub, headers),
    mediaType: contentType === undefined ? undefined : scrub(contentType).replace(/;.*/s, "").trim().slice(0, 100),
    excerpt: text === undefined ? undefined : excerptOf(text, scrub)
  }
}

const scrubError =
  ({ payload, scrub }: Exchange) =>
  ({ code, context, infoUrl, message }: TwilioError.TwilioError): TwilioError.TwilioError => {
    const value = context === null ? undefined : textAt(payload, context)
    return new TwilioError.TwilioError(omitUndefined({
      code,
      message: scrub(message),
      infoUrl: infoUrl && scrub(infoUrl),
      context: context && scrub(context),
      value: value && scrub(value)
    }))
  }

// A later time would make `DateTime.makeUnsafe` throw, and a server can ask for any wait.
const lastTime = 8.64e15

/** The time at an epoch millisecond, or the last time that a `Date` can hold. */
export const timeAt = (millis: number): DateTime.Utc => DateTime.makeUnsafe(Math.min(millis, lastTime))

const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))

const errorsOf = (text: string): ReadonlyArray<TwilioError.TwilioError> =>
  Result.match(decodeJson(text), { onFailure: () => [], onSuccess: TwilioError.fromBody })

/** The path parameters of a request. */
export type Params = Endpoint.Any["params"]["Type"]

type Contract = Pick<Endpoint.Any, "success" | "errors" | "fromAnswer" | "answers">

const causes = (cause: unknown): ReadonlyArray<{ readonly message: string; readonly code?: unknown }> => {
  const found: Array<{ readonly message: string; readonly code?: unknown }> = []
  for (let next = cause; next instanceof Error && found.length < 5; next = next.cause) {
    found.push(next)
    // Node tries every address of a host and lists the error of each.
    if (next instanceof AggregateError && next.errors[0] instanceof Error) found.push(next.errors[0])
  }
  return found
}

// A retry would fail in the same way. A handshake that times out is not among these codes.
const tlsCode =
  /^(?:ERR_SSL_|ERR_TLS_(?!HANDSHAKE_TIMEOUT)|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERROR_IN_C|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/

const reasonOf = (code: string | undefined): CommsError.TransportFailure["reason"] =>
  code === undefined
    ? "Connection"
    : code === "ENOTFOUND"
    ? "UnknownHost"
    : tlsCode.test(code)
    ? "Tls"
    : "Connection"

/** The failure of the transport, with the message of its innermost cause. */
export const toTransportFailure = (exchange: Exchange) => (error: HttpClientError.HttpClientError) => {
  const { method, readOnly, scrub, url } = exchange
  const chain = causes(error.reason.cause)
  const last = chain[chain.length - 1]
  const code = chain.map(({ code }) => code).find(Predicate.isString)
  const reason = Predicate.isTagged(error.reason.cause, "CircuitBreakerError") ? "Refused" : reasonOf(code)
  const said = reason === "Refused" && error.reason.description !== undefined
    ? error.reason.description
    : last === undefined || last.message === ""
    ? error.reason._tag
    : last.message
  const detail = code !== undefined && !said.includes(code) ? `${said} (${code})` : said
  return new CommsError.TransportFailure(omitUndefined({
    method,
    url,
    readOnly,
    reason,
    code: code === undefined ? undefined : excerptOf(code, scrub),
    detail: excerptOf(detail, scrub)
  }))
}

// Transports that decompress keep the header.
const isCompressed = (headers: Headers.Headers): boolean =>
  !["", "identity"].includes(headers["content-encoding"]?.trim().toLowerCase() ?? "")

// The text of a body; undefined if it is too large. Bytes are counted as they arrive, unless an uncompressed body has a
// `Content-Length` within the limit.
const readText = (
  response: HttpClientResponse.HttpClientResponse,
  headers: Headers.Headers,
  maxBodySize: number
): Effect.Effect<string | undefined, HttpClientError.HttpClientError> => {
  const length = /^\d+$/.test(headers["content-length"] ?? "") ? Number(headers["content-length"]) : Number.NaN
  if (length <= maxBodySize && !isCompressed(headers)) return response.text
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
      Effect.catch((error) =>
        error === undefined
          ? Effect.undefined
          : error.reason._tag === "EmptyBodyError"
          ? Effect.succeed("")
          : Effect.fail(error)
      )
    )
  })
}

/** Makes the function that reads an answer to its end and returns its value, or fails with its error. */
export const makeReader = <C extends Contract>(endpoint: C, maxBodySize: number) => {
  const { errors, fromAnswer, success } = endpoint
  const codec = Schema.toCodecJson(success)
  // Two steps, because the decoder that is installed for a codec is not found within another schema.
  const decodeBody = Schema.decodeUnknownResult(codec)
  const decode = (text: string, headers: Headers.Headers) => {
    const json = decodeJson(text)
    return fromAnswer === undefined
      ? Result.flatMap(json, (body) => decodeBody(body))
      : decodeBody(fromAnswer({ body: Result.getOrUndefined(json), headers }))
  }
  const classes = new Map<number, CommsError.StatusErrorClass>(
    [...errors, CommsError.Unauthorized, CommsError.Forbidden].map((Class) => [Class.status, Class])
  )

  const readSuccess = (
    exchange: Exchange,
    params: Params,
    status: number,
    headers: Headers.Headers,
    text: string | undefined
  ): Effect.Effect<Answered<C["success"]["Type"]>, CommsError.InvalidResponse> => {
    const fail = (problem: string) => {
      const fields = { ...fieldsOf(exchange, headers, text ?? ""), status, problem }
      return Effect.fail(new CommsError.InvalidResponse(omitUndefined(fields)))
    }
    if (text === undefined) return fail(`The body is larger than the limit of ${maxBodySize} bytes.`)
    const decoded = decode(text, headers)
    if (Result.isFailure(decoded)) {
      return fail(
        text === ""
          ? "The body is empty."
          : isCompressed(headers)
          ? "The body is compressed, which the request does not accept."
          : excerptOf(decoded.failure.message, exchange.scrub)
      )
    }
    const value = decoded.success
    return endpoint.answers?.(params, value) === false
      ? fail("The response is about another resource.")
      : Effect.succeed({ status, requestId: requestIdOf(exchange.scrub, headers), value })
  }

  const readFailure = Effect.fnUntraced(function*(
    exchange: Exchange,
    status: number,
    headers: Headers.Headers,
    text: string
  ): Effect.fn.Return<never, Endpoint.AnswerError<C>> {
    const { readOnly, scrub } = exchange
    const now = yield* Clock.currentTimeMillis
    const retryAfter = retryAfterOf(headers, now)
    const errors = errorsOf(text)
    const fields = omitUndefined({
      ...fieldsOf(exchange, headers, errors.length === 0 ? text : undefined),
      errors: errors.map(scrubError(exchange)),
      retryAfter,
      retryAt: retryAfter === undefined ? undefined : timeAt(now + Duration.toMillis(retryAfter))
    })
    const header = headers["retry-after"]
    if (header !== undefined && retryAfter === undefined) {
      yield* Effect.annotateCurrentSpan("comms.retry_after.ignored", excerptOf(header, scrub))
    }
    const Class = classes.get(status)
    const error = Class === undefined
      ? new CommsError.UnexpectedStatus({ ...fields, status, readOnly })
      : new Class(fields) as InstanceType<C["errors"][number]>
    return yield* Effect.fail(error)
  })

  return (
    exchange: Exchange,
    params: Params,
    response: HttpClientResponse.HttpClientResponse
  ): Effect.Effect<Answered<C["success"]["Type"]>, Endpoint.AnswerError<C>> => {
    // Each access to the headers builds them again.
    const { headers, status } = response
    return Effect.matchEffect(readText(response, headers, maxBodySize), {
      onFailure: (error) => Effect.fail(toTransportFailure(exchange)(error)),
      onSuccess: (text) =>
        status >= 200 && status < 300
          ? readSuccess(exchange, params, status, headers, text)
          : readFailure(exchange, status, headers, text ?? "")
    })
  }
}
