import { Clock, Effect } from "effect"

/** The test clock, whose wall clock can be set while time and timers run on. */
export const makeWallClock = Effect.map(Clock.Clock, (clock) => {
  let millis = 0
  const currentTimeMillisUnsafe = () => clock.currentTimeMillisUnsafe() + millis
  const currentTimeNanosUnsafe = () => clock.currentTimeNanosUnsafe() + BigInt(millis) * 1_000_000n
  return {
    /** Sets the wall clock forward, or back if negative. */
    set: (by: number) =>
      Effect.sync(() => {
        millis += by
      }),
    provide: Effect.provideService(Clock.Clock, {
      ...clock,
      currentTimeMillisUnsafe,
      currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
      currentTimeNanosUnsafe,
      currentTimeNanos: Effect.sync(currentTimeNanosUnsafe)
    })
  }
})
