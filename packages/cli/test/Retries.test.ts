import type { Attempts } from "@effect-comms/client"
import { Attempt, CommsError } from "@effect-comms/domain"
import { assert, it } from "@effect/vitest"
import { DateTime, Duration } from "effect"
import * as Retries from "../src/Retries.ts"

const error = new CommsError.TransportFailure({
  reason: "UnknownHost",
  code: "ENOTFOUND",
  detail: "getaddrinfo ENOTFOUND x.test",
  readOnly: true
})

const retry: Attempts.Retry = {
  call: "x",
  method: "GET",
  url: "https://x.test",
  attempt: new Attempt.Attempt({
    number: 1,
    startedAt: DateTime.makeUnsafe(0),
    took: Duration.zero,
    outcome: "TransportFailure",
    waited: Duration.zero
  }),
  maxAttempts: 4,
  error,
  delay: Duration.zero
}

it("a retry shows the next attempt, the maximum of the policy, and the cause", () => {
  assert.strictEqual(Retries.describe(retry), "retrying (2 of 4): ENOTFOUND")
  assert.strictEqual(Retries.describe({ ...retry, maxAttempts: Infinity }), "retrying (2): ENOTFOUND")
})
