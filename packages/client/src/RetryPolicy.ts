/**
 * Which failures are repeated, how often, and after what wait.
 *
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { DurationFromInput, makeDecoder, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { backoff } from "./internal/backoff.ts"

/**
 * How calls are repeated.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetryPolicy {
  /** Whether a failure may be repeated at all. */
  readonly while: (error: CommsError.CommsError) => boolean
  /** When, and how often. Its input is the failure. */
  readonly schedule: Schedule.Schedule<unknown, CommsError.CommsError>
  /** The longest wait that is kept when the server asks for it. */
  readonly maxRetryAfter: Duration.Duration
  /** How long a call may take, its attempts and waits together. */
  readonly callTimeout: Duration.Duration
}

/**
 * How a policy is made; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How many attempts a call has at most: an integer from 1. Default 6. */
  readonly maxAttempts?: number | undefined
  /** The wait before the first repeat when the server asks for none; it doubles each time. Default 500 ms. */
  readonly initialDelay?: Duration.Input | undefined
  /** The longest wait of our own choosing, before jitter. Default 20 s. */
  readonly maxDelay?: Duration.Input | undefined
  /** The longest wait that is kept when the server asks for it; a longer one fails at once. Default 1 minute. */
  readonly maxRetryAfter?: Duration.Input | undefined
  /** How long a call may take, its attempts and waits together. Default 5 minutes. */
  readonly callTimeout?: Duration.Input | undefined
}

/**
 * Checks {@link Options} and brings them to one form.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Options = Schema.Struct({
  maxAttempts: Schema.optional(
    Schema.Int.check(Schema.isGreaterThan(0, { expected: "a whole number from 1" }))
  ),
  initialDelay: Schema.optional(DurationFromInput),
  maxDelay: Schema.optional(PositiveDurationFromInput),
  maxRetryAfter: Schema.optional(DurationFromInput),
  callTimeout: Schema.optional(PositiveDurationFromInput)
})

const decodeOptions = makeDecoder("RetryPolicy.make", "options", Options)

/**
 * The wait that the server asked for with a failure, if it did.
 *
 * @category accessors
 * @since 0.1.0
 */
export const retryAfter = (error: CommsError.CommsError): Duration.Duration | undefined =>
  "retryAfter" in error ? error.retryAfter : undefined

const fromSettings = (settings: typeof Options.Type): RetryPolicy => {
  const maxRetryAfter = settings.maxRetryAfter ?? Duration.minutes(1)
  return {
    maxRetryAfter,
    callTimeout: settings.callTimeout ?? Duration.minutes(5),
    while: (error) => {
      if (!error.isRetryable) return false
      const asked = retryAfter(error)
      return asked === undefined || Duration.isLessThanOrEqualTo(asked, maxRetryAfter)
    },
    schedule: backoff(settings.initialDelay ?? "500 millis", settings.maxDelay ?? "20 seconds").pipe(
      Schedule.setInputType<CommsError.CommsError>(),
      Schedule.modifyDelay(({ duration, input }) => Effect.succeed(retryAfter(input) ?? duration)),
      Schedule.upTo({ times: (settings.maxAttempts ?? 6) - 1 })
    )
  }
}

/**
 * Makes a policy.
 *
 * **Details**
 *
 * A failure is repeated when it says so itself (`isRetryable`): 409, 429 and 503, and, for requests that only read, 408,
 * 502, 504 and a lost connection. The wait is what `Retry-After` asks, never less; where it asks nothing, it is
 * `initialDelay`, doubled each time up to `maxDelay`, give or take a fifth at random.
 *
 * A call is not repeated when the wait would be over after `callTimeout`: it fails at once, with the failure that it had.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options?: Options): Effect.Effect<RetryPolicy, CommsError.InvalidInput> =>
  Effect.map(decodeOptions(options ?? {}), fromSettings)

/**
 * Makes a policy, and throws `InvalidInput` when it makes no sense.
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
 * The policy that a program provides for its calls. Without one, the client's own is in force, and that is {@link standard}
 * unless the client was built with another one.
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
 * A layer that puts a policy in force for everything it is provided to.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<never, CommsError.InvalidInput> =>
  Layer.effect(CurrentRetryPolicy, make(options))
