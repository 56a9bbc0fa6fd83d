/**
 * The attempts of calls as data.
 *
 * Every error of a call has its `attempts`. {@link withAttempts} returns them with a result. {@link OnRetry} reports
 * each retry before its delay.
 *
 * @module
 * @since 0.1.0
 */
import type { Attempt } from "@effect-comms/domain/Attempt"
import type { CommsError } from "@effect-comms/domain/CommsError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * A retry that is scheduled.
 *
 * @category models
 * @since 0.1.0
 */
export interface Retry {
  /** The name of the method that was called, such as `SenderPoolOperations.fetch`. */
  readonly call: string
  /** The HTTP method of the request. */
  readonly method: string
  /** The URL of the request, without secrets. */
  readonly url: string
  /** The attempt that failed. */
  readonly attempt: Attempt
  /** The maximum number of attempts of the call. */
  readonly maxAttempts: number
  /** The error of that attempt. */
  readonly error: CommsError
  /** The minimum delay until the next attempt. */
  readonly delay: Duration.Duration
}

/**
 * The function that is called before the delay of each retry. It does nothing by default.
 *
 * **Gotchas**
 *
 * The delay starts when its effect completes, so keep the effect short.
 *
 * **Example** (Log each retry)
 *
 * ```ts
 * import { Attempts } from "@effect-comms/client"
 * import { Duration, Effect } from "effect"
 *
 * export const withLog = Effect.provideService(
 *   Attempts.OnRetry,
 *   ({ attempt, call, delay }) =>
 *     Effect.logWarning(`${call}: ${attempt.outcome}, retrying in ${Duration.format(delay)}`)
 * )
 * ```
 *
 * @category references
 * @since 0.1.0
 */
export const OnRetry = Context.Reference<(retry: Retry) => Effect.Effect<void>>(
  "@effect-comms/client/Attempts/OnRetry",
  { defaultValue: () => () => Effect.void }
)

/**
 * The array to which {@link withAttempts} has attempts added.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentAttempts = Context.Reference<Array<Attempt> | undefined>(
  "@effect-comms/client/Attempts/CurrentAttempts",
  { defaultValue: () => undefined }
)

/**
 * Returns the result of an effect with the attempts of all its calls, in the order in which they ended.
 *
 * **Example** (Count the attempts of a call)
 *
 * ```ts
 * import { SenderPoolOperations, Attempts } from "@effect-comms/client"
 * import { Effect } from "effect"
 *
 * export const fetch = Effect.fn("fetch")(function*(id: string) {
 *   const operations = yield* SenderPoolOperations.SenderPoolOperations
 *   const [operation, attempts] = yield* Attempts.withAttempts(operations.fetch(id))
 *   yield* Effect.logInfo(`fetched after ${attempts.length} attempts`)
 *   return operation
 * })
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const withAttempts = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<readonly [A, ReadonlyArray<Attempt>], E, R> =>
  Effect.suspend(() => {
    const attempts: Array<Attempt> = []
    return Effect.map(
      Effect.provideService(effect, CurrentAttempts, attempts),
      (result) => [result, attempts] as const
    )
  })

/**
 * The totals of several attempts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Total {
  /** The number of attempts. */
  readonly attempts: number
  /** The waits that the server asked for. */
  readonly asked: Duration.Duration
  /** The time waited before the attempts. */
  readonly waited: Duration.Duration
  /** The time that the attempts took. */
  readonly took: Duration.Duration
}

/**
 * Adds up attempts, such as those of an error or of {@link withAttempts}.
 *
 * @category accessors
 * @since 0.1.0
 */
export const total = (attempts: ReadonlyArray<Attempt>): Total =>
  attempts.reduce<Total>((sum, { asked, took, waited }) => ({
    attempts: sum.attempts + 1,
    asked: asked === undefined ? sum.asked : Duration.sum(sum.asked, asked),
    waited: Duration.sum(sum.waited, waited),
    took: Duration.sum(sum.took, took)
  }), { attempts: 0, asked: Duration.zero, waited: Duration.zero, took: Duration.zero })
