/**
 * Which failures are retried, how often, and after what wait.
 *
 * @module
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { DurationFromInput, intFrom, makeDecoder, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { backoff } from "./internal/backoff.ts"

/**
 * How calls are retried.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetryPolicy {
  /** Whether a failure is retried. */
  readonly while: (error: CommsError.CommsError) => boolean
  /** The waits before retries. Its input is the failure. When it ends, the call is not retried. */
  readonly schedule: Schedule.Schedule<unknown, CommsError.CommsError>
  /** The maximum number of attempts of a call. */
  readonly maxAttempts: number
  /** The longest `Retry-After` that is honoured; beyond it the call fails. */
  readonly maxRetryAfter: Duration.Duration
  /** The time limit of one attempt, up to the last byte of the response. */
  readonly attemptTimeout: Duration.Duration
  /** The time limit of a call, including its attempts and waits. */
  readonly callTimeout: Duration.Duration
}

/**
 * Options of a policy. Every option has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The maximum number of attempts of a call. Default 6. Range from 1. */
  readonly maxAttempts?: number | undefined
  /** The wait before the first retry if the server asks for none. It doubles with each retry. Default 500 ms. */
  readonly initialDelay?: Duration.Input | undefined
  /** The longest wait before jitter if the server asks for none. Default 20 s. */
  readonly maxDelay?: Duration.Input | undefined
  /** The longest `Retry-After` that is honoured; beyond it the call fails at once. Default 1 minute. */
  readonly maxRetryAfter?: Duration.Input | undefined
  /** The time limit of one attempt, up to the last byte of the response. Default 30 seconds. Range above zero. */
  readonly attemptTimeout?: Duration.Input | undefined
  /** The time limit of a call, including its attempts and waits. Default 5 minutes. Range above zero. */
  readonly callTimeout?: Duration.Input | undefined
}

const Settings = Schema.Struct({
  maxAttempts: Schema.optional(intFrom(1)),
  initialDelay: Schema.optional(DurationFromInput),
  maxDelay: Schema.optional(PositiveDurationFromInput),
  maxRetryAfter: Schema.optional(DurationFromInput),
  attemptTimeout: Schema.optional(PositiveDurationFromInput),
  callTimeout: Schema.optional(PositiveDurationFromInput)
})

const decodeSettings = makeDecoder("RetryPolicy.make", "options", Settings)

/**
 * The `Retry-After` of a failure, if the server sent one.
 *
 * @category accessors
 * @since 0.1.0
 */
export const retryAfter = (error: CommsError.CommsError): Duration.Duration | undefined =>
  "retryAfter" in error ? error.retryAfter : undefined

// A keep-alive connection can be closed by the server while the request is on its way. A new one works at once.
const isReset = (error: CommsError.CommsError): boolean =>
  error._tag === "TransportFailure" &&
  (error.code === "ECONNRESET" || error.code === "UND_ERR_SOCKET" || error.code === "EPIPE")

// A resolver can miss a name for a moment, but hardly for longer.
const maxUnknownHostRetries = 2

const fromSettings = (settings: typeof Settings.Type): RetryPolicy => {
  const maxRetryAfter = settings.maxRetryAfter ?? Duration.minutes(1)
  return {
    maxAttempts: settings.maxAttempts ?? 6,
    maxRetryAfter,
    attemptTimeout: settings.attemptTimeout ?? Duration.seconds(30),
    callTimeout: settings.callTimeout ?? Duration.minutes(5),
    while: (error) => {
      if (!error.isRetryable) return false
      const asked = retryAfter(error)
      return asked === undefined || Duration.isLessThanOrEqualTo(asked, maxRetryAfter)
    },
    schedule: backoff(settings.initialDelay ?? "500 millis", settings.maxDelay ?? "20 seconds").pipe(
      Schedule.setInputType<CommsError.CommsError>(),
      Schedule.modifyDelay(({ attempt, duration, input }) =>
        Effect.succeed(retryAfter(input) ?? (attempt === 1 && isReset(input) ? Duration.zero : duration))
      ),
      Schedule.while(({ attempt, input }) =>
        attempt <= maxUnknownHostRetries || input._tag !== "TransportFailure" || input.reason !== "UnknownHost"
      )
    )
  }
}

/**
 * Makes a policy.
 *
 * **Details**
 *
 * A failure is retried if its `isRetryable` is true. That holds for 409, 429 and 503. A write is not retried after 409
 * and 503 without `Retry-After`, whatever the policy. For requests that only read, `isRetryable` also holds for the
 * transient statuses of `UnexpectedStatus`, a lost connection and a timeout of the attempt.
 *
 * The wait is the `Retry-After` of the answer, and never less. Without one, it is `initialDelay`, doubled with each
 * retry up to `maxDelay`, with a random deviation of up to 20 %. A first attempt whose connection was reset is retried
 * at once. A host name that does not exist is retried twice at most, and a certificate or TLS error never.
 *
 * If the wait would end after `callTimeout`, the call fails at once with the failure of its last attempt.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options?: Options): Effect.Effect<RetryPolicy, CommsError.InvalidInput> =>
  Effect.map(decodeSettings(options ?? {}), fromSettings)

/**
 * Makes a policy. Throws `InvalidInput` if an option is invalid.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeUnsafe = (options?: Options): RetryPolicy => Effect.runSync(make(options))

/**
 * The default policy.
 *
 * @category constructors
 * @since 0.1.0
 */
export const standard: RetryPolicy = fromSettings({})

/**
 * A policy that retries nothing.
 *
 * @category constructors
 * @since 0.1.0
 */
export const none: RetryPolicy = fromSettings({ maxAttempts: 1 })

/**
 * The policy of the calls in an effect. If none is provided, calls use the policy of the client, which is
 * {@link standard} by default.
 *
 * **Example** (Another policy for one call)
 *
 * ```ts
 * import { RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
 * import { Effect } from "effect"
 *
 * export const fetchOnce = Effect.fn("fetchOnce")(function*(id: string) {
 *   const operations = yield* SenderPoolOperations.SenderPoolOperations
 *   return yield* operations.fetch(id)
 * }, Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none))
 * ```
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentRetryPolicy = Context.Reference<RetryPolicy | undefined>("@effect-comms/client/RetryPolicy", {
  defaultValue: () => undefined
})

/**
 * A layer that sets the policy of all calls in the effects that it is provided to.
 *
 * **Example** (More patience for a part of a program)
 *
 * ```ts
 * import { RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
 * import { Effect, Stream } from "effect"
 *
 * export const count = SenderPoolOperations.SenderPoolOperations.use(({ stream }) => Stream.runCount(stream())).pipe(
 *   Effect.provide(RetryPolicy.layer({ maxAttempts: 20, maxRetryAfter: "10 minutes", callTimeout: "1 hour" }))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<never, CommsError.InvalidInput> =>
  Layer.effect(CurrentRetryPolicy, make(options))
