import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Milliseconds of the clock that only runs forward. The wall clock can be set, so no duration comes from it. */
export const monotonicMillis: Effect.Effect<number> = Effect.map(
  Clock.monotonicTimeNanos,
  (nanos) => Number(nanos) / 1_000_000
)
