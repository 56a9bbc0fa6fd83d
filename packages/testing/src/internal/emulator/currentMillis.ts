import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

// A test's clock may stand between two milliseconds, as after a wait with jitter. Nothing of the API does.
export const currentMillis: Effect.Effect<number> = Effect.map(Clock.currentTimeMillis, Math.floor)
