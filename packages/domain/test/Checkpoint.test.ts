import { Checkpoint, Pagination } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { DateTime, Effect, Schema } from "effect"
import { roundTrips } from "./utils/roundTrip.ts"

const { ListCheckpoint } = Checkpoint

const stored = {
  _tag: "ListCheckpoint",
  version: 1,
  resource: "SenderPoolOperations",
  baseUrl: "0a".repeat(32),
  account: "9f".repeat(32),
  madeAt: "2024-01-15T09:30:00.000Z",
  filters: { status: "PROCESSING", pageSize: 50 },
  pages: 2,
  items: 99,
  pageToken: "eyJwYWdlIjoyfQ=="
}

const checkpoint = new ListCheckpoint({
  version: 1,
  resource: "SenderPoolOperations",
  baseUrl: stored.baseUrl,
  account: stored.account,
  madeAt: DateTime.makeUnsafe("2024-01-15T09:30:00Z"),
  filters: stored.filters,
  pages: 2,
  items: 99,
  pageToken: Pagination.PageToken.make("eyJwYWdlIjoyfQ==")
})

const read = Checkpoint.fromJson(ListCheckpoint)

const write = Checkpoint.toJson(ListCheckpoint)

const rejection = (input: unknown) => Effect.flip(read(typeof input === "string" ? input : JSON.stringify(input)))

describe("a checkpoint", () => {
  roundTrips("ListCheckpoint", ListCheckpoint)

  it.effect("round-trips through text", () =>
    Effect.gen(function*() {
      const text = write(checkpoint)
      assert.deepEqual(JSON.parse(text), stored)
      assertEquals(yield* read(text), checkpoint)
    }))

  it.effect("at the end of a list has no token", () =>
    Effect.gen(function*() {
      const over = yield* read(JSON.stringify({ ...stored, pageToken: null }))
      assert.isNull(over.pageToken)
    }))

  it.effect("is returned unchanged if it is an instance", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Checkpoint.makeReader("test", ListCheckpoint)(checkpoint), checkpoint)
    }))

  it.effect("of another kind shares the common fields", () =>
    Effect.gen(function*() {
      const Other = Schema.Struct({ ...Checkpoint.Bound.fields, at: Schema.Int })
      const other = yield* Checkpoint.fromJson(Other)(JSON.stringify({ ...stored, at: 7 }))
      assert.strictEqual(other.at, 7)
      assert.strictEqual(other.resource, "SenderPoolOperations")
    }))
})

describe("rejected text", () => {
  it.effect.each([
    ["invalid JSON", "{", "checkpoint"],
    ["empty text", "", "checkpoint"],
    ["a number", "7", "checkpoint"],
    ["null", "null", "checkpoint"],
    ["no version", {}, "version"],
    ["a version of another type", { ...stored, version: "1" }, "version"],
    ["another kind", { ...stored, _tag: "FeedCheckpoint" }, "_tag"],
    ["a malformed digest", { ...stored, account: "AC0123456789" }, "account"],
    ["a malformed date", { ...stored, madeAt: "yesterday" }, "madeAt"],
    ["an empty token", { ...stored, pageToken: "" }, "pageToken"],
    ["no token", { ...stored, pageToken: undefined }, "pageToken"],
    ["a count below zero", { ...stored, pages: -1 }, "pages"],
    ["malformed filters", { ...stored, filters: { status: ["PROCESSING"] } }, "filters.status"]
  ])("%s names the field", ([, input, field]) =>
    Effect.gen(function*() {
      const error = yield* rejection(input)
      assert.strictEqual(error._tag, "InvalidInput")
      assert.strictEqual(error._tag === "InvalidInput" ? error.field : "", field)
      assert.strictEqual(error.call, "Checkpoint.fromJson")
    }))

  it.effect.each([0, 2, 1.5, -1])("version %s is checked before any other field", (version) =>
    Effect.gen(function*() {
      const error = yield* rejection({ version, resource: 7 })
      assert.strictEqual(error._tag, "CheckpointMismatch")
      assert.strictEqual(error._tag === "CheckpointMismatch" ? error.part : "", "version")
      assert.include(error.message, `it has version ${version}, and this is version 1`)
    }))
})
