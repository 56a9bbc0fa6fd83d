/**
 * The options of a client, of a call and of a wait. Times are milliseconds.
 *
 * @since 0.1.0
 */
import type { Attempt, CommsError } from "./errors.ts"

/**
 * How calls are retried.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetryOptions {
  /** The maximum number of attempts of a call. Default 6. Range from 1. */
  readonly maxAttempts?: number | undefined
  /** The wait before the first retry if the server asks for none. It doubles with each retry. Default 500. */
  readonly initialDelay?: number | undefined
  /** The longest wait before jitter if the server asks for none. Default 20,000. */
  readonly maxDelay?: number | undefined
  /** The longest `Retry-After` that is honoured; beyond it the call fails at once. Default 60,000. */
  readonly maxRetryAfter?: number | undefined
  /** The time limit of one attempt, up to the last byte of the response. Default 30,000. */
  readonly attemptTimeout?: number | undefined
  /** The time limit of a call, including its attempts and waits. Default 300,000. */
  readonly callTimeout?: number | undefined
}

/**
 * A retry that is scheduled.
 *
 * @category models
 * @since 0.1.0
 */
export interface Retry {
  /** The method that was called, such as `SenderPoolOperations.fetch`. */
  readonly call: string
  readonly method: string
  readonly url: string
  /** The attempt that failed, and its error. */
  readonly attempt: Attempt
  readonly error: CommsError
  /** The maximum number of attempts of the call. */
  readonly maxAttempts: number
  /** The minimum delay until the next attempt. */
  readonly delay: number
}

/**
 * The options of a client. The environment variables of the README replace those that are absent.
 *
 * @category models
 * @since 0.1.0
 */
export interface TwilioClientOptions {
  /** The account SID (`AC...`), or the SID of an API key (`SK...`). */
  readonly accountId?: string | undefined
  /** The auth token of the account, or the secret of the API key. */
  readonly authToken?: string | undefined
  /** The URL of the API. Default `https://comms.twilio.com`. */
  readonly baseUrl?: string | URL | undefined
  /** Default the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly retry?: RetryOptions | undefined
  /** Called before the delay of each retry. */
  readonly onRetry?: ((retry: Retry) => void) | undefined
}

/**
 * The options of one call.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallOptions {
  /** Ends the call, which rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
  /** The time limit of the call with its retries, or of each page that is iterated. Default that of the client. */
  readonly timeout?: number | undefined
  /** The maximum number of attempts. Default that of the client. */
  readonly maxAttempts?: number | undefined
}

/**
 * The state of an operation that is waited for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress<A> {
  readonly operation: A
  /** How many items need no more processing, and how many items there are. */
  readonly settled: number
  readonly total: number
  /** `settled` as a share of `total`; undefined when there are no items. */
  readonly fraction: number | undefined
  /** Settled items per second, and the time left at this rate; undefined if unknown. */
  readonly rate: number | undefined
  readonly remaining: number | undefined
}

/**
 * The options of a wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface WaitOptions<A> extends Omit<CallOptions, "timeout"> {
  /** The time limit of the wait. Default 1 hour. `Infinity` for none. */
  readonly timeout?: number | undefined
  /** Called with the operation as it is, and after each change up to its end. */
  readonly onProgress?: ((progress: Progress<A>) => void) | undefined
}
