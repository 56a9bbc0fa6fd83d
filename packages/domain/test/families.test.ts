import { EmailOperation, MessageOperation, Operation, Outcome } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { roundTrips } from "./utils/roundTrip.ts"

const wire = (status: string, stats: object) => ({
  id: "comms_operation_01h9krwprkeee8fzqspvwy6nq8",
  status,
  stats,
  createdAt: "2024-04-05T06:20:00Z",
  updatedAt: "2024-04-05T06:21:00Z"
})

const decodeMessage = Schema.decodeUnknownEffect(MessageOperation.MessageOperation)

const decodeEmail = Schema.decodeUnknownEffect(EmailOperation.EmailOperation)

describe.each([
  ["a message operation", MessageOperation.MessageOperation, decodeMessage] as const,
  ["an email operation", EmailOperation.EmailOperation, decodeEmail] as const
])("%s", (name, model, decode) => {
  roundTrips(name, model)

  it.effect("keeps undocumented counters, and requires none", () =>
    Effect.gen(function*() {
      const { counts, stats } = yield* decode(wire("PROCESSING", { total: 3, expired: 2 }))
      assert.deepEqual<unknown>({ ...stats }, { total: 3, expired: 2 })
      assert.deepEqual(counts, { total: 3, settled: 0, failed: 0 })
      assert.deepEqual((yield* decode(wire("PROCESSING", {}))).counts, { total: 0, settled: 0, failed: 0 })
    }))

  it.effect("has the status SCHEDULED, which is not terminal", () =>
    Effect.gen(function*() {
      const operation = yield* decode(wire("SCHEDULED", { total: 3, scheduled: 3 }))
      assert.strictEqual(operation.status, "SCHEDULED")
      assert.isFalse(operation.isTerminal)
      assert.isUndefined(Outcome.fromOperation(operation))
      assert.isFalse((yield* decode(wire("PAUSED", {}))).isTerminal)
    }))
})

describe("the common counts", () => {
  it.effect("of messages include failed, undelivered and unaddressable as failures", () =>
    Effect.gen(function*() {
      const { counts } = yield* decodeMessage(wire("COMPLETED", {
        total: 10,
        recipients: 9,
        attempts: 12,
        unaddressable: 1,
        scheduled: 0,
        queued: 0,
        sent: 1,
        delivered: 2,
        read: 1,
        undelivered: 2,
        failed: 1,
        canceled: 2
      }))
      assert.deepEqual(counts, { total: 10, settled: 10, failed: 4 })
    }))

  it.effect("of emails include failed and undelivered as failures, whether or not sent includes delivered emails", () =>
    Effect.gen(function*() {
      const cumulative = yield* decodeEmail(
        wire("COMPLETED", { total: 5, sent: 5, delivered: 4, opened: 3, undelivered: 1 })
      )
      assert.deepEqual(cumulative.counts, { total: 5, settled: 5, failed: 1 })
      const current = yield* decodeEmail(wire("COMPLETED", { total: 5, sent: 0, delivered: 3, failed: 1, canceled: 1 }))
      assert.deepEqual(current.counts, { total: 5, settled: 5, failed: 1 })
    }))

  it.effect("decide the outcome of the documented examples", () =>
    Effect.gen(function*() {
      const message = yield* decodeMessage(wire("COMPLETED", { total: 1, sent: 0, delivered: 1 }))
      assert.strictEqual(Outcome.fromOperation(message)?._tag, "Completed")
      const email = yield* decodeEmail(wire("COMPLETED", { total: 5, sent: 5, delivered: 5, opened: 3 }))
      assert.strictEqual(Outcome.fromOperation(email)?._tag, "Completed")
      const missed = yield* decodeMessage(wire("COMPLETED", { total: 2, delivered: 1, undelivered: 1 }))
      assert.strictEqual(Outcome.fromOperation(missed)?._tag, "CompletedWithFailures")
    }))
})

it("each family has its own calls, paths and names in the OpenAPI document", () => {
  const families = [MessageOperation.family, EmailOperation.family]
  assert.deepEqual(
    families.map((
      { fetch, list, Page }
    ) => [fetch.call, fetch.path, list.operationId, Page.wire.ast.annotations?.["identifier"]]),
    [
      [
        "MessageOperations.fetch",
        "/v1/Messages/Operations/:operationId",
        "listMessageOperations",
        "MessageOperationPage"
      ],
      ["EmailOperations.fetch", "/v1/Emails/Operations/:operationId", "listEmailOperations", "EmailOperationPage"]
    ]
  )
  assert.isTrue(
    Schema.is(Operation.AnyOperation)(
      new Operation.Operation({
        id: Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq8"),
        status: "SCHEDULED",
        stats: {},
        counts: { total: 0, settled: 0, failed: 0 },
        createdAt: Schema.decodeSync(EmailOperation.EmailOperation.fields.createdAt)("2024-04-05"),
        updatedAt: Schema.decodeSync(EmailOperation.EmailOperation.fields.updatedAt)("2024-04-05")
      })
    )
  )
  assert.isFalse(Schema.is(Operation.AnyOperation)({ id: "x" }))
})
