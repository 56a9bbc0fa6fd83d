import type * as Duration from "effect/Duration"
import * as Schedule from "effect/Schedule"

/** Delays that grow from `initial` to `max`, with a jitter of 20 %. */
export const backoff = (initial: Duration.Input, max: Duration.Input, factor = 2) =>
  Schedule.min([Schedule.exponential(initial, factor), Schedule.spaced(max)]).pipe(Schedule.jittered)
