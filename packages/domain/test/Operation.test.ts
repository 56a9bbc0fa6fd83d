import { Operation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { refusal } from "./utils/refusal.ts"
import { roundTrips } from "./utils/roundTrip.ts"

const decodeId = Schema.decodeUnknownEffect(Operation.OperationId)
const decodeStatus = Schema.decodeUnknownEffect(Operation.OperationStatus)
const idOf = (length: number) => `comms_operation_${"0".repeat(length)}`

describe("OperationId", () => {
  it.effect.each([26, 27, 34, 35])("accepts %d characters", (length) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* decodeId(idOf(length)), idOf(length))
    }))

  it.effect.each([
    idOf(25),
    idOf(36),
    `${idOf(26)}\n`,
    ` ${idOf(26)}`,
    `\n${idOf(26)}`,
    `x${idOf(26)}`,
    `${idOf(26)}/../../x`,
    "comms_operation_..../../x",
    `${idOf(26)}?status=COMPLETED`,
    `${idOf(26)}#`,
    `comms_operation_8${"0".repeat(25)}`,
    `comms_operation_0${"i".repeat(25)}`,
    `comms_operation_0${"l".repeat(25)}`,
    `comms_operation_0${"o".repeat(25)}`,
    `comms_operation_0${"u".repeat(25)}`,
    idOf(26).toUpperCase(),
    `comms_senderpool_${"0".repeat(26)}`,
    "comms_operation_",
    ""
  ])("refuses %j", (input) =>
    Effect.gen(function*() {
      assert.include(yield* refusal(Operation.OperationId)(input), "comms_operation_01h9krwprkeee8fzqspvwy6nq8")
    }))

  it.effect.each([null, 26])("refuses %o", (input) =>
    Effect.gen(function*() {
      assert.include(yield* refusal(Operation.OperationId)(input), "Expected string")
    }))

  roundTrips("an id", Operation.OperationId)
})

describe("OperationStatus", () => {
  roundTrips("a status", Operation.OperationStatus)

  it.effect.each(["PROCESSING", "COMPLETED", "CANCELED"] as const)("knows %s", (status) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* decodeStatus(status), status)
      assert.isTrue(Operation.isKnownStatus(status))
      assert.isTrue(Schema.is(Operation.KnownOperationStatus)(status))
      assert.isFalse(Schema.is(Operation.UnknownOperationStatus)(status))
    }))

  it.effect.each(["FAILED", "SCHEDULED", "processing", " COMPLETED", ""])(
    "keeps %j as it is",
    (status) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* decodeStatus(status), status)
        assert.isFalse(Operation.isKnownStatus(status))
        assert.isFalse(Schema.is(Operation.KnownOperationStatus)(status))
      })
  )

  it.effect.each([null, 1, undefined, {}])("refuses %o", (status) =>
    Effect.gen(function*() {
      assert.include(yield* refusal(Operation.OperationStatus)(status), "PROCESSING, COMPLETED or CANCELED")
    }))
})

it.effect.each(
  [
    ["PROCESSING", "at work"],
    ["COMPLETED", "done"],
    ["CANCELED", "called off"],
    ["PAUSED", "in a state named PAUSED"]
  ] as const
)("matchStatus handles %s", ([input, expected]) =>
  Effect.gen(function*() {
    const describeStatus = Operation.matchStatus({
      PROCESSING: () => "at work",
      COMPLETED: () => "done",
      CANCELED: () => "called off",
      Unknown: (status) => `in a state named ${status}`
    })
    assert.strictEqual(describeStatus(yield* decodeStatus(input)), expected)
  }))
