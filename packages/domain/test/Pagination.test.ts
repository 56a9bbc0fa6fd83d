import { Pagination } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { rejection } from "./utils/rejection.ts"
import { roundTrips } from "./utils/roundTrip.ts"

const decodeToken = Schema.decodeUnknownEffect(Pagination.PageToken)
const decodeSize = Schema.decodeUnknownEffect(Pagination.PageSize)

describe("PageToken", () => {
  it.effect.each([
    "eyJwYWdlIjoxfQ==",
    "a+b/c=",
    "https://comms.twilio.com/v1/SenderPools/Operations?pageToken=a%2Bb&pageSize=2",
    " ",
    "%",
    "0"
  ])("keeps %j", (token) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* decodeToken(token), token)
    }))

  it.effect.each(["", null, 1])("rejects %o", (token) =>
    Effect.gen(function*() {
      assert.include(
        yield* rejection(Pagination.PageToken)(token),
        token === "" ? "a page token that is not empty" : "string"
      )
    }))

  roundTrips("a token", Pagination.PageToken)
})

describe("PageSize", () => {
  it.effect.each([1, 50, 1000])("accepts %d", (size) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* decodeSize(size), size)
    }))

  it.effect.each([0, -1, 1001, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "rejects %d",
    (size) =>
      Effect.gen(function*() {
        assert.include(yield* rejection(Pagination.PageSize)(size), "an integer from 1 to 1000")
      })
  )

  it.effect("rejects text", () =>
    Effect.gen(function*() {
      assert.include(yield* rejection(Pagination.PageSize)("50"), "Expected number")
    }))

  it("has the documented limits", () => {
    assert.strictEqual(Pagination.maxPageSize, 1000)
    assert.strictEqual(Pagination.defaultPageSize, 50)
  })

  roundTrips("a size", Pagination.PageSize)
})

describe("PaginationMetadata", () => {
  const decode = Schema.decodeUnknownEffect(Pagination.PaginationMetadata)

  it.effect("reads the end of a list, and ignores unknown fields", () =>
    Effect.gen(function*() {
      assertEquals(
        yield* decode({ next: null, self: "a", total: 3 }),
        new Pagination.PaginationMetadata({ next: null, self: yield* decodeToken("a") })
      )
    }))

  it.effect.each([{ self: "a" }, { next: "", self: "a" }, { next: "b" }])(
    "rejects %j",
    (input) =>
      Effect.gen(function*() {
        assert.match(yield* rejection(Pagination.PaginationMetadata)(input), /\["(?:next|self)"\]/)
      })
  )

  roundTrips("metadata", Pagination.PaginationMetadata)
})
