/**
 * The errors of a client. Times are `Date`s, and durations are milliseconds.
 *
 * @since 0.1.0
 */

/**
 * One error of a response, as Twilio writes it.
 *
 * @category models
 * @since 0.1.0
 */
export interface TwilioError {
  readonly message: string
  readonly code?: number
  readonly infoUrl?: string
  /** The JSON path of the invalid field of the request, or `null`. */
  readonly context: string | null
  /** The text in the request that `context` points to. */
  readonly value?: string
}

/**
 * One attempt of a call.
 *
 * @category models
 * @since 0.1.0
 */
export interface Attempt {
  readonly number: number
  readonly startedAt: Date
  readonly took: number
  /** `"Success"`, `"Interrupted"`, or the kind of the error, such as `"TooManyRequests"`. */
  readonly outcome: string
  readonly status?: number
  /** The wait that the answer asked for. */
  readonly asked?: number
  /** The time since the attempt before, or in the queue. */
  readonly waited: number
}

/**
 * The base of every error.
 *
 * @category errors
 * @since 0.1.0
 */
export class CommsError<Name extends string = string> extends Error {
  declare readonly name: Name
  /** The status of the answer, if there was one. */
  readonly status: number | undefined
  /** The errors in the answer, in their order. */
  readonly errors: ReadonlyArray<TwilioError> = []
  /** The id of the request, for Twilio support. */
  readonly requestId: string | undefined
  /** How long the server asks to wait, counted from its answer. */
  readonly retryAfter: number | undefined
  /** Every attempt of the call, in order. */
  readonly attempts: ReadonlyArray<Attempt> = []
  /** Whether the same call can succeed later. */
  readonly isRetryable: boolean = false

  constructor(name: string, message: string, fields: { readonly [name: string]: unknown } = {}) {
    super(message)
    Object.assign(this, fields)
    Object.defineProperty(this, "name", { value: name, configurable: true, writable: true })
  }
}

/**
 * 400: the request was malformed or ambiguous.
 *
 * @category errors
 * @since 0.1.0
 */
export class BadRequestError extends CommsError<"BadRequestError"> {}

/**
 * 401: the credentials are missing or wrong.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnauthorizedError extends CommsError<"UnauthorizedError"> {}

/**
 * 403: the credentials do not permit the request.
 *
 * @category errors
 * @since 0.1.0
 */
export class ForbiddenError extends CommsError<"ForbiddenError"> {}

/**
 * 404: the resource does not exist.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFoundError extends CommsError<"NotFoundError"> {}

/**
 * 409: the request conflicts with the current state.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConflictError extends CommsError<"ConflictError"> {}

/**
 * 429: too many requests. The request was not processed.
 *
 * @category errors
 * @since 0.1.0
 */
export class TooManyRequestsError extends CommsError<"TooManyRequestsError"> {}

/**
 * 500: the server failed. The API asks not to retry the request.
 *
 * @category errors
 * @since 0.1.0
 */
export class InternalServerError extends CommsError<"InternalServerError"> {}

/**
 * 503: the API is temporarily unavailable.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServiceUnavailableError extends CommsError<"ServiceUnavailableError"> {}

/**
 * Any other status.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnexpectedStatusError extends CommsError<"UnexpectedStatusError"> {}

/**
 * No complete response arrived.
 *
 * @category errors
 * @since 0.1.0
 */
export class TransportFailureError extends CommsError<"TransportFailureError"> {
  declare readonly reason: "Connection" | "UnknownHost" | "Tls" | "Timeout" | "Refused"
}

/**
 * A successful response that does not match the contract.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidResponseError extends CommsError<"InvalidResponseError"> {
  declare readonly problem: string
}

/**
 * A write whose response was lost, so it may or may not have happened. It was not retried.
 *
 * @category errors
 * @since 0.1.0
 */
export class OutcomeUnknownError extends CommsError<"OutcomeUnknownError"> {
  /** Why the response says nothing. */
  declare readonly reason: CommsError
  /** How to find out whether the write happened. */
  declare readonly check: string
}

/**
 * The input is invalid. Nothing was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidInputError extends CommsError<"InvalidInputError"> {
  /** The path of the first invalid field, such as `input.senders[17].senderId`. */
  declare readonly field: string
  declare readonly issues: ReadonlyArray<{ readonly field: string; readonly problem: string }>
}

/**
 * An environment variable is invalid.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConfigError extends CommsError<"ConfigError"> {}

/**
 * Nothing was sent: the server asked this account to wait for longer than the call may.
 *
 * @category errors
 * @since 0.1.0
 */
export class CoolingDownError extends CommsError<"CoolingDownError"> {
  declare readonly retryAfter: number
  declare readonly retryAt: Date
}

/**
 * The server sent the same page token or the same pages again.
 *
 * @category errors
 * @since 0.1.0
 */
export class PaginationLoopError extends CommsError<"PaginationLoopError"> {}

/**
 * A list is longer than its limit.
 *
 * @category errors
 * @since 0.1.0
 */
export class PaginationLimitError extends CommsError<"PaginationLimitError"> {}

/**
 * An item of a page that does not match its type.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidItemError extends CommsError<"InvalidItemError"> {
  /** The index of the item in its page, from 0. */
  declare readonly index: number
  declare readonly id?: string
  declare readonly problem: string
}

/**
 * The client was closed before the call ended.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClientClosedError extends CommsError<"ClientClosedError"> {}

/**
 * A wait ended before its operation. The operation itself may still be in progress.
 *
 * @category errors
 * @since 0.1.0
 */
export class WaitError<Name extends string = string> extends CommsError<Name> {
  declare readonly operationId: string
  /** How long the wait took. */
  declare readonly waited: number
  declare readonly polls: number
  /** The last known state of the operation, if a poll found it. */
  declare readonly last?: {
    readonly id: string
    readonly status: string
    readonly stats: { readonly [name: string]: number }
    readonly createdAt: Date
    readonly updatedAt: Date
  }
}

/**
 * Polls failed too often, or one failed with a permanent error.
 *
 * @category errors
 * @since 0.1.0
 */
export class PollsFailedError extends WaitError<"PollsFailedError"> {
  /** The error of the last poll. */
  declare readonly reason: CommsError
}

/**
 * The operation was still not found after the time in which a new operation may be missing.
 *
 * @category errors
 * @since 0.1.0
 */
export class OperationNotFoundError extends WaitError<"OperationNotFoundError"> {}

/**
 * The operation has had an unknown status for too long.
 *
 * @category errors
 * @since 0.1.0
 */
export class StatusNotKnownError extends WaitError<"StatusNotKnownError"> {}

/**
 * The operation has not changed for too long.
 *
 * @category errors
 * @since 0.1.0
 */
export class StalledError extends WaitError<"StalledError"> {}

/**
 * The wait reached its time limit.
 *
 * @category errors
 * @since 0.1.0
 */
export class WaitTimeoutError extends WaitError<"WaitTimeoutError"> {}
