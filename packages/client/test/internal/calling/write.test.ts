import { Attempt, CommsError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration } from "effect"
import { isUnprocessed, toWriteError } from "../../../src/internal/calling/write.ts"

const retryAfter = Duration.seconds(1)

const attempt = (outcome: string) =>
  new Attempt.Attempt({
    number: 1,
    startedAt: DateTime.makeUnsafe(0),
    took: retryAfter,
    outcome,
    waited: retryAfter
  })

const timeout = new CommsError.TransportFailure({ reason: "Timeout", detail: "", readOnly: false })

describe("a write was not processed", () => {
  it.each<[error: CommsError.CommsError, expected: boolean]>([
    [new CommsError.TooManyRequests({ errors: [] }), true],
    [new CommsError.CoolingDown({ retryAfter, retryAt: DateTime.makeUnsafe(0) }), true],
    [new CommsError.Conflict({ errors: [], retryAfter }), true],
    [new CommsError.ServiceUnavailable({ errors: [], retryAfter }), true],
    [new CommsError.Conflict({ errors: [] }), false],
    [new CommsError.ServiceUnavailable({ errors: [] }), false],
    [new CommsError.InternalServerError({ errors: [] }), false],
    [new CommsError.UnexpectedStatus({ errors: [], status: 502, retryAfter, readOnly: false }), false],
    [timeout, false]
  ])("if it failed with %s: %s", (error, expected) => {
    assert.strictEqual(isUnprocessed(error), expected)
  })
})

describe("the error of a write", () => {
  const toError = toWriteError({ call: "SenderPools.create", check: "Look." })

  it.each<[outcomes: ReadonlyArray<string>, expected: string]>([
    [["TransportFailure"], "OutcomeUnknown"],
    [["Interrupted"], "OutcomeUnknown"],
    [["TooManyRequests", "Interrupted"], "OutcomeUnknown"],
    [["TooManyRequests"], "TransportFailure"],
    [[], "TransportFailure"]
  ])("after a time limit and the attempts %o is %s", (outcomes, expected) => {
    const error = toError(CommsError.withFields(timeout, { attempts: outcomes.map(attempt) }))
    assert.strictEqual(error._tag, expected)
    assert.lengthOf(error.attempts ?? [], outcomes.length)
  })

  it.each<[status: number, expected: string]>([
    [408, "OutcomeUnknown"],
    [502, "OutcomeUnknown"],
    [599, "OutcomeUnknown"],
    [302, "UnexpectedStatus"],
    [413, "UnexpectedStatus"]
  ])("after the unexpected status %s is %s", (status, expected) => {
    assert.strictEqual(toError(new CommsError.UnexpectedStatus({ errors: [], status, readOnly: false }))._tag, expected)
  })

  it("of a circuit breaker stays, since nothing was sent", () => {
    const refused = new CommsError.TransportFailure({ reason: "Refused", detail: "open", readOnly: false })
    assert.strictEqual<unknown>(toError(refused), refused)
  })

  it("says by default to read the resource", () => {
    const error = toWriteError({ call: "Things.change" })(
      new CommsError.InvalidResponse({ status: 200, problem: "It is empty." })
    )
    assert.include(error.message, "Read the resource to see whether it changed.")
  })
})
