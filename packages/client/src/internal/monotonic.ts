import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"

/** Milliseconds of the clock that only runs forward. The wall clock can be set, so no duration comes from it. */
export const monotonicMillisOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1_000_000

/** {@link monotonicMillisOf} the current clock. */
export const monotonicMillis: Effect.Effect<number> = Clock.clockWith((clock) =>
  Effect.sync(() => monotonicMillisOf(clock))
)

/** {@link monotonicMillis} in whole milliseconds, which is what timers count. */
export const wholeMillis: Effect.Effect<number> = Effect.map(monotonicMillis, Math.floor)

/** How far the wall clock is ahead of the monotonic clock now, in whole milliseconds. */
export const wallOffset: Effect.Effect<number> = Clock.clockWith((clock) =>
  Effect.sync(() => Math.round(Number(clock.currentTimeNanosUnsafe() - clock.monotonicTimeNanosUnsafe()) / 1_000_000))
)

/** Converts monotonic milliseconds to times of the wall clock as it is set now, to be shown or stored. */
export type ToWall = (millis: number) => DateTime.Utc

export const toWall: Effect.Effect<ToWall> = Effect.map(
  wallOffset,
  (offset) => (millis) => DateTime.makeUnsafe(millis + offset)
)

/** Begins a schedule. Its clock starts at the wall clock's time, which `Schedule.cron` needs, and is never set. */
export const beginSchedule = <Output, Input>(
  schedule: Schedule.Schedule<Output, Input>
): Effect.Effect<(now: number, input: Input) => Pull.Pull<[Output, Duration.Duration], never, Output>> =>
  Effect.zipWith(
    wallOffset,
    Schedule.toStep(schedule),
    (offset, step) => (now, input) => step(now + offset, input)
  )

/** Like {@link beginSchedule}, and sleeps for each delay. */
export const beginScheduleWithSleep = <Output, Input>(
  schedule: Schedule.Schedule<Output, Input>
): Effect.Effect<(input: Input) => Pull.Pull<Output, never, Output>> =>
  Effect.map(beginSchedule(schedule), (step) =>
    Effect.fnUntraced(function*(input) {
      const [output, delay] = yield* step(yield* wholeMillis, input)
      yield* Effect.sleep(delay)
      return output
    }))
