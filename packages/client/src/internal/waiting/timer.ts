// When the next poll is due by one schedule. Timers are values; only the schedule's own step has a state.
import * as Duration from "effect/Duration"
import type * as Pull from "effect/Pull"
import type * as Schedule from "effect/Schedule"
import type { Poll } from "./model.ts"

/** A schedule that has begun. */
export type Step = (now: number, poll: Poll) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

/** All times are in milliseconds of the monotonic clock. */
export interface Timer {
  readonly schedule: Schedule.Schedule<unknown, Poll>
  /** Undefined until the schedule gives its first delay. */
  readonly step: Step | undefined
  /** The start and the end of the interval. The end is Infinity after the schedule's last delay. */
  readonly from: number
  readonly dueAt: number
}

/** A timer whose first poll is due at once. */
export const make = (schedule: Schedule.Schedule<unknown, Poll>): Timer => ({
  schedule,
  step: undefined,
  from: 0,
  dueAt: 0
})

/** Whether the second half of the interval has begun. From then on, a poll for another waiter counts for this one. */
export const isNear = ({ dueAt, from }: Timer, now: number): boolean =>
  dueAt < Infinity && dueAt - now <= (dueAt - from) / 2

/** Whether the last poll is recent enough for this schedule. */
export const isFresh = ({ dueAt }: Timer, now: number): boolean => now <= dueAt && dueAt < Infinity

/** Whether the schedule has given its last delay. */
export const isOver = ({ dueAt }: Timer): boolean => dueAt === Infinity

/** Begins the next interval; without a delay, the schedule is over. */
export const begin = (timer: Timer, step: Step, from: number, delay: Duration.Duration | undefined): Timer => ({
  ...timer,
  step,
  from,
  // A clock that counts whole milliseconds wakes a sleeper too early at a fraction, and again at once.
  dueAt: delay === undefined ? Infinity : Math.ceil(from + Duration.toMillis(delay))
})
