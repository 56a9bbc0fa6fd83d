import { CommsError, Page, Pagination, SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"

const wire = {
  id: "comms_operation_01h9krwprkeee8fzqspvwy6nq8",
  status: "COMPLETED",
  stats: { total: 1, queued: 0, created: 1, failed: 0 },
  createdAt: "2024-04-05T06:20:00Z",
  updatedAt: "2024-04-05T06:20:00Z"
}

const self = Pagination.PageToken.make("self")

const schema = SenderPoolOperation.family.Page

const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(schema))

const pageOf = (...operations: ReadonlyArray<unknown>) => ({ operations, pagination: { next: null, self } })

const model = Schema.decodeUnknownSync(Schema.toCodecJson(SenderPoolOperation.SenderPoolOperation))(wire)

describe("Page", () => {
  it.effect("decodes the items around an invalid item, in order", () =>
    Effect.gen(function*() {
      const ids = ["first", "second", "third"]
      const [first, second, third] = ids.map((id) => ({ ...wire, id }))
      const page = yield* decode(pageOf(first, { ...wire, stats: {} }, second, null, third))
      assert.deepEqual(page.operations.map(({ id }) => String(id)), ids)
      assert.deepEqual(page.invalid.map(({ id, index }) => [index, id]), [[1, wire.id], [3, undefined]])
      assert.deepEqual(page.invalid.map(({ pageToken }) => pageToken), [self, self])
      assert.include(page.invalid[0]?.problem, `Missing key\n  at ["stats"]["total"]`)
    }))

  it.effect("has no invalid items in a page that is valid", () =>
    Effect.gen(function*() {
      const page = yield* decode(pageOf(wire))
      assert.deepEqual(page, {
        operations: [model],
        invalid: [],
        pagination: new Pagination.PaginationMetadata({ next: null, self })
      })
    }))

  it.effect.each<readonly [unknown, string]>([
    [null, "Expected object"],
    [{ pagination: { next: null, self } }, `Missing key\n  at ["operations"]`],
    [{ operations: {}, pagination: { next: null, self } }, `Expected an array\n  at ["operations"]`],
    [{ operations: [], pagination: {} }, `at ["pagination"]`]
  ])("rejects a page without its parts: %j", ([input, problem]) =>
    Effect.gen(function*() {
      assert.include((yield* Effect.flip(decode(input))).message, problem)
    }))

  it.effect("encodes to the page of the contract", () =>
    Effect.gen(function*() {
      const page = yield* decode(pageOf(wire, {}))
      assert.deepEqual(
        yield* Schema.encodeEffect(Schema.toCodecJson(schema))(page),
        yield* Schema.encodeEffect(Schema.toCodecJson(schema.wire))({
          operations: [model],
          pagination: page.pagination
        })
      )
    }))

  it.effect("describes an invalid item without its values", () =>
    Effect.gen(function*() {
      const { invalid: [item] } = yield* decode(pageOf({ ...wire, id: "x\u001b[2J", createdAt: "s3cr3t" }))
      assert.strictEqual(
        item?.message,
        "The item at index 0 of a page (x [2J) could not be decoded. Expected an RFC 3339 date-time such as " +
          "2024-04-05T06:20:00Z, or a date at [\"createdAt\"]. The other items are not affected. Update this " +
          "library, or report the item to Twilio."
      )
    }))

  it.effect("ignores the id of an invalid item if it is long or not a text", () =>
    Effect.gen(function*() {
      const { invalid } = yield* decode(pageOf({ id: "x".repeat(101) }, { id: 7 }, "x"))
      assert.deepEqual(invalid.map(({ id }) => id), [undefined, undefined, undefined])
      assert.isTrue(invalid.every(CommsError.isCommsError))
    }))

  it("makes the page of another resource from the schema of its items", () => {
    const things = Page.make({ key: "things", item: Schema.String, identifier: "ThingPage", description: "Things." })
    const page = Schema.decodeUnknownSync(things)({ things: ["a", 1], pagination: { next: null, self } })
    assert.deepEqual(page.things, ["a"])
    assert.lengthOf(page.invalid, 1)
  })
})
