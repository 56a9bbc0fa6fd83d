// Waits with equal options that began together. They share a timer, and their operations are polled together.
import * as Duration from "effect/Duration"
import type * as Pull from "effect/Pull"
import type * as Schedule from "effect/Schedule"
import type { Poll } from "./model.ts"

/** A schedule, and how many of its delays are over when a wait begins or resumes. */
export interface Rhythm {
  /** Waits with equal keys have equal schedules and positions. */
  readonly key: unknown
  readonly schedule: Schedule.Schedule<unknown, Poll>
  readonly position: number
}

/** A schedule that has begun. */
export type Step = (now: number, poll: Poll) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

/** The interval between two polls, in milliseconds of the monotonic clock. */
interface Timer {
  from: number
  /** Infinity during a poll, and after the schedule's last delay. */
  dueAt: number
}

export interface Round<Place> extends Timer {
  readonly rhythm: Rhythm
  readonly places: Set<Place>
  /** Undefined until the schedule begins. */
  step: Step | undefined
  /** How many delays the schedule has given. */
  position: number
  /** Whether the schedule has given its last delay. */
  isOver: boolean
  /** How many batches poll its operations now, and how many operations the last one had: 0 before the first. */
  batches: number
  operations: number
}

/** A round whose first poll is due at once. */
export const make = <Place>(rhythm: Rhythm): Round<Place> => ({
  rhythm,
  places: new Set(),
  step: undefined,
  position: rhythm.position,
  from: 0,
  dueAt: 0,
  isOver: false,
  batches: 0,
  operations: 0
})

/** Whether the second half of the interval has begun. From then on, a poll for another round counts for this one. */
export const isNear = ({ dueAt, from }: Timer, now: number): boolean =>
  dueAt < Infinity && dueAt - now <= (dueAt - from) / 2

/** Whether a poll at the start of the interval is recent enough for the schedule. */
export const isFresh = ({ dueAt }: Timer, now: number): boolean => now <= dueAt && dueAt < Infinity

/** Begins the next interval. Without a delay, the schedule is over. Changes `round`. */
export const begin = <Place>(round: Round<Place>, delay: Duration.Duration | undefined): void => {
  if (delay === undefined) {
    round.isOver = true
    return
  }
  round.position++
  round.dueAt = Math.ceil(round.from + Duration.toMillis(delay))
}

/** Begins the schedule again, with a poll that is due at once. Changes `round`. */
export const restart = <Place>(round: Round<Place>): void => {
  Object.assign(round, { ...make(round.rhythm), places: round.places })
}
