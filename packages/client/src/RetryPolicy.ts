/**
 * Which failures are repeated, how often, and after what wait.
 *
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

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
}

/**
 * How a policy is made; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How often a call is repeated at most, after its first attempt: an integer from 0. Default 5. */
  readonly times?: number | undefined
  /** The wait before the first repeat when the server asks for none; it doubles each time. Default 500 ms. */
  readonly initialDelay?: Duration.Input | undefined
  /** The longest wait of our own choosing, before jitter. Default 20 s. */
  readonly maxDelay?: Duration.Input | undefined
  /** The longest wait that is kept when the server asks for it; a longer one fails at once. Default 1 minute. */
  readonly maxRetryAfter?: Duration.Input | undefined
}

/**
 * The wait that the server asked for with a failure, if it did.
 *
 * @category accessors
 * @since 0.1.0
 */
export const retryAfter = (error: CommsError.CommsError): Duration.Duration | undefined =>
  "retryAfter" in error ? error.retryAfter : undefined

/**
 * Makes a policy.
 *
 * **Details**
 *
 * A failure is repeated when it says so itself (`isRetryable`): 409, 429 and 503, and, for requests that only read, 408,
 * 502, 504 and a lost connection. The wait is what `Retry-After` asks, never less; where it asks nothing, it is
 * `initialDelay`, doubled each time up to `maxDelay`, give or take a fifth at random.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options?: Options): RetryPolicy => {
  const maxRetryAfter = Duration.fromInputUnsafe(options?.maxRetryAfter ?? "1 minute")
  return {
    while: (error) => {
      if (!error.isRetryable) return false
      const asked = retryAfter(error)
      return asked === undefined || Duration.isLessThanOrEqualTo(asked, maxRetryAfter)
    },
    schedule: Schedule.min([
      Schedule.exponential(options?.initialDelay ?? "500 millis"),
      Schedule.spaced(options?.maxDelay ?? "20 seconds")
    ]).pipe(
      Schedule.jittered,
      Schedule.setInputType<CommsError.CommsError>(),
      Schedule.modifyDelay(({ duration, input }) => Effect.succeed(retryAfter(input) ?? duration)),
      Schedule.upTo({ times: options?.times ?? 5 })
    )
  }
}

/**
 * A policy that repeats nothing.
 *
 * @category constructors
 * @since 0.1.0
 */
export const none: RetryPolicy = make({ times: 0 })

/**
 * The policy in force, {@link make} with its defaults unless a program provides another one.
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
export const CurrentRetryPolicy = Context.Reference<RetryPolicy>("@effect-comms/client/RetryPolicy", {
  defaultValue: () => defaultPolicy
})

const defaultPolicy = make()

/**
 * Repeats a call as the policy in force says.
 *
 * @category combinators
 * @since 0.1.0
 */
export const retry = <A, E extends CommsError.CommsError, R>(
  call: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    CurrentRetryPolicy,
    (policy) => Effect.retry(call, { schedule: policy.schedule, while: policy.while })
  )
