import type { Attempts } from "@effect-comms/client"
import { Attempt, type CommsError } from "@effect-comms/domain"
import { DateTime, Duration } from "effect"

/** The retry after the first of at most four attempts, and the wait that the server asked for, if it did. */
export const retryAfter = (error: CommsError.CommsError, asked?: Duration.Duration): Attempts.Retry => ({
  call: "x",
  method: "GET",
  url: "https://x.test",
  attempt: new Attempt.Attempt({
    number: 1,
    startedAt: DateTime.makeUnsafe(0),
    took: Duration.zero,
    outcome: error._tag,
    waited: Duration.zero,
    ...("status" in error && error.status !== undefined ? { status: error.status } : {}),
    ...(asked === undefined ? {} : { asked })
  }),
  maxAttempts: 4,
  error,
  delay: asked ?? Duration.zero
})
