/**
 * What became of a call, attempt by attempt, as data: on every error, on request on every result, and as it happens.
 *
 * @since 0.1.0
 */
import type { Attempt } from "@effect-comms/domain/Attempt"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * A repeat that is about to be waited for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Retry {
  /** The name of the operation in the contract. */
  readonly call: string
  readonly method: string
  readonly url: string
  /** The attempt that failed. */
  readonly attempt: Attempt
  /** How long it is until the next one at least. */
  readonly delay: Duration.Duration
}

/**
 * What is done when a call is about to be repeated. Nothing, unless a program provides something.
 *
 * **Gotchas**
 *
 * The call waits for it: let it be quick.
 *
 * @category references
 * @since 0.1.0
 */
export const OnRetry = Context.Reference<(retry: Retry) => Effect.Effect<void>>(
  "@effect-comms/client/Attempts/OnRetry",
  { defaultValue: () => () => Effect.void }
)

/**
 * Where the attempts of calls are put, for {@link withAttempts}.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentAttempts = Context.Reference<Array<Attempt> | undefined>(
  "@effect-comms/client/Attempts/CurrentAttempts",
  { defaultValue: () => undefined }
)

/**
 * Gives the attempts of every call within an effect along with its result, in the order in which they ended.
 *
 * **Example** (How often was it tried?)
 *
 * ```ts
 * import { SenderPoolOperations, Attempts } from "@effect-comms/client"
 * import { Effect } from "effect"
 *
 * export const fetch = Effect.fn("fetch")(function*(id: string) {
 *   const operations = yield* SenderPoolOperations.SenderPoolOperations
 *   const [operation, attempts] = yield* Attempts.withAttempts(operations.fetch(id))
 *   yield* Effect.logInfo(`tried ${attempts.length} times`)
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
 * What the attempts of a call come to together: how many they were, the waits that were asked, the time that was waited,
 * and the time that the attempts themselves took.
 *
 * @category models
 * @since 0.1.0
 */
export interface Total {
  readonly attempts: number
  readonly asked: Duration.Duration
  readonly waited: Duration.Duration
  readonly took: Duration.Duration
}

/**
 * Adds up the attempts of a call: those of an error, or of {@link withAttempts}.
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
