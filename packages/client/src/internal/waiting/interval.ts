// The time between two polls: it grows from `initial` to `max`, and gets shorter near the expected end.
import { PositiveDurationFromInput } from "@effect-comms/domain/Input"
import { maxPageSize } from "@effect-comms/domain/Pagination"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { backoff } from "../backoff.ts"
import type { Poll } from "./model.ts"
import type { Rhythm } from "./round.ts"

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
    Schedule.modifyDelay(({ duration, input: { operations, progress } }) => {
      // A poll of many operations takes a request for each page of them, and one of them may always end soon.
      const pages = Math.ceil(operations / maxPageSize)
      if (pages > 1) {
        return Effect.succeed(
          Duration.max(duration, Duration.min(max, Duration.millis(pages * Duration.toMillis(initial))))
        )
      }
      return Effect.succeed(
        progress?.remaining === undefined
          ? duration
          // An operation that is overdue is polled less and less often.
          : Duration.min(duration, Duration.max(initial, Duration.max(progress.remaining, progress.unchangedFor)))
      )
    })
  )
}

/**
 * Resolves the `interval` option to the rhythm of a wait at a position. Waits with equal options share a rhythm. A
 * caller's own schedule is shared only by the waits of one call.
 */
export const choose = (interval: PollSchedule | Options | undefined): (position: number) => Rhythm => {
  if (Schedule.isSchedule(interval)) {
    const rhythms = new Map<number, Rhythm>()
    return (position) => {
      const rhythm = rhythms.get(position) ?? { key: {}, schedule: interval, position }
      rhythms.set(position, rhythm)
      return rhythm
    }
  }
  const { factor, initial, max } = withDefaults(interval ?? {})
  const key = [factor, Duration.toMillis(initial), Duration.toMillis(max)].join()
  const schedule = toSchedule(interval ?? {})
  return (position) => ({ key: `${key},${position}`, schedule, position })
}
