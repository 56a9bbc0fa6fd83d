import { Checkpoint, CommsError, FeedCheckpoint, Operation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Arbitrary, DateTime, Effect, Schema } from "effect"
import { roundTrips } from "./utils/roundTrip.ts"

const checkpoint = new FeedCheckpoint.FeedCheckpoint({
  version: 1,
  resource: "SenderPoolOperations",
  baseUrl: "a".repeat(64),
  account: "b".repeat(64),
  madeAt: DateTime.makeUnsafe("2024-04-05T06:20:00Z"),
  settled: DateTime.makeUnsafe("2024-04-05T06:10:00Z"),
  known: []
})

describe("FeedCheckpoint", () => {
  roundTrips("a checkpoint", FeedCheckpoint.FeedCheckpoint)

  it.effect("tracks every id that the server sends", () =>
    Effect.gen(function*() {
      const id = Operation.OperationIdFromServer.make(`comms_operation_8${"0".repeat(24)}`)
      const known = [{ id, createdAt: 0, version: "", ended: false }]
      const tracking = new FeedCheckpoint.FeedCheckpoint({ ...checkpoint, known })
      const text = Checkpoint.toJson(FeedCheckpoint.FeedCheckpoint)(tracking)
      assertEquals(yield* Checkpoint.fromJson(FeedCheckpoint.FeedCheckpoint)(text), tracking)
    }))

  it.effect("names a malformed field", () =>
    Effect.gen(function*() {
      const text = Checkpoint.toJson(FeedCheckpoint.FeedCheckpoint)(checkpoint)
      const read = Checkpoint.fromJson(FeedCheckpoint.FeedCheckpoint)
      assertEquals(yield* read(text), checkpoint)
      const fieldOf = (text: string) =>
        Effect.map(Effect.flip(read(text)), (error) => error._tag === "InvalidInput" ? error.field : error._tag)
      assert.strictEqual(yield* fieldOf(text.replace("\"known\":[]", "\"known\":[{\"id\":1}]")), "known[0].id")
      assert.strictEqual(yield* fieldOf(text.replace("2024-04-05T06:10", "soon")), "settled")
    }))
})

describe("an error of a feed", () => {
  const reason = new CommsError.Forbidden({ errors: [] })
  const failed = (failures: number) =>
    new FeedCheckpoint.FeedFailed({
      call: "SenderPoolOperations.changes",
      reason,
      failures,
      since: DateTime.makeUnsafe("2024-04-05T06:20:00Z"),
      checkpoint
    }).message

  it("says what went wrong, how often, and how to resume", () => {
    assert.strictEqual(
      failed(1),
      `SenderPoolOperations.changes failed: ${reason.message} Nothing is lost: resume from the error's checkpoint.`
    )
    assert.include(
      failed(3),
      "failed 3 times in a row since 2024-04-05T06:20:00.000Z; last error: The request returned 403 Forbidden."
    )
  })

  it("says how many operations there are to track", () => {
    const { message } = new FeedCheckpoint.FeedOverflow({
      call: "SenderPoolOperations.changes",
      tracked: 31,
      maxTracked: 30,
      checkpoint
    })
    assert.include(message, "has to track 31 operations, and maxTracked is 30.")
  })

  it.prop(
    "has no control characters in its message",
    [Arbitrary.schema(Schema.Union([FeedCheckpoint.FeedFailed, FeedCheckpoint.FeedOverflow]))],
    ([error]) => {
      assert.notMatch(error.message, /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
    }
  )
})
