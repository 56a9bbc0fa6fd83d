// A schedule that says when the next look at an operation is due.
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import type { Poll } from "./model.ts"

export interface Driver {
  readonly schedule: Schedule.Schedule<unknown, Poll>
  step: ((now: number, poll: Poll) => Pull.Pull<[unknown, Duration.Duration], never, unknown>) | undefined
  /** Who waits by this schedule, and how many of them ask for a look at the moment. */
  users: number
  asking: number
  /** The number of the look that it was asked about last, and when that was. */
  follows: number
  from: number
  /** Infinity when the schedule has no more. */
  dueAt: number
}

/** A driver for which a look is due at once. */
export const make = (schedule: Schedule.Schedule<unknown, Poll>): Driver => ({
  schedule,
  step: undefined,
  users: 0,
  asking: 0,
  follows: 0,
  from: 0,
  dueAt: 0
})

export const restart = (driver: Driver): void => {
  driver.step = undefined
  driver.follows = 0
  driver.from = 0
  driver.dueAt = 0
}

/** Whether a look is due, or will be before long: in the second half of the interval, one for others does as well. */
export const isNear = ({ dueAt, from }: Driver, now: number): boolean =>
  dueAt < Infinity && dueAt - now <= (dueAt - from) / 2

export const isFresh = ({ dueAt }: Driver, now: number): boolean => now <= dueAt && dueAt < Infinity

/** Asks the schedule when the look after this one is due. One that comes too early for it does not count. */
export const follow = Effect.fnUntraced(function*(
  driver: Driver,
  look: { readonly number: number; readonly at: number },
  poll: Poll
) {
  if (driver.follows === look.number || !isNear(driver, look.at)) return
  driver.follows = look.number
  const at = Math.min(look.at, yield* Clock.currentTimeMillis)
  driver.step ??= yield* Schedule.toStep(driver.schedule)
  const delay = yield* driver.step(at, poll).pipe(
    Effect.map(([, delay]) => Duration.toMillis(delay)),
    Pull.catchDone(() => Effect.succeed(Infinity))
  )
  driver.from = at
  // A whole millisecond: a clock that counts in them would wake a hair too early, and again at once, without end.
  driver.dueAt = Math.ceil(at + delay)
})

/** A clock that was set back must not make anybody wait for longer. */
export const shift = (driver: Driver, by: number): void => {
  driver.from -= by
  driver.dueAt -= by
}
