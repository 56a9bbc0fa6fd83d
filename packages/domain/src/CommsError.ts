/**
 * The errors of calls of the Comms API: tagged classes whose fields are data.
 *
 * There is one class for each status code of the contract, and {@link UnexpectedStatus} for all others. The other
 * classes are {@link TransportFailure} (no complete response), {@link InvalidResponse} (a response with an invalid
 * body), {@link OutcomeUnknown} (a write whose response was lost), {@link InvalidInput}, {@link CheckpointMismatch} and
 * {@link CoolingDown} (nothing was sent), {@link PaginationLoop} (a list that would never end), {@link PaginationLimit}
 * (a list that is longer than its limit) and {@link InvalidItem} (an item of a page that cannot be decoded).
 *
 * Every error, also of waits and feeds, has a `description`: what happened, why, and what to do. `message` joins it to
 * one text. Neither contains control characters, whatever the server sent.
 *
 * @module
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { Attempt } from "./Attempt.ts"
import {
  afterAttempts,
  bodyOf,
  counted,
  DescribedError,
  type DescribedErrorClass,
  describeResponse,
  inWords,
  requestOf,
  sentence
} from "./internal/describe.ts"
import { PageToken, Position } from "./Pagination.ts"
import { printable } from "./Printable.ts"
import { TwilioError } from "./TwilioError.ts"

export type { Description } from "./internal/describe.ts"

// Fields that are known only after an error was made. The call, the stream of pages and the scan add them.
const added = {
  attempts: Schema.optionalKey(Schema.Array(Attempt)),
  position: Schema.optionalKey(Position),
  window: Schema.optionalKey(Schema.Struct({
    startDate: Schema.DateTimeUtc,
    endDate: Schema.optionalKey(Schema.DateTimeUtc)
  }))
}

const request = {
  ...added,
  method: Schema.optionalKey(Schema.String),
  url: Schema.optionalKey(Schema.String)
}

const body = {
  mediaType: Schema.optionalKey(Schema.String),
  excerpt: Schema.optionalKey(Schema.String)
}

const answer = {
  ...request,
  errors: Schema.Array(TwilioError),
  requestId: Schema.optionalKey(Schema.String),
  ...body
}

const answerWithRetryAfter = {
  ...answer,
  retryAfter: Schema.optionalKey(Schema.Duration),
  retryAt: Schema.optionalKey(Schema.DateTimeUtc)
}

/**
 * The fields of every error with a status.
 *
 * **Details**
 *
 * - `errors`: the errors in the response, in their order. Empty when the body is not Twilio's error format.
 * - `method`, `url`: the request, without its credentials.
 * - `attempts`: every attempt of the call, in order.
 * - `requestId`: the response's `Twilio-Request-Id` or `X-Request-Id`.
 * - `mediaType`, `excerpt`: the media type and the first 256 characters of a body that is not Twilio's error format.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer extends Schema.Struct.Type<typeof answer> {}

/**
 * An {@link Answer} with a `Retry-After`: how long the server asks to wait, counted from the arrival of the response,
 * and when that time ends.
 *
 * @category models
 * @since 0.1.0
 */
export interface AnswerWithRetryAfter extends Schema.Struct.Type<typeof answerWithRetryAfter> {}

const detailsOf = ({ code, context, infoUrl, value }: TwilioError): string => {
  const place = [
    code ?? "",
    context === null ? "" : `at ${printable(context)}`,
    value === undefined ? "" : `with "${printable(value)}"`
  ].filter((part) => part !== "").join(" ")
  const details = [place, printable(infoUrl ?? "")].filter((part) => part !== "").join(", ")
  return details === "" ? "" : ` (${details})`
}

const whyOf = (error: AnswerWithRetryAfter): ReadonlyArray<string> => [
  ...error.errors.map((one) => `${sentence(one.message)}${detailsOf(one)}`),
  ...bodyOf(error),
  ...(error.retryAfter === undefined ? [] : [`The server asks to wait ${inWords(error.retryAfter)}.`])
]

// `status`, `title` and `detail` are those of a problem detail (RFC 9457).
interface Problem {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly advice: string
}

// The base of the class of one status. The properties of `problem` are statics of the class.
function AnswerError<Self>(): <Tag extends string, const Fields extends Schema.Struct.Fields, const P extends Problem>(
  tag: Tag,
  fields: Fields,
  problem: P
) => DescribedErrorClass<Self, Tag, Fields> & P
function AnswerError(): unknown {
  return (tag: string, fields: typeof answer, problem: Problem) => {
    const { advice, detail, status, title } = problem
    const describe = (error: Answer) =>
      describeResponse(error, { returned: `${status} ${title}`, why: whyOf(error), advice })
    const annotations = { description: detail, httpApiStatus: status }
    return Object.assign(DescribedError<Answer>()(tag, fields, describe, annotations), problem)
  }
}

/**
 * 400: the request was malformed or ambiguous. A retry returns the same error.
 *
 * @category errors
 * @since 0.1.0
 */
export class BadRequest extends AnswerError<BadRequest>()("BadRequest", answer, {
  status: 400,
  title: "Bad Request",
  detail: "The request was malformed or ambiguous.",
  advice: "Correct the request: a retry returns the same error."
}) {
  readonly status = BadRequest.status
  readonly isRetryable = false
}

/**
 * 401: the credentials are missing or wrong. The API returns it, although its reference does not mention it.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unauthorized extends AnswerError<Unauthorized>()("Unauthorized", answer, {
  status: 401,
  title: "Unauthorized",
  detail: "The credentials are missing or wrong.",
  advice: "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET."
}) {
  readonly status = Unauthorized.status
  readonly isRetryable = false
}

/**
 * 403: the credentials are valid, and do not permit the request. The API returns it, although its reference does not
 * mention it.
 *
 * @category errors
 * @since 0.1.0
 */
export class Forbidden extends AnswerError<Forbidden>()("Forbidden", answer, {
  status: 403,
  title: "Forbidden",
  detail: "The credentials do not permit the request.",
  advice: "Use credentials that have permission for this request."
}) {
  readonly status = Forbidden.status
  readonly isRetryable = false
}

/**
 * 404: the resource does not exist. A new resource may be missing for a moment after it was created.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFound extends AnswerError<NotFound>()("NotFound", answer, {
  status: 404,
  title: "Not Found",
  detail: "The requested resource was not found.",
  advice: "Check the id, and that it belongs to this account."
}) {
  readonly status = NotFound.status
  readonly isRetryable = false
}

/**
 * 409: the request conflicts with the current state, for example when a new account is not ready yet (77701). It can be
 * retried after `retryAfter`.
 *
 * @category errors
 * @since 0.1.0
 */
export class Conflict extends AnswerError<Conflict>()("Conflict", answerWithRetryAfter, {
  status: 409,
  title: "Conflict",
  detail: "The request conflicts with the current state of the resource. Retry it after Retry-After.",
  advice: "Retry the request later."
}) {
  readonly status = Conflict.status
  readonly isRetryable = true
}

/**
 * 429: too many requests. The request was not processed, so a retry is always safe, after `retryAfter`.
 *
 * @category errors
 * @since 0.1.0
 */
export class TooManyRequests extends AnswerError<TooManyRequests>()("TooManyRequests", answerWithRetryAfter, {
  status: 429,
  title: "Too Many Requests",
  detail: "Too many requests. Retry it after Retry-After.",
  advice: "Retry the request later, and send fewer requests at once."
}) {
  readonly status = TooManyRequests.status
  readonly isRetryable = true
}

/**
 * 500: the server failed. The API asks not to retry the request.
 *
 * @category errors
 * @since 0.1.0
 */
export class InternalServerError extends AnswerError<InternalServerError>()("InternalServerError", answer, {
  status: 500,
  title: "Internal Server Error",
  detail: "The API is experiencing server-side issues. The request should not be retried.",
  advice: "The API asks not to retry it. Contact Twilio support with the request id."
}) {
  readonly status = InternalServerError.status
  readonly isRetryable = false
}

/**
 * 503: the API is temporarily unavailable. The request can be retried after `retryAfter`.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServiceUnavailable extends AnswerError<ServiceUnavailable>()("ServiceUnavailable", answerWithRetryAfter, {
  status: 503,
  title: "Service Unavailable",
  detail: "The API is temporarily unavailable. Retry it after Retry-After.",
  advice: "Retry the request later."
}) {
  readonly status = ServiceUnavailable.status
  readonly isRetryable = true
}

const checkBaseUrl = "Check TWILIO_COMMS_BASE_URL, and any proxy between this program and the API."

// 520 to 524, 529 and 598 are no standard statuses: proxies send them when the server behind them does not answer.
const transientStatuses: ReadonlySet<number> = new Set([408, 421, 425, 502, 504, 520, 521, 522, 523, 524, 529, 598])

/**
 * Any other status: one that the contract does not name for the request, such as a gateway's.
 *
 * **Details**
 *
 * It is retryable only when the request is read-only, since the request may have been processed. Retryable are 408,
 * 421, 425, 502, 504, 520 to 524, 529, 598, and every other status from 400 on with a `Retry-After`, except 500.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnexpectedStatus extends DescribedError<UnexpectedStatus>()("UnexpectedStatus", {
  ...answerWithRetryAfter,
  status: Schema.Int,
  readOnly: Schema.Boolean
}, (error) =>
  describeResponse(error, {
    returned: String(error.status),
    why: [
      ...whyOf(error),
      error.status >= 300 && error.status < 400
        ? "Redirects are not followed, so that the credentials reach no other server."
        : "The API does not document this status for this request, so it may come from a proxy."
    ],
    advice: checkBaseUrl
  }))
{
  get isRetryable(): boolean {
    if (!this.readOnly) return false
    const isInvited = this.retryAfter !== undefined && this.status >= 400 && this.status !== 500
    return isInvited || transientStatuses.has(this.status)
  }
}

const transportProblems = {
  Connection: { problem: "The connection failed: ", advice: "Check the network and TWILIO_COMMS_BASE_URL." },
  UnknownHost: {
    problem: "The host name was not found: ",
    advice: "Check the name in TWILIO_COMMS_BASE_URL, and the network."
  },
  Tls: {
    problem: "The secure connection failed: ",
    advice: "Check the certificate of the server, and that of any proxy. Node.js reads further authorities from " +
      "NODE_EXTRA_CA_CERTS."
  },
  Timeout: { problem: "", advice: "Raise attemptTimeout or callTimeout, or check the network for delays." }
}

/**
 * No complete response arrived.
 *
 * **Details**
 *
 * - `reason`: `"Timeout"` when a time limit of the client ended the attempt, `"Refused"` when a circuit breaker did not
 *   let the request be sent, `"UnknownHost"` when the host name does not exist, `"Tls"` when the certificate or the TLS
 *   protocol was rejected, `"Connection"` when the connection failed or broke.
 * - `code`: the error code of the transport, such as `ECONNREFUSED`. Absent if it has none.
 * - `detail`: what the transport said.
 *
 * The server may have processed the request, so it is retryable only when the request is read-only. `"Refused"` and
 * `"Tls"` are not retryable.
 *
 * @category errors
 * @since 0.1.0
 */
export class TransportFailure extends DescribedError<TransportFailure>()("TransportFailure", {
  ...request,
  reason: Schema.Literals(["Connection", "UnknownHost", "Tls", "Timeout", "Refused"]),
  code: Schema.optionalKey(Schema.String),
  detail: Schema.String,
  readOnly: Schema.Boolean
}, (error) => {
  const why = sentence(error.detail)
  if (error.reason === "Refused") {
    return {
      what: `${requestOf(error)} was not sent.`,
      why: [why],
      advice: "Try again when the circuit breaker lets requests through."
    }
  }
  const { advice, problem } = transportProblems[error.reason]
  return {
    what: `${requestOf(error)} got no complete response${afterAttempts(error)}.`,
    why: [`${problem}${why}`],
    advice
  }
}) {
  get isRetryable(): boolean {
    return this.readOnly && this.reason !== "Refused" && this.reason !== "Tls"
  }
}

/**
 * The response has a status of success, and its body does not match the contract.
 *
 * **Details**
 *
 * `problem` says what is wrong: the body is not JSON, or a field does not match. `excerpt` holds the first 256
 * characters of the body.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidResponse extends DescribedError<InvalidResponse>()("InvalidResponse", {
  ...request,
  status: Schema.Int,
  problem: Schema.String,
  requestId: Schema.optionalKey(Schema.String),
  ...body
}, (error) =>
  describeResponse(error, {
    returned: `${error.status} with an invalid body`,
    why: [sentence(error.problem), ...bodyOf(error)],
    advice: checkBaseUrl
  }))
{
  readonly isRetryable = false
}

/**
 * A write whose response was lost, so it may or may not have happened. It is never retried.
 *
 * **Details**
 *
 * - `call`: the method, such as `SenderPools.create`.
 * - `reason`: why the response says nothing. The connection failed, a time limit ended the attempt, a gateway answered
 *   for the API, or a successful response cannot be read.
 * - `check`: how to find out whether the write happened.
 *
 * @category errors
 * @since 0.1.0
 */
export class OutcomeUnknown extends DescribedError<OutcomeUnknown>()("OutcomeUnknown", {
  ...request,
  call: Schema.String,
  reason: Schema.Union([TransportFailure, UnexpectedStatus, InvalidResponse]),
  check: Schema.String
}, (error) => {
  const { requestId, what, why } = error.reason.description
  return {
    what: `${printable(error.call)} may or may not have happened. ${what}`,
    why: [...why, "A retry could make the change twice, so the request was not retried."],
    advice: sentence(error.check),
    requestId
  }
}) {
  readonly isRetryable = false
}

/**
 * Whether the outcome of a write that failed with this error is unknown, for {@link OutcomeUnknown}.
 *
 * **Details**
 *
 * A documented status is the API's own answer. Gateways answer with 408 or another status from 500 on when the API's
 * answer did not reach them.
 *
 * @category guards
 * @stability unstable
 * @since 0.1.0
 */
export const isOutcomeUnknown = (error: CommsError): error is OutcomeUnknown["reason"] => {
  switch (error._tag) {
    case "InvalidResponse":
      return true
    case "TransportFailure":
      return (error.reason === "Connection" || error.reason === "Timeout") && error.code !== "ECONNREFUSED"
    case "UnexpectedStatus":
      return error.status === 408 || error.status >= 500
    default:
      return false
  }
}

/**
 * Nothing was sent: the server asked this account to wait for longer than this call may.
 *
 * **Details**
 *
 * `retryAfter` is the rest of that wait, and `retryAt` its end.
 *
 * @category errors
 * @since 0.1.0
 */
export class CoolingDown extends DescribedError<CoolingDown>()("CoolingDown", {
  ...request,
  retryAfter: Schema.Duration,
  retryAt: Schema.DateTimeUtc
}, (error) => {
  const retryAt = DateTime.formatIso(error.retryAt)
  return {
    what: `${requestOf(error)} was not sent.`,
    why: [
      `The server asked this account to wait until ${retryAt}, which is another ${inWords(error.retryAfter)} and ` +
      "longer than this call may wait."
    ],
    advice: `Retry the request at ${retryAt} or later, or raise maxRetryAfter and callTimeout.`
  }
}) {
  readonly isRetryable = true
}

/**
 * One problem of an input: the field, and what was expected.
 *
 * @category models
 * @since 0.1.0
 */
export class InputIssue extends Schema.Class<InputIssue>("@effect-comms/domain/InputIssue")({
  field: Schema.String,
  problem: Schema.String
}) {}

const shownIssues = 10

/**
 * The input is invalid. Nothing was sent.
 *
 * **Details**
 *
 * `field` is the path of the first invalid field, such as `input.senders[17].senderId`. `issues` has all of them, and
 * the message shows the first ten.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidInput extends DescribedError<InvalidInput>()("InvalidInput", {
  call: Schema.String,
  field: Schema.String,
  issues: Schema.NonEmptyArray(InputIssue),
  ...added
}, (error) => ({
  what: `The input of ${printable(error.call)} is invalid. Nothing was sent.`,
  why: [
    ...error.issues.slice(0, shownIssues).map(({ field, problem }) => sentence(`${field}: ${problem}`)),
    ...(error.issues.length > shownIssues ? [`${counted(error.issues.length - shownIssues, "more problem")}.`] : [])
  ]
})) {
  readonly isRetryable = false
}

/**
 * The server sent the same page token or the same pages again, so the list would never end.
 *
 * **Details**
 *
 * All items up to there were delivered.
 *
 * - `reason`: `"RepeatedToken"` when `pageToken` had been followed before, `"RepeatedPages"` when identical pages were
 *   received again and again.
 * - `pages`: the number of pages received.
 * - `trail`: the last tokens that were followed, at most ten, oldest first.
 *
 * @category errors
 * @since 0.1.0
 */
export class PaginationLoop extends DescribedError<PaginationLoop>()("PaginationLoop", {
  call: Schema.String,
  reason: Schema.Literals(["RepeatedToken", "RepeatedPages"]),
  pageToken: PageToken,
  pages: Schema.Natural,
  trail: Schema.Array(PageToken),
  ...added
}, (error) => ({
  what: `${printable(error.call)} stopped after ${counted(error.pages, "page")}. All items up to there were delivered.`,
  why: [
    error.reason === "RepeatedToken"
      ? "The server sent a page token for the second time, so the list would never end."
      : "The server sent the same pages again and again, so the list would never end."
  ],
  advice: "Narrow the filters, or contact Twilio support."
})) {
  readonly isRetryable = false
}

/**
 * A list is longer than the limit of its stream.
 *
 * **Details**
 *
 * All items up to the limit were delivered.
 *
 * - `limit`, `max`: the option that sets the limit, and its value.
 * - `pageToken`: the token of the first page that was not delivered.
 * - `trail`: the last tokens that were followed, at most ten, oldest first.
 *
 * @category errors
 * @since 0.1.0
 */
export class PaginationLimit extends DescribedError<PaginationLimit>()("PaginationLimit", {
  call: Schema.String,
  limit: Schema.Literals(["maxPages", "maxItems"]),
  max: Schema.Natural,
  pageToken: Schema.optionalKey(PageToken),
  trail: Schema.Array(PageToken),
  ...added
}, (error) => ({
  what: `${printable(error.call)} stopped at its limit. All items up to there were delivered.`,
  why: [`The list is longer than ${error.limit} allows, which is ${error.max}.`],
  advice: `Raise ${error.limit}, narrow the filters, or resume from the error's position.`
})) {
  readonly isRetryable = false
}

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

/**
 * An item of a page that could not be decoded. The other items of the page are not affected.
 *
 * **Details**
 *
 * - `index`: the index of the item in its page, from 0.
 * - `pageToken`: the token of the page.
 * - `id`: the id of the item, if it has one of at most 100 characters.
 * - `problem`: what the item lacks, without its values.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidItem extends DescribedError<InvalidItem>()("InvalidItem", {
  index: Schema.Natural,
  pageToken: PageToken,
  id: Schema.optionalKey(Schema.String),
  problem: Schema.String,
  ...added
}, ({ id, index, problem }) => ({
  what: `The item at index ${index} of a page${id === undefined ? "" : ` (${printable(id)})`} could not be decoded.`,
  why: [sentence(problem)],
  advice: "The other items are not affected. Update this library, or report the item to Twilio."
})) {
  readonly isRetryable = false
}

/**
 * A checkpoint cannot be resumed here. Nothing was sent.
 *
 * **Details**
 *
 * `part` says what does not match: the version of the checkpoint, its resource, its base URL, its account, or its age.
 *
 * @category errors
 * @since 0.1.0
 */
export class CheckpointMismatch extends DescribedError<CheckpointMismatch>()("CheckpointMismatch", {
  call: Schema.String,
  part: Schema.Literals(["version", "resource", "baseUrl", "account", "age"]),
  detail: Schema.optionalKey(Schema.String),
  ...added
}, (error) => {
  const [why, advice] = mismatches[error.part]
  return {
    what: `${printable(error.call)} rejected a checkpoint. Nothing was sent.`,
    why: [`The checkpoint ${why}${error.detail === undefined ? "" : ` (${printable(error.detail)})`}.`],
    advice
  }
}) {
  readonly isRetryable = false
}

const statusErrors = [
  BadRequest,
  Unauthorized,
  Forbidden,
  NotFound,
  Conflict,
  TooManyRequests,
  InternalServerError,
  ServiceUnavailable
] as const

/**
 * An error class of one status code.
 *
 * @category models
 * @since 0.1.0
 */
export type StatusErrorClass = (typeof statusErrors)[number]

/**
 * The errors that have a class for their status code.
 *
 * @category models
 * @since 0.1.0
 */
export type StatusError = InstanceType<StatusErrorClass>

/**
 * The errors that every call can fail with.
 *
 * @category models
 * @since 0.1.0
 */
export type CallError =
  | Unauthorized
  | Forbidden
  | UnexpectedStatus
  | TransportFailure
  | InvalidResponse
  | InvalidInput
  | CoolingDown

/**
 * The schema of every error of this module, distinguished by `_tag`.
 *
 * **Example** (Describe any error)
 *
 * ```ts
 * import { CommsError } from "@effect-comms/domain"
 *
 * export const describe = (error: CommsError.CommsError) =>
 *   error.isRetryable ? `Try again: ${error.message}` : error.message
 *
 * export const line = describe(new CommsError.NotFound({ errors: [] }))
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const CommsError = Schema.Union([
  ...statusErrors,
  UnexpectedStatus,
  TransportFailure,
  InvalidResponse,
  OutcomeUnknown,
  InvalidInput,
  CoolingDown,
  PaginationLoop,
  PaginationLimit,
  InvalidItem,
  CheckpointMismatch
])

export type CommsError = typeof CommsError.Type

/**
 * Whether a value is one of this module's errors.
 *
 * @category guards
 * @since 0.1.0
 */
export const isCommsError: (u: unknown) => u is CommsError = Schema.is(CommsError)

const maxCauseLength = 100

/**
 * The cause of an error in a few words, for a progress line: the status of the response, the code of the transport, or
 * the kind of the error, such as `503`, `ECONNREFUSED`, `timeout` or `invalid response`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const causeOf = (error: CommsError): string => {
  if (error._tag !== "TransportFailure") {
    return error._tag !== "InvalidResponse" && "status" in error
      ? String(error.status)
      : error._tag.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()
  }
  if (error.reason === "Timeout") return "timeout"
  return printable(error.code ?? error.detail).slice(0, maxCauseLength) || "lost connection"
}

/**
 * What a copy by {@link withFields} can add to an error.
 *
 * **Details**
 *
 * - `attempts`: every attempt of the call, in order.
 * - `position`: the page of a list that failed. Resume there.
 * - `window`: the part of a scanned period that failed, from `startDate` up to but not including `endDate`.
 *
 * @category models
 * @since 0.1.0
 */
export interface AddedFields extends Schema.Struct.Type<typeof added> {}

/**
 * Copies an error and adds fields to the copy. The given error stays as it is.
 *
 * **Details**
 *
 * The copy has the class, the fields and the stack trace of the error, and equals an error made with all of its fields.
 *
 * @category combinators
 * @since 0.1.0
 */
export const withFields = <E extends CommsError, F extends AddedFields>(error: E, fields: F): E & F => {
  const copy: E & F = Reflect.construct(error.constructor, [{ ...error, ...fields }, { disableChecks: true }])
  return Object.defineProperty(copy, "stack", {
    // Engines write the message above the trace, and an added field can change the message.
    value: error.stack?.replace(String(error), () => String(copy)),
    configurable: true,
    writable: true
  })
}
