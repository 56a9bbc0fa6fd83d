// The time between two polls: it grows from `initial` to `max`, and gets shorter near the expected end.
import { PositiveDurationFromInput } from "@effect-comms/domain/Input"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { backoff } from "../backoff.ts"
import type { Poll } from "./model.ts"

/** Checks the options of an interval. */
export const Options = Schema.Struct({
  initial: Schema.optional(PositiveDurationFromInput),
  factor: Schema.optional(
    Schema.Finite.check(Schema.isGreaterThanOrEqualTo(1, { expected: "a number from 1" }))
  ),
  max: Schema.optional(PositiveDurationFromInput)
}).check(
  Schema.makeFilter(({ initial, max }) =>
    initial === undefined || max === undefined || Duration.isLessThanOrEqualTo(initial, max)
      ? undefined
      : { path: ["max"], issue: "Expected a duration that is not below initial" }
  )
)

type Options = typeof Options.Type

type PollSchedule = Schedule.Schedule<unknown, Poll>

export const AnySchedule = Schema.declare((u: unknown): u is PollSchedule => Schedule.isSchedule(u))

const withDefaults = ({ factor = 1.5, initial = Duration.seconds(1), max }: Options) => ({
  factor,
  initial,
  max: max ?? Duration.max(Duration.seconds(30), initial)
})

export const toSchedule = (options: Options): PollSchedule => {
  const { factor, initial, max } = withDefaults(options)
  return backoff(initial, max, factor).pipe(
    Schedule.setInputType<Poll>(),
    Schedule.modifyDelay(({ duration, input: { progress } }) =>
      Effect.succeed(
        progress?.remaining === undefined
          ? duration
          // An operation that is overdue is polled less and less often.
          : Duration.min(duration, Duration.max(initial, Duration.max(progress.remaining, progress.unchangedFor)))
      )
    )
  )
}

/**
 * Resolves the `interval` option. Waiters with equal options have equal keys, and share one schedule. A caller's own
 * schedule is not shared, since it may end.
 */
export const choose = (
  interval: PollSchedule | Options | undefined
): { readonly key: unknown; readonly schedule: PollSchedule } => {
  if (Schedule.isSchedule(interval)) return { key: {}, schedule: interval }
  const { factor, initial, max } = withDefaults(interval ?? {})
  return {
    key: [factor, Duration.toMillis(initial), Duration.toMillis(max)].join(),
    schedule: toSchedule(interval ?? {})
  }
}
