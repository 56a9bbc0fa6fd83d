import { CommsError } from "@effect-comms/domain"
import { assert, it } from "@effect/vitest"
import * as Retries from "../src/Retries.ts"
import { retryAfter } from "./utils/retries.ts"

const error = new CommsError.TransportFailure({
  reason: "UnknownHost",
  code: "ENOTFOUND",
  detail: "getaddrinfo ENOTFOUND x.test",
  readOnly: true
})

const retry = retryAfter(error)

it("a retry shows the next attempt, the maximum of the policy, and the cause", () => {
  assert.strictEqual(Retries.describe(retry), "retrying (2 of 4): ENOTFOUND")
  assert.strictEqual(Retries.describe({ ...retry, maxAttempts: Infinity }), "retrying (2): ENOTFOUND")
})
