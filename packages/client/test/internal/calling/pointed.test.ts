import { assert, describe, it } from "@effect/vitest"
import { textAt } from "../../../src/internal/calling/pointed.ts"

const body = {
  senders: [{ senderId: "a" }, { senderId: "b" }],
  content: { text: "hello", lines: 1 },
  count: 5,
  long: "x".repeat(200)
}

describe("textAt", () => {
  it.each<[path: string, expected: string | undefined]>([
    ["$.senders[1].senderId", "b"],
    ["$.senders[1]", "b"],
    ["$['senders'][0][\"senderId\"]", "a"],
    ["senders[0].senderId", "a"],
    ["$.content.text", "hello"],
    ["$.content", undefined],
    ["$.senders", undefined],
    ["$.senders[2].senderId", undefined],
    ["$.senders[*].senderId", undefined],
    ["$.senders.length", undefined],
    ["$.count", undefined],
    ["$.toString", undefined],
    ["$.__proto__", undefined],
    ["$..senders", undefined],
    ["$", undefined],
    ["", undefined],
    ["The name is too long", undefined],
    ["$.content.text.length", undefined]
  ])("of %s is %s", (path, expected) => {
    assert.strictEqual(textAt(body, path), expected)
  })

  it("reads a body that is an array", () => {
    assert.strictEqual(textAt(body.senders, "$[1].senderId"), "b")
  })

  it("is shortened", () => {
    assert.strictEqual(textAt(body, "$.long"), `${"x".repeat(100)}…`)
  })

  it("of no body is undefined", () => {
    assert.isUndefined(textAt(undefined, "$.senders[0]"))
  })
})
