/**
 * Everything that can go wrong with a call of the Comms API, as tagged errors whose fields are data.
 *
 * A tag for each status code of the contract, {@link UnexpectedStatus} for all other ones, and those for what is not a
 * status: {@link TransportFailure} (no answer), {@link InvalidResponse} (an answer that cannot be understood),
 * {@link InvalidInput}, {@link CheckpointMismatch} and {@link CoolingDown} (nothing was sent), {@link PaginationLoop} (a
 * list that would never end) and {@link PaginationLimit} (one that is longer than it may be).
 *
 * @since 0.1.0
 */
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { Attempt } from "./Attempt.ts"
import {
  describeAnswer,
  describeCooldown,
  describeInput,
  describeLimit,
  describeLoop,
  describeMismatch,
  describeResponse,
  describeTransport
} from "./internal/describe.ts"
import { PageToken, Position } from "./Pagination.ts"
import { TwilioError } from "./TwilioError.ts"

// Fields that are known only after an error was made. The call, the stream of pages and the scan add them.
const added = {
  attempts: Schema.optionalKey(Schema.Array(Attempt)),
  position: Schema.optionalKey(Position),
  window: Schema.optionalKey(Schema.Struct({
    startDate: Schema.DateTimeUtc,
    endDate: Schema.optional(Schema.DateTimeUtc)
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
 * What every error of a status carries.
 *
 * **Details**
 *
 * - `errors`: every error of the envelope, in the order given. Empty when the answer was not that envelope.
 * - `method`, `url`: the request, without its credentials.
 * - `attempts`: every attempt of the call, in order.
 * - `requestId`: the answer's `Twilio-Request-Id` or `X-Request-Id`.
 * - `mediaType`, `excerpt`: given when the body was not the envelope: its media type, and its first 256 characters.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer {
  readonly errors: ReadonlyArray<TwilioError>
  readonly method?: string
  readonly url?: string
  readonly attempts?: ReadonlyArray<Attempt>
  readonly requestId?: string
  readonly mediaType?: string
  readonly excerpt?: string
}

/**
 * An {@link Answer} of a status that the contract gives a `Retry-After`: how long the server asks to wait, counted
 * from the arrival of the answer, and the time at which that is over.
 *
 * @category models
 * @since 0.1.0
 */
export interface AnswerWithRetryAfter extends Answer {
  readonly retryAfter?: Duration.Duration
  readonly retryAt?: DateTime.Utc
}

/**
 * 400: the request was malformed or ambiguous. Repeating it changes nothing.
 *
 * @category errors
 * @since 0.1.0
 */
export class BadRequest extends Schema.TaggedError<BadRequest>()("BadRequest", answer, {
  description: "The request was malformed or ambiguous.",
  httpApiStatus: 400
}) {
  static readonly status = 400
  readonly status = 400
  readonly isRetryable = false
  override get message(): string {
    return describeAnswer(this, "Bad Request", "Correct the request; repeating it as it is changes nothing.")
  }
}

/**
 * 401: the credentials are missing or wrong. Not on the API's reference pages, but answered.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", answer, {
  description: "The credentials are missing or wrong.",
  httpApiStatus: 401
}) {
  static readonly status = 401
  readonly status = 401
  readonly isRetryable = false
  override get message(): string {
    return describeAnswer(
      this,
      "Unauthorized",
      "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET."
    )
  }
}

/**
 * 403: the credentials are right, and may not do this. Not on the API's reference pages, but answered.
 *
 * @category errors
 * @since 0.1.0
 */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", answer, {
  description: "The credentials do not permit the request.",
  httpApiStatus: 403
}) {
  static readonly status = 403
  readonly status = 403
  readonly isRetryable = false
  override get message(): string {
    return describeAnswer(this, "Forbidden", "Use credentials that are permitted to do this.")
  }
}

/**
 * 404: there is no such resource, or not yet: a read straight after a create may come too early.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", answer, {
  description: "The requested resource was not found.",
  httpApiStatus: 404
}) {
  static readonly status = 404
  readonly status = 404
  readonly isRetryable = false
  override get message(): string {
    return describeAnswer(this, "Not Found", "Check the id, and that it belongs to this account.")
  }
}

/**
 * 409: the request conflicts with the current state, as when an account is used for the first time and is not ready
 * (77701). To be repeated after `retryAfter`.
 *
 * @category errors
 * @since 0.1.0
 */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", answerWithRetryAfter, {
  description: "The request conflicts with the current state of the resource. Repeat it after Retry-After.",
  httpApiStatus: 409
}) {
  static readonly status = 409
  readonly status = 409
  readonly isRetryable = true
  override get message(): string {
    return describeAnswer(this, "Conflict", "Repeat the request later.")
  }
}

/**
 * 429: too many requests. It was not processed, so it is always safe to repeat, after `retryAfter`.
 *
 * @category errors
 * @since 0.1.0
 */
export class TooManyRequests extends Schema.TaggedError<TooManyRequests>()("TooManyRequests", answerWithRetryAfter, {
  description: "Too many requests. Repeat it after Retry-After.",
  httpApiStatus: 429
}) {
  static readonly status = 429
  readonly status = 429
  readonly isRetryable = true
  override get message(): string {
    return describeAnswer(this, "Too Many Requests", "Repeat the request later, and send fewer at once.")
  }
}

/**
 * 500: something is wrong on the server's side. The API says that it should not be repeated.
 *
 * @category errors
 * @since 0.1.0
 */
export class InternalServerError extends Schema.TaggedError<InternalServerError>()("InternalServerError", answer, {
  description: "The API is experiencing server-side issues. The request should not be repeated.",
  httpApiStatus: 500
}) {
  static readonly status = 500
  readonly status = 500
  readonly isRetryable = false
  override get message(): string {
    return describeAnswer(
      this,
      "Internal Server Error",
      "The API asks not to repeat it; tell Twilio's support the request id."
    )
  }
}

/**
 * 503: the API is unavailable for a while. To be repeated after `retryAfter`.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServiceUnavailable
  extends Schema.TaggedError<ServiceUnavailable>()("ServiceUnavailable", answerWithRetryAfter, {
    description: "The API is temporarily unavailable. Repeat it after Retry-After.",
    httpApiStatus: 503
  })
{
  static readonly status = 503
  readonly status = 503
  readonly isRetryable = true
  override get message(): string {
    return describeAnswer(this, "Service Unavailable", "Repeat the request later.")
  }
}

const repeatedWhenReadOnly: ReadonlySet<number> = new Set([408, 502, 504])

/**
 * Any other status: one that the contract does not give for the operation, such as a gateway's own.
 *
 * **Details**
 *
 * 408, 502 and 504 leave open whether the request was processed, so they may be repeated only when it just reads.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnexpectedStatus extends Schema.TaggedError<UnexpectedStatus>()("UnexpectedStatus", {
  ...answerWithRetryAfter,
  status: Schema.Int,
  readOnly: Schema.Boolean
}) {
  get isRetryable(): boolean {
    return this.readOnly && repeatedWhenReadOnly.has(this.status)
  }
  override get message(): string {
    return describeAnswer(
      this,
      "a status that the contract does not give here",
      this.status >= 300 && this.status < 400
        ? "Redirects are not followed, so that no credentials go elsewhere; check TWILIO_COMMS_BASE_URL."
        : "Check TWILIO_COMMS_BASE_URL and what stands between it and the program."
    )
  }
}

/**
 * No complete answer came: the connection failed or broke, or the time for one attempt was over.
 *
 * **Details**
 *
 * `reason` is `"Timeout"` when our own limit ended the attempt, `"Refused"` when a circuit breaker let nothing be sent,
 * which is not repeated, else `"Connection"`; `detail` says what the transport said. Whether the server processed the request is not known, so it may be repeated only when it just reads.
 *
 * @category errors
 * @since 0.1.0
 */
export class TransportFailure extends Schema.TaggedError<TransportFailure>()("TransportFailure", {
  ...request,
  reason: Schema.Literals(["Connection", "Timeout", "Refused"]),
  detail: Schema.String,
  readOnly: Schema.Boolean
}) {
  get isRetryable(): boolean {
    return this.readOnly && this.reason !== "Refused"
  }
  override get message(): string {
    return describeTransport(this)
  }
}

/**
 * An answer came with a status of success, and it is not what the contract says.
 *
 * **Details**
 *
 * `problem` says what is wrong with it: not JSON, or the path of the field that does not fit. `excerpt` is at most
 * 256 characters of the body.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidResponse extends Schema.TaggedError<InvalidResponse>()("InvalidResponse", {
  ...request,
  status: Schema.Int,
  problem: Schema.String,
  requestId: Schema.optionalKey(Schema.String),
  ...body
}) {
  readonly isRetryable = false
  override get message(): string {
    return describeResponse(this)
  }
}

/**
 * Nothing was sent: the server asked everybody on this account to wait, for longer than this call may.
 *
 * **Details**
 *
 * `retryAfter` is how long the wait still is, and `retryAt` when it is over.
 *
 * @category errors
 * @since 0.1.0
 */
export class CoolingDown extends Schema.TaggedError<CoolingDown>()("CoolingDown", {
  ...request,
  retryAfter: Schema.Duration,
  retryAt: Schema.DateTimeUtc
}) {
  readonly isRetryable = true
  override get message(): string {
    return describeCooldown(this)
  }
}

/**
 * One thing that is wrong with an input: the field, and what would be right.
 *
 * @category models
 * @since 0.1.0
 */
export class InputIssue extends Schema.Class<InputIssue>("@effect-comms/domain/InputIssue")({
  field: Schema.String,
  problem: Schema.String
}) {}

/**
 * The input was refused before anything was sent.
 *
 * **Details**
 *
 * `field` names the first field at fault and `issues` all of them.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", {
  call: Schema.String,
  field: Schema.String,
  issues: Schema.NonEmptyArray(InputIssue),
  ...added
}) {
  readonly isRetryable = false
  override get message(): string {
    return describeInput(this)
  }
}

/**
 * A list did not get any further, so that following it would never end.
 *
 * **Details**
 *
 * Everything that came before was delivered. `reason` is `"RepeatedToken"` when `pageToken` had been followed before, and
 * `"RepeatedPages"` when pages came again and again that had come before, word for word. `pages` is how many pages came,
 * and `trail` holds the last tokens followed, at most ten, oldest first.
 *
 * @category errors
 * @since 0.1.0
 */
export class PaginationLoop extends Schema.TaggedError<PaginationLoop>()("PaginationLoop", {
  call: Schema.String,
  reason: Schema.Literals(["RepeatedToken", "RepeatedPages"]),
  pageToken: PageToken,
  pages: Schema.Natural,
  trail: Schema.Array(PageToken),
  ...added
}) {
  readonly isRetryable = false
  override get message(): string {
    return describeLoop(this)
  }
}

/**
 * A list is longer than a stream of it was allowed to be.
 *
 * **Details**
 *
 * Everything up to the limit was delivered. `limit` names the option and `max` is its value; `pageToken` is that of the
 * first page that was not delivered, and `trail` holds the last tokens followed, at most ten, oldest first.
 *
 * @category errors
 * @since 0.1.0
 */
export class PaginationLimit extends Schema.TaggedError<PaginationLimit>()("PaginationLimit", {
  call: Schema.String,
  limit: Schema.Literals(["maxPages", "maxItems"]),
  max: Schema.Natural,
  pageToken: Schema.optionalKey(PageToken),
  trail: Schema.Array(PageToken),
  ...added
}) {
  readonly isRetryable = false
  override get message(): string {
    return describeLimit(this)
  }
}

/**
 * A checkpoint is not one to go on from here, and nothing was sent.
 *
 * **Details**
 *
 * `part` says what does not match: the version of the checkpoint, the resource it is of, the base URL or the account it
 * was made with, or its age.
 *
 * @category errors
 * @since 0.1.0
 */
export class CheckpointMismatch extends Schema.TaggedError<CheckpointMismatch>()("CheckpointMismatch", {
  call: Schema.String,
  part: Schema.Literals(["version", "resource", "baseUrl", "account", "age"]),
  detail: Schema.optionalKey(Schema.String),
  ...added
}) {
  readonly isRetryable = false
  override get message(): string {
    return describeMismatch(this)
  }
}

/**
 * An error class that stands for one status code.
 *
 * @category models
 * @since 0.1.0
 */
export type StatusErrorClass =
  | typeof BadRequest
  | typeof Unauthorized
  | typeof Forbidden
  | typeof NotFound
  | typeof Conflict
  | typeof TooManyRequests
  | typeof InternalServerError
  | typeof ServiceUnavailable

/**
 * The errors that have a status code of their own.
 *
 * @category models
 * @since 0.1.0
 */
export type StatusError = InstanceType<StatusErrorClass>

/**
 * What every call can fail with, whatever the operation.
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
 * Every error of this module.
 *
 * @category models
 * @since 0.1.0
 */
export type CommsError = StatusError | CallError | PaginationLoop | PaginationLimit | CheckpointMismatch

/**
 * The schema of every error of this module, told apart by `_tag`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CommsError = Schema.Union([
  BadRequest,
  Unauthorized,
  Forbidden,
  NotFound,
  Conflict,
  TooManyRequests,
  InternalServerError,
  ServiceUnavailable,
  UnexpectedStatus,
  TransportFailure,
  InvalidResponse,
  InvalidInput,
  CoolingDown,
  PaginationLoop,
  PaginationLimit,
  CheckpointMismatch
])

/**
 * Whether a value is one of this module's errors.
 *
 * @category guards
 * @since 0.1.0
 */
export const isCommsError: (u: unknown) => u is CommsError = Schema.is(CommsError)

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
