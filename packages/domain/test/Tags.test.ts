import { Tags } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { rejection } from "./utils/rejection.ts"

const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, "value"]))

describe("tags of a caller", () => {
  it.effect.each([
    {},
    { region: "us-east-1" },
    { ["k".repeat(128)]: "v".repeat(256) },
    { "a.B_9~-": "._~-" },
    pairs(10)
  ])(
    "accept %o",
    (tags) =>
      Effect.gen(function*() {
        assert.deepEqual<object>({ ...yield* Schema.decodeUnknownEffect(Tags.TagsFromCaller)(tags) }, tags)
      })
  )

  it.effect.each<[tags: object, expected: string]>([
    [pairs(11), "Expected at most 10 tags, got 11"],
    [{ "": "v" }, "Expected a key of 1 to 128 letters"],
    [{ ["k".repeat(129)]: "v" }, "Expected a key of 1 to 128 letters"],
    [{ "a b": "v" }, "Expected a key of 1 to 128 letters"],
    [{ a: "" }, "Expected a value of 1 to 256 letters"],
    [{ a: "v".repeat(257) }, "Expected a value of 1 to 256 letters"],
    [{ a: "é" }, "Expected a value of 1 to 256 letters"],
    [{ a: "v\n" }, "Expected a value of 1 to 256 letters"],
    [{ a: 1 }, "Expected string"]
  ])("reject %o", ([tags, expected]) =>
    Effect.gen(function*() {
      assert.include(yield* rejection(Tags.TagsFromCaller)(tags), expected)
    }))
})

it.effect("tags of the server have no limits", () =>
  Effect.gen(function*() {
    const tags = { ...pairs(11), "a b": "", ["k".repeat(129)]: "é" }
    assert.deepEqual<object>({ ...yield* Schema.decodeUnknownEffect(Tags.Tags)(tags) }, tags)
  }))
