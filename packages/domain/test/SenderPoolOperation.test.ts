import { Operation, SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Schema } from "effect"
import { rejection } from "./utils/rejection.ts"
import { roundTrips } from "./utils/roundTrip.ts"

const wire = {
  id: "comms_operation_01h9krwprkeee8fzqspvwy6nq8",
  status: "COMPLETED",
  stats: { total: 888, queued: 111, created: 777, failed: 0 },
  createdAt: "2024-04-05T06:20:00Z",
  updatedAt: "2024-04-05T06:21:00Z"
}

const decode = Schema.decodeUnknownEffect(SenderPoolOperation.SenderPoolOperation)

describe("SenderPoolOperation", () => {
  it.effect("reads every field", () =>
    Effect.gen(function*() {
      const operation = yield* decode(wire)
      assert.strictEqual(operation.id, wire.id)
      assert.strictEqual(operation.status, "COMPLETED")
      assert.deepEqual(operation.stats, wire.stats)
      assert.strictEqual(DateTime.formatIso(operation.createdAt), "2024-04-05T06:20:00.000Z")
      assert.strictEqual(DateTime.formatIso(operation.updatedAt), "2024-04-05T06:21:00.000Z")
    }))

  it.effect("keeps an unknown status, and ignores unknown fields", () =>
    Effect.gen(function*() {
      const operation = yield* decode({ ...wire, status: "PAUSED", pool: "x", stats: { ...wire.stats, skipped: 1 } })
      assert.strictEqual(operation.status, "PAUSED")
      assert.isFalse(Operation.isKnownStatus(operation.status))
      assert.notProperty(operation, "pool")
      assert.notProperty(operation.stats, "skipped")
    }))

  it.effect.each(
    [["PROCESSING", false], ["COMPLETED", true], ["CANCELED", true], ["FAILED", false]] as const
  )("isTerminal for %s", ([status, isTerminal]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* decode({ ...wire, status })).isTerminal, isTerminal)
    }))

  it.effect.each(["id", "status", "stats", "createdAt", "updatedAt"])("requires %s", (field) =>
    Effect.gen(function*() {
      assert.include(
        yield* rejection(SenderPoolOperation.SenderPoolOperation)({ ...wire, [field]: undefined }),
        `["${field}"]`
      )
    }))

  it.effect.each(["total", "queued", "created", "failed"])(
    "requires a natural number in stats.%s",
    (field) =>
      Effect.forEach([-1, 0.5, "1", null, undefined], (value) =>
        Effect.gen(function*() {
          const message = yield* rejection(SenderPoolOperation.SenderPoolOperation)({
            ...wire,
            stats: { ...wire.stats, [field]: value }
          })
          assert.include(message, `["stats"]["${field}"]`)
        }))
  )

  roundTrips("stats", SenderPoolOperation.SenderPoolOperationStats)
  roundTrips("an operation", SenderPoolOperation.SenderPoolOperation)
  roundTrips("a page", SenderPoolOperation.family.Page.wire)
})

describe("ListParams", () => {
  const decodeParams = Schema.decodeUnknownEffect(SenderPoolOperation.family.ListParams)

  it.effect("normalizes every field", () =>
    Effect.gen(function*() {
      const params = yield* decodeParams({
        startDate: new Date("2024-01-15T00:00:00Z"),
        endDate: "2024-01-16",
        status: "PROCESSING",
        pageToken: "a+b/c==",
        pageSize: 1000
      })
      assert.deepEqual({ ...params, startDate: String(params.startDate), endDate: String(params.endDate) }, {
        startDate: "DateTime.Utc(2024-01-15T00:00:00.000Z)",
        endDate: "DateTime.Utc(2024-01-16T00:00:00.000Z)",
        status: "PROCESSING",
        pageToken: "a+b/c==",
        pageSize: 1000
      })
    }))

  it.effect.each(
    [
      [{ status: "FAILED" }, `["status"]`],
      [{ pageToken: "" }, `["pageToken"]`],
      [{ pageSize: 1001 }, `["pageSize"]`],
      [{ startDate: "soon" }, `["startDate"]`],
      [{ startDate: "2024-01-16", endDate: "2024-01-15" }, `["startDate"]`]
    ] as const
  )("rejects %j", ([params, field]) =>
    Effect.gen(function*() {
      assert.include(yield* rejection(SenderPoolOperation.family.ListParams)(params), field)
    }))
})

describe("list.query", () => {
  const encode = Schema.encodeEffect(Schema.toCodecStringTree(SenderPoolOperation.family.list.query))

  it.effect("encodes to text", () =>
    Effect.gen(function*() {
      const query = yield* Schema.decodeEffect(SenderPoolOperation.family.list.query)({
        startDate: "2024-01-15",
        endDate: "2024-01-16T01:00:00+01:00",
        status: "CANCELED",
        pageToken: "a+b/c==",
        pageSize: 20
      })
      assert.deepEqual(yield* encode(query), {
        startDate: "2024-01-15T00:00:00.000Z",
        endDate: "2024-01-16T00:00:00.000Z",
        status: "CANCELED",
        pageToken: "a+b/c==",
        pageSize: "20"
      })
    }))
})
