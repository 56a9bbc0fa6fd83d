import { Checkpoint, Operation, SenderPoolOperation, WaitCheckpoint } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Arbitrary, DateTime, Duration, Effect, Schema, Struct } from "effect"
import { roundTrips } from "./utils/roundTrip.ts"

const id = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

const at = "2024-01-15T09:30:00.000Z"

const last = {
  id,
  status: "PROCESSING",
  stats: { total: 10, queued: 8, created: 1, failed: 1 },
  counts: { total: 10, settled: 2, failed: 1 },
  createdAt: at,
  updatedAt: at
}

const stored = {
  _tag: "WaitCheckpoint",
  version: 1,
  resource: "SenderPoolOperations",
  baseUrl: "0a".repeat(32),
  account: "9f".repeat(32),
  madeAt: at,
  operationId: id,
  startedAt: at,
  createdAt: at,
  limits: {
    timeLimit: { _tag: "Infinity" },
    stallAfter: { _tag: "Millis", value: 900_000 },
    stallAs: "event",
    notFoundGrace: { _tag: "Millis", value: 0 },
    unknownStatusLimit: { _tag: "Nanos", value: "1500000" },
    maxFailures: 10,
    maxFailureTime: { _tag: "Millis", value: 600_000 }
  },
  polls: 7,
  notFound: 1,
  intervals: 6,
  failures: 2,
  failingSince: at,
  changedAt: at,
  unknownSince: at,
  last,
  seenAt: at
}

const time = DateTime.makeUnsafe(at)

const checkpoint = new WaitCheckpoint.WaitCheckpoint({
  version: 1,
  resource: "SenderPoolOperations",
  baseUrl: stored.baseUrl,
  account: stored.account,
  madeAt: time,
  operationId: Operation.OperationId.make(id),
  startedAt: time,
  createdAt: time,
  limits: {
    timeLimit: Duration.infinity,
    stallAfter: Duration.minutes(15),
    stallAs: "event",
    notFoundGrace: Duration.zero,
    unknownStatusLimit: Duration.micros(1500n),
    maxFailures: 10,
    maxFailureTime: Duration.minutes(10)
  },
  polls: 7,
  notFound: 1,
  intervals: 6,
  failures: 2,
  failingSince: time,
  changedAt: time,
  unknownSince: time,
  last: Schema.decodeSync(Operation.Operation)(last),
  seenAt: time
})

const read = Checkpoint.fromJson(WaitCheckpoint.WaitCheckpoint)

const rejection = (change: object) => Effect.flip(read(JSON.stringify({ ...stored, ...change })))

const Others = Schema.Struct(Struct.omit(WaitCheckpoint.WaitCheckpoint.fields, ["_tag", "limits"]))

const checkpoints = Arbitrary.map(
  Arbitrary.schema(Others),
  (others) => new WaitCheckpoint.WaitCheckpoint({ ...others, limits: checkpoint.limits })
)

describe("a checkpoint of a wait", () => {
  roundTrips("WaitCheckpoint", WaitCheckpoint.WaitCheckpoint, checkpoints)

  it.effect("round-trips through text", () =>
    Effect.gen(function*() {
      const text = Checkpoint.toJson(WaitCheckpoint.WaitCheckpoint)(checkpoint)
      assert.deepEqual(JSON.parse(text), stored)
      assertEquals(yield* read(text), checkpoint)
    }))

  it.effect("keeps the common part of an operation of any family", () =>
    Effect.gen(function*() {
      const { counts: _, ...wire } = last
      const operation = Schema.decodeSync(SenderPoolOperation.SenderPoolOperation)(wire)
      const text = Checkpoint.toJson(WaitCheckpoint.WaitCheckpoint)(
        new WaitCheckpoint.WaitCheckpoint({ ...checkpoint, last: operation })
      )
      assert.deepEqual(JSON.parse(text), stored)
      assertEquals((yield* read(text)).last, checkpoint.last)
    }))

  it.effect("keeps an unknown status", () =>
    Effect.gen(function*() {
      const { last: operation } = yield* read(JSON.stringify({ ...stored, last: { ...last, status: "PAUSED" } }))
      assert.strictEqual(operation?.status, "PAUSED")
    }))

  it.effect("can be of a wait that has found nothing yet", () =>
    Effect.gen(function*() {
      const { last: _, seenAt: __, ...others } = stored
      const read_ = yield* read(JSON.stringify(others))
      assert.deepEqual([read_.last, read_.seenAt], [undefined, undefined])
      assert.deepEqual(JSON.parse(Checkpoint.toJson(WaitCheckpoint.WaitCheckpoint)(read_)), others)
    }))

  it.effect("can be one without the counters that were added later", () =>
    Effect.gen(function*() {
      const { failingSince: _, failures: __, intervals: ___, notFound: ____, ...others } = stored
      const { failures, failingSince, intervals, notFound, polls } = yield* read(JSON.stringify(others))
      assert.deepEqual([failures, failingSince, intervals, notFound, polls], [
        undefined,
        undefined,
        undefined,
        undefined,
        7
      ])
    }))

  it.effect("names a malformed field", () =>
    Effect.gen(function*() {
      const negative = { _tag: "Millis", value: -1 }
      const changes: ReadonlyArray<readonly [field: string, change: object]> = [
        ["operationId", { operationId: "comms_operation_1" }],
        ["polls", { polls: -1 }],
        ["intervals", { intervals: 0.5 }],
        ["failures", { failures: "many" }],
        ["startedAt", { startedAt: "yesterday" }],
        ["limits.timeLimit", { limits: { ...stored.limits, timeLimit: negative } }],
        ["limits.stallAfter", { limits: { ...stored.limits, stallAfter: { _tag: "NegativeInfinity" } } }],
        ["limits.stallAs", { limits: { ...stored.limits, stallAs: "nothing" } }],
        ["limits.maxFailures", { limits: { ...stored.limits, maxFailures: 1.5 } }],
        ["last.stats.created", { last: { ...last, stats: { ...last.stats, created: "many" } } }],
        ["last", { last: null }]
      ]
      for (const [field, change] of changes) {
        const error = yield* rejection(change)
        assert.strictEqual(error._tag === "InvalidInput" ? error.field : error._tag, field)
      }
      assert.strictEqual((yield* rejection({ version: 2 }))._tag, "CheckpointMismatch")
    }))
})
