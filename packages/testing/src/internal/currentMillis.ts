import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

// After a wait with jitter, a test's clock can have a fraction of a millisecond. Times of the API have none.
export const currentMillis: Effect.Effect<number> = Effect.map(Clock.currentTimeMillis, Math.floor)
