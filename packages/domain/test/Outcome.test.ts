import { Operation, Outcome, SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { roundTrips } from "./utils/roundTrip.ts"

const operationOf = (
  status: Operation.OperationStatus,
  [total, created, failed, queued = 0]: readonly [number, number, number, number?]
) =>
  new SenderPoolOperation.SenderPoolOperation({
    id: Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq8"),
    status,
    stats: { total, created, failed, queued },
    createdAt: DateTime.makeUnsafe(0),
    updatedAt: DateTime.makeUnsafe(0)
  })

const outcomeOf = (...args: Parameters<typeof operationOf>): Outcome.Outcome => {
  const outcome = Outcome.fromOperation(operationOf(...args))
  return outcome ?? assert.fail("It has not ended")
}

const partial = (...stats: readonly [number, number, number, number?]) => {
  const outcome = outcomeOf("COMPLETED", stats)
  if (outcome._tag !== "CompletedWithFailures") return assert.fail(outcome._tag)
  const { failed, missing, share } = outcome
  return { failed, missing, share }
}

describe("an outcome", () => {
  roundTrips("Outcome", Outcome.Outcome)

  it("is completed when everything was created", () => {
    for (const stats of [[10, 10, 0], [0, 0, 0], [10, 10, 0, 3], [10, 12, 0]] as const) {
      assert.strictEqual(outcomeOf("COMPLETED", stats)._tag, "Completed")
    }
  })

  it("is completed with failures when items failed or are missing", () => {
    assert.deepEqual(partial(10, 8, 2), { failed: 2, missing: 0, share: 0.2 })
    assert.deepEqual(partial(888, 777, 0, 111), { failed: 0, missing: 111, share: 0.125 })
    assert.deepEqual(partial(10, 6, 2), { failed: 2, missing: 2, share: 0.4 })
    assert.deepEqual(partial(10, 10, 5), { failed: 5, missing: 0, share: 0.5 })
    assert.deepEqual(partial(0, 0, 1), { failed: 1, missing: 0, share: 1 })
    assert.deepEqual(partial(2, 0, 5), { failed: 5, missing: 0, share: 1 })
  })

  it("is canceled whatever was created", () => {
    for (const stats of [[10, 10, 0], [10, 0, 0], [10, 3, 2]] as const) {
      assert.strictEqual(outcomeOf("CANCELED", stats)._tag, "Canceled")
    }
  })

  it("is none while the operation is at work, or in a state that is not known", () => {
    assert.isUndefined(Outcome.fromOperation(operationOf("PROCESSING", [10, 10, 0])))
    const unknown = Operation.UnknownOperationStatus.make("PAUSED")
    assert.isUndefined(Outcome.fromOperation(operationOf(unknown, [10, 10, 0])))
  })
})

describe("tolerance", () => {
  const completed = outcomeOf("COMPLETED", [10, 10, 0])
  const partly = outcomeOf("COMPLETED", [10, 8, 1])
  const canceled = outcomeOf("CANCELED", [10, 10, 0])

  const tolerated = (tolerance: Outcome.Tolerance) =>
    [completed, partly, canceled].map((outcome) => Outcome.isTolerated(outcome, tolerance))

  it("says which outcomes are no error", () => {
    assert.deepEqual(tolerated("any"), [true, true, true])
    assert.deepEqual(tolerated("none"), [true, false, false])
    assert.deepEqual(tolerated(0), [true, false, false])
    assert.deepEqual(tolerated(0.19), [true, false, false])
    assert.deepEqual(tolerated(0.2), [true, true, false])
    assert.deepEqual(tolerated(1), [true, true, false])
  })
})
