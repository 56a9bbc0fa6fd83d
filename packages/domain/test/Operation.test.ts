import { EmailOperation, MessageOperation, Operation, SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Effect, Schema } from "effect"
import { rejection } from "./utils/rejection.ts"
import { roundTrips } from "./utils/roundTrip.ts"

const decodeId = Schema.decodeUnknownEffect(Operation.OperationId)
const decodeStatus = Schema.decodeUnknownEffect(Operation.OperationStatus)
const idOf = (length: number) => `comms_operation_${"0".repeat(length)}`

describe("OperationId", () => {
  it.effect.each([25, 26, 27, 34, 35])("accepts %d characters", (length) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* decodeId(idOf(length)), idOf(length))
    }))

  // The documentation prints ids of the first two forms.
  it.effect.each(["01h9ksxq9v7b2m4r5t6y7z8a9", "8qn6ywvpsqzf8eeekrpwrk9h10", "zqn6ywvpsqzf8eeekrpwrk9h10"])(
    "accepts %s",
    (end) =>
      Effect.gen(function*() {
        const id = `comms_operation_${end}`
        assert.strictEqual(yield* decodeId(id), id)
      })
  )

  it("has the published pattern in JSON Schema", () => {
    assert.deepInclude(Schema.toJsonSchemaDocument(Operation.OperationId).schema, {
      type: "string",
      pattern: "^comms_operation_[0-7][a-hjkmnpqrstv-z0-9]{25,34}$"
    })
  })

  it.effect.each([
    idOf(24),
    idOf(36),
    `${idOf(26)}\n`,
    ` ${idOf(26)}`,
    `\n${idOf(26)}`,
    `x${idOf(26)}`,
    `${idOf(26)}/../../x`,
    "comms_operation_..../../x",
    `${idOf(26)}?status=COMPLETED`,
    `${idOf(26)}#`,
    `comms_operation_i${"0".repeat(25)}`,
    `comms_operation_0${"i".repeat(25)}`,
    `comms_operation_0${"l".repeat(25)}`,
    `comms_operation_0${"o".repeat(25)}`,
    `comms_operation_0${"u".repeat(25)}`,
    idOf(26).toUpperCase(),
    `comms_senderpool_${"0".repeat(26)}`,
    "comms_operation_",
    ""
  ])("rejects %j", (input) =>
    Effect.gen(function*() {
      assert.include(yield* rejection(Operation.OperationId)(input), "comms_operation_01h9krwprkeee8fzqspvwy6nq8")
    }))

  it.effect.each([null, 26])("rejects %o", (input) =>
    Effect.gen(function*() {
      assert.include(yield* rejection(Operation.OperationId)(input), "Expected string")
    }))

  roundTrips("an id", Operation.OperationId)
})

describe("OperationIdFromServer", () => {
  const decode = Schema.decodeUnknownEffect(Operation.OperationIdFromServer)

  it.effect.each([idOf(26), idOf(25), `comms_operation_8${"0".repeat(25)}`, "x"])(
    "accepts %j",
    (id) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* decode(id), id)
      })
  )

  it.effect.each(["", null, 26])("rejects %j", (input) =>
    Effect.gen(function*() {
      assert.match(yield* rejection(Operation.OperationIdFromServer)(input), /an operation id such as|Expected string/)
    }))

  it("has the pattern in JSON Schema", () => {
    assert.deepInclude(Schema.toJsonSchemaDocument(Operation.OperationIdFromServer).schema, {
      type: "string",
      pattern: "^comms_operation_[0-7][a-hjkmnpqrstv-z0-9]{25,34}$"
    })
  })

  it.prop("generates ids that match the pattern", [Arbitrary.schema(Operation.OperationIdFromServer)], ([id]) => {
    assert.match(id, /^comms_operation_[0-7][a-hjkmnpqrstv-z0-9]{25,34}$/)
  })

  it.effect.each([
    Schema.decodeUnknownEffect(SenderPoolOperation.SenderPoolOperation),
    Schema.decodeUnknownEffect(MessageOperation.MessageOperation),
    Schema.decodeUnknownEffect(EmailOperation.EmailOperation),
    Schema.decodeUnknownEffect(Operation.Operation)
  ])("is the id of model %#", (decode) =>
    Effect.gen(function*() {
      const operation = yield* decode({
        id: idOf(25),
        status: "COMPLETED",
        stats: { total: 1, queued: 0, created: 1, failed: 0 },
        counts: { total: 1, settled: 1, failed: 0 },
        createdAt: "2024-04-05T06:20:00Z",
        updatedAt: "2024-04-05T06:20:00Z"
      })
      assert.strictEqual(operation.id, idOf(25))
    }))
})

describe("OperationStatus", () => {
  roundTrips("a status", Operation.OperationStatus)

  it.effect.each(["PROCESSING", "COMPLETED", "CANCELED"] as const)("documents %s", (status) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* decodeStatus(status), status)
      assert.isTrue(Operation.isKnownStatus(status))
      assert.isTrue(Schema.is(Operation.KnownOperationStatus)(status))
      assert.isFalse(Schema.is(Operation.UnknownOperationStatus)(status))
    }))

  it.effect.each(["FAILED", "PAUSED", "processing", " COMPLETED", ""])(
    "keeps %j unchanged",
    (status) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* decodeStatus(status), status)
        assert.isFalse(Operation.isKnownStatus(status))
        assert.isFalse(Schema.is(Operation.KnownOperationStatus)(status))
      })
  )

  it.effect("documents SCHEDULED only for operations that send", () =>
    Effect.gen(function*() {
      assert.isFalse(Schema.is(Operation.KnownOperationStatus)(yield* decodeStatus("SCHEDULED")))
      const decode = Schema.decodeUnknownEffect(Operation.CommunicationOperationStatus)
      assert.strictEqual(yield* decode("SCHEDULED"), "SCHEDULED")
      assert.strictEqual(yield* decode("PAUSED"), "PAUSED")
      assert.isTrue(Operation.isKnownStatus("SCHEDULED"))
      assert.isFalse(Operation.isTerminalStatus("SCHEDULED"))
    }))

  it.effect.each([null, 1, undefined, {}])("rejects %o", (status) =>
    Effect.gen(function*() {
      assert.include(yield* rejection(Operation.OperationStatus)(status), "PROCESSING, COMPLETED or CANCELED")
    }))
})

it.effect.each(
  [
    ["PROCESSING", "in progress"],
    ["COMPLETED", "done"],
    ["CANCELED", "canceled"],
    ["PAUSED", "in an unknown state: PAUSED"]
  ] as const
)("matchStatus handles %s", ([input, expected]) =>
  Effect.gen(function*() {
    const describeStatus = Operation.matchStatus({
      PROCESSING: () => "in progress",
      COMPLETED: () => "done",
      CANCELED: () => "canceled",
      Unknown: (status) => `in an unknown state: ${status}`
    })
    assert.strictEqual(describeStatus(yield* decodeStatus(input)), expected)
  }))

it("matchStatus handles SCHEDULED by name if it has a case, and as unknown otherwise", () => {
  const cases = {
    PROCESSING: () => "processing",
    COMPLETED: () => "completed",
    CANCELED: () => "canceled",
    Unknown: (status: string) => `unknown ${status}`
  }
  assert.strictEqual(Operation.matchStatus({ ...cases, SCHEDULED: () => "scheduled" })("SCHEDULED"), "scheduled")
  assert.strictEqual(
    Operation.matchStatus(cases)(Operation.UnknownOperationStatus.make("SCHEDULED")),
    "unknown SCHEDULED"
  )
})

describe("version", () => {
  const operation = new Operation.Operation({
    id: Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq8"),
    status: "PROCESSING",
    stats: { total: 2, sent: 1 },
    counts: { total: 2, settled: 1, failed: 0 },
    createdAt: DateTime.makeUnsafe(0),
    updatedAt: DateTime.makeUnsafe(0)
  })
  const changed = (change: Partial<Operation.Operation>) => new Operation.Operation({ ...operation, ...change })

  it("differs when the status, any counter or the time of the update differs", () => {
    const versions = [
      operation,
      changed({ status: "COMPLETED" }),
      changed({ stats: { total: 2, sent: 2 } }),
      changed({ stats: { total: 2, sent: 1, expired: 0 } }),
      changed({ stats: { total: 2 } }),
      changed({ updatedAt: DateTime.makeUnsafe(1) })
    ].map(Operation.version)
    assert.strictEqual(new Set(versions).size, versions.length)
    assert.strictEqual(Operation.state(operation), Operation.state(changed({ updatedAt: DateTime.makeUnsafe(1) })))
  })

  it("does not depend on the order of the counters", () => {
    assert.strictEqual(Operation.version(changed({ stats: { sent: 1, total: 2 } })), Operation.version(operation))
  })
})
