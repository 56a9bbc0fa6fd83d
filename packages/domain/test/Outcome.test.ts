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
  return outcome ?? assert.fail("The operation is in progress")
}

const failuresOf = (...stats: readonly [number, number, number, number?]) => {
  const outcome = outcomeOf("COMPLETED", stats)
  if (outcome._tag !== "CompletedWithFailures") return assert.fail(outcome._tag)
  const { failed, missing, share } = outcome
  return { failed, missing, share }
}

describe("an outcome", () => {
  roundTrips("Outcome", Outcome.Outcome)

  it("is Completed if every item was created", () => {
    for (const stats of [[10, 10, 0], [0, 0, 0], [10, 10, 0, 3], [10, 12, 0]] as const) {
      assert.strictEqual(outcomeOf("COMPLETED", stats)._tag, "Completed")
    }
  })

  it("is CompletedWithFailures if items failed or are missing", () => {
    assert.deepEqual(failuresOf(10, 8, 2), { failed: 2, missing: 0, share: 0.2 })
    assert.deepEqual(failuresOf(888, 777, 0, 111), { failed: 0, missing: 111, share: 0.125 })
    assert.deepEqual(failuresOf(10, 6, 2), { failed: 2, missing: 2, share: 0.4 })
    assert.deepEqual(failuresOf(10, 10, 5), { failed: 5, missing: 0, share: 0.5 })
    assert.deepEqual(failuresOf(0, 0, 1), { failed: 1, missing: 0, share: 1 })
    assert.deepEqual(failuresOf(2, 0, 5), { failed: 5, missing: 0, share: 1 })
  })

  it("is Canceled however many items were created", () => {
    for (const stats of [[10, 10, 0], [10, 0, 0], [10, 3, 2]] as const) {
      assert.strictEqual(outcomeOf("CANCELED", stats)._tag, "Canceled")
    }
  })

  it("is undefined while the operation is in progress or has an unknown status", () => {
    assert.isUndefined(Outcome.fromOperation(operationOf("PROCESSING", [10, 10, 0])))
    const unknown = Operation.UnknownOperationStatus.make("PAUSED")
    assert.isUndefined(Outcome.fromOperation(operationOf(unknown, [10, 10, 0])))
  })
})

describe("tolerance", () => {
  const completed = outcomeOf("COMPLETED", [10, 10, 0])
  const withFailures = outcomeOf("COMPLETED", [10, 8, 1])
  const canceled = outcomeOf("CANCELED", [10, 10, 0])

  const tolerated = (tolerance: Outcome.Tolerance) =>
    [completed, withFailures, canceled].map((outcome) => Outcome.isTolerated(outcome, tolerance))

  it("decides which outcomes count as success", () => {
    assert.deepEqual(tolerated("any"), [true, true, true])
    assert.deepEqual(tolerated("none"), [true, false, false])
    assert.deepEqual(tolerated(0), [true, false, false])
    assert.deepEqual(tolerated(0.19), [true, false, false])
    assert.deepEqual(tolerated(0.2), [true, true, false])
    assert.deepEqual(tolerated(1), [true, true, false])
  })
})
