// Counts failures in a row and waits after each of them, until a feed fails.
import type * as CommsError from "@effect-comms/domain/CommsError"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import * as RetryPolicy from "../../RetryPolicy.ts"
import { backoff } from "../backoff.ts"
import { beginScheduleWithSleep, monotonicMillis, toWall } from "../monotonic.ts"

export interface Limits {
  readonly maxFailures: number
  readonly maxFailureTime: Duration.Duration
}

/** The `Retry-After` of a failure, or zero. */
export const retryAfterOf = (error: CommsError.CommsError): Duration.Duration =>
  RetryPolicy.retryAfter(error) ?? Duration.zero

const pause = backoff("1 second", "30 seconds").pipe(
  Schedule.setInputType<CommsError.CommsError>(),
  Schedule.modifyDelay(({ duration, input }) => Effect.succeed(Duration.max(duration, retryAfterOf(input))))
)

export const make = <E>(
  { maxFailureTime, maxFailures }: Limits,
  toError: (reason: CommsError.CommsError, failures: number, since: DateTime.Utc) => Effect.Effect<never, E>
) =>
  Effect.map(beginScheduleWithSleep(pause), (firstPause) => {
    let failures = 0
    let since = 0
    let wait = firstPause
    return {
      reset: () => {
        failures = 0
      },
      /** Waits before the next try, or fails when the limits are exceeded or the failure is permanent. */
      add: Effect.fnUntraced(function*(reason: CommsError.CommsError, isTransient: boolean) {
        const now = yield* monotonicMillis
        if (failures === 0) {
          since = now
          wait = yield* beginScheduleWithSleep(pause)
        }
        failures++
        const asked = Duration.toMillis(retryAfterOf(reason))
        if (!isTransient || failures > maxFailures || now + asked - since > Duration.toMillis(maxFailureTime)) {
          return yield* toError(reason, failures, (yield* toWall)(since))
        }
        yield* Pull.catchDone(wait(reason), () => Effect.void)
      })
    }
  })
