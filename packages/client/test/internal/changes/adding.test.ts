import { CommsError, Operation, Outcome, Sender, TwilioError, WaitError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration } from "effect"
import * as Adding from "../../../src/internal/changes/adding.ts"
import { operationIdOf, operationOf } from "../../utils/polls.ts"

const idOf = (n: number) => Sender.SenderId.make(`comms_sender_0${String(n).padStart(25, "0")}`)

const senderIds = [idOf(0), idOf(1), idOf(2)]

const present = (...ns: ReadonlyArray<number>): ReadonlySet<string> => new Set(ns.map(idOf))

const operationId = operationIdOf(1)

const ended = (
  standing: { readonly status: string; readonly created?: number; readonly failed?: number }
): Adding.Part => {
  const outcome = Outcome.fromOperation(operationOf({ total: 3, ...standing }))
  return { senderIds, operationId, ...(outcome === undefined ? {} : { outcome }) }
}

const failedWith = (error: Adding.PartError): Adding.Part => ({ senderIds, error })

const completed = ended({ status: "COMPLETED", created: 3 })

const withFailures = ended({ status: "COMPLETED", created: 1, failed: 1 })

const canceled = ended({ status: "CANCELED" })

const lost = failedWith(
  new CommsError.OutcomeUnknown({
    call: "SenderPools.addSenders",
    check: "Look.",
    reason: new CommsError.TransportFailure({ reason: "Connection", detail: "", readOnly: false })
  })
)

const internal = failedWith(new CommsError.InternalServerError({ errors: [] }))

const busy = failedWith(new CommsError.ServiceUnavailable({ errors: [] }))

const refused = failedWith(new CommsError.BadRequest({ errors: [] }))

const naming = (n: number) =>
  failedWith(
    new CommsError.BadRequest({
      errors: [new TwilioError.TwilioError({ message: "No.", context: "$[1]", value: idOf(n) })]
    })
  )

const waitTimeout: Adding.Part = {
  senderIds,
  operationId,
  error: new WaitError.WaitTimeout({
    operationId: Operation.OperationId.make(operationId),
    startedAt: DateTime.makeUnsafe(0),
    waited: Duration.hours(1),
    polls: 3,
    limit: "time"
  })
}

describe("isVisible", () => {
  it.each<[name: string, part: Adding.Part, least: number]>([
    ["a completed part", completed, 3],
    ["a part with one failed and one missing Sender", withFailures, 1],
    ["a canceled part", canceled, 0],
    ["a lost part", lost, 3],
    ["a part after a 500", internal, 3],
    ["a busy part", busy, 0],
    ["a refused part", refused, 0],
    ["a part whose wait failed", waitTimeout, 0]
  ])("of %s needs %3$s members", (_name, part, least) => {
    for (let count = 0; count <= 3; count++) {
      const members = present(...[0, 1, 2].slice(0, count))
      assert.strictEqual(Adding.isVisible([part], members), count >= least, String(count))
    }
  })
})

describe("resolve", () => {
  it.each<[name: string, part: Adding.Part, failed: ReadonlyArray<number>, again: ReadonlyArray<number>]>([
    ["a completed part", completed, [1, 2], []],
    ["a part with failures", withFailures, [1, 2], []],
    ["a canceled part", canceled, [1, 2], []],
    ["a lost part", lost, [], [1, 2]],
    ["a part after a 500", internal, [], [1, 2]],
    ["a busy part", busy, [], [1, 2]],
    ["a refused part", refused, [1, 2], []],
    ["a part refused for one Sender", naming(1), [1], [2]],
    ["a part refused for a member", naming(0), [], [1, 2]],
    ["a part refused for another body's Sender", naming(7), [1, 2], []],
    ["a part whose wait failed", waitTimeout, [1, 2], []]
  ])("%s", (_name, part, failed, again) => {
    const resolved = Adding.resolve([part], present(0), false)
    assert.deepEqual(resolved.failed.map(({ senderId }) => senderId), failed.map(idOf))
    assert.deepEqual(resolved.again, again.map(idOf))
    const last = Adding.resolve([part], present(0), true)
    assert.deepEqual([last.failed.map(({ senderId }) => senderId), last.again], [[idOf(1), idOf(2)], []])
  })

  it("keeps the operation and the error of a failed Sender", () => {
    assert.deepEqual(Adding.resolve([{ ...waitTimeout, senderIds: [idOf(1)] }], present(), false).failed, [
      { senderId: idOf(1), operationId, ...(waitTimeout.error === undefined ? {} : { error: waitTimeout.error }) }
    ])
  })
})

describe("resolveRemoval", () => {
  it.each<[error: CommsError.CommsError | undefined, failed: number, again: number]>([
    [undefined, 1, 0],
    [new CommsError.NotFound({ errors: [] }), 1, 0],
    [new CommsError.BadRequest({ errors: [] }), 1, 0],
    [new CommsError.InternalServerError({ errors: [] }), 0, 1],
    [new CommsError.TooManyRequests({ errors: [] }), 0, 1]
  ])("of a Sender that is still a member, after %s", (error, failed, again) => {
    const errors = new Map(error === undefined ? [] : [[String(idOf(0)), error]])
    const resolved = Adding.resolveRemoval([idOf(0), idOf(1)], errors, present(0), false)
    assert.deepEqual([resolved.failed.length, resolved.again.length], [failed, again])
    assert.lengthOf(Adding.resolveRemoval([idOf(0)], errors, present(0), true).failed, 1)
    assert.deepEqual(Adding.resolveRemoval([idOf(0)], errors, present(1), false), { failed: [], again: [] })
  })
})

it("progressOf sums the parts of a round", () => {
  const before = { total: 10, settled: 4, failed: 1, parts: 2, ended: 2 }
  const tallies = [{ settled: 2, failed: 1, isEnded: true }, { settled: 1, failed: 0, isEnded: false }]
  assert.deepEqual(Adding.progressOf(before, tallies), { total: 10, settled: 7, failed: 2, parts: 4, ended: 3 })
  assert.strictEqual(Adding.progressOf(before, [{ settled: 50, failed: 0, isEnded: true }]).settled, 10)
})

it.each<[part: Adding.Part, failed: number]>([[completed, 0], [withFailures, 1], [refused, 3]])(
  "tallyOf settles every Sender",
  (part, failed) => assert.deepEqual(Adding.tallyOf(part), { settled: 3, failed, isEnded: true })
)
