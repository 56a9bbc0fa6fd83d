import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { Headers } from "effect/http"
import { retryAfterOf } from "../../../src/internal/calling/retryAfter.ts"

const now = Date.UTC(2024, 3, 5, 6, 20, 0)

const millisOf = (headers: Record<string, string>) => {
  const wait = retryAfterOf(Headers.fromInput(headers), now)
  return wait === undefined ? undefined : Duration.toMillis(wait)
}

describe("retryAfterOf", () => {
  it.each(
    [
      ["3", 3000],
      [" 3 ", 3000],
      ["003", 3000],
      ["2.5", 3000],
      ["2.", 2000],
      ["0.01", 1000],
      ["3.0", 3000],
      ["3s", 3000],
      ["3 s", 3000],
      ["+3", 3000],
      ["\"3\"", 3000],
      ["3, 3", 3000],
      ["1,2.5,2", 3000],
      ["3, soon", 3000],
      ["-1, 3", 3000],
      ["Fri, 05 Apr 2024 06:20:03 GMT", 3000],
      ["Fri, 05 Apr 2024 06:20:03 +0000", 3000],
      ["Fri, 05 Apr 2024 06:20:03 -0000", 3000],
      ["Fri, 05 Apr 2024 06:20:03 UTC", 3000],
      ["\"Fri, 05 Apr 2024 06:20:03 GMT\"", 3000],
      ["Friday, 05-Apr-24 06:20:03 GMT", 3000],
      ["Friday, 05-Apr-24 06:20:03 UTC", 3000],
      ["Fri Apr  5 06:20:03 2024", 3000],
      ["Fri, 05 Apr 2024 06:20:02 GMT, Fri, 05 Apr 2024 06:20:03 GMT", 3000],
      ["2, Fri, 05 Apr 2024 06:20:03 GMT", 3000],
      ["2024-04-05T06:20:03Z", 3000],
      ["2024-04-05T06:20:03.000Z", 3000],
      ["2024-04-05T06:20:03+00:00", 3000],
      ["2024-04-05T06:20:03+0000", 3000],
      ["2024-04-05 06:20:03 UTC", 3000],
      ["2024-04-05T08:20:03+02:00", 3000]
    ] as const
  )("reads %j", (text, expected) => {
    assert.strictEqual(millisOf({ "retry-after": text }), expected)
  })

  it.each([
    "",
    ",",
    "0",
    "0.0",
    "-3",
    "-0.5",
    "soon",
    "3e1",
    "0x10",
    "3m",
    "++3",
    "NaN",
    "Infinity",
    "Fri, 05 Apr 2024 06:19:59 GMT",
    "Fri, 05 Apr 2024 06:20:00 UTC",
    "Fri, 99 Apr 2024 06:20:07 +0000",
    "2024-04-05T06:19:59Z",
    "2024-02-30T06:20:07Z"
  ])("ignores %j", (text) => {
    assert.isUndefined(millisOf({ "retry-after": text }))
  })

  it("is undefined without the header", () => {
    assert.isUndefined(millisOf({}))
  })

  it("reads any number of seconds", () => {
    assert.isAbove(millisOf({ "retry-after": `${"9".repeat(400)}.5` }) ?? 0, 1e15)
  })

  it.each([
    "Fri, 05 Apr 2024 05:20:00 GMT",
    "Fri, 05 Apr 2024 05:20:00 +0000",
    "2024-04-05T05:20:00Z"
  ])("compares a date with the Date header %j", (date) => {
    assert.strictEqual(millisOf({ "retry-after": "Fri, 05 Apr 2024 05:20:03 GMT", date }), 3000)
  })

  it("compares a date with the local clock if the Date header is invalid", () => {
    assert.strictEqual(millisOf({ "retry-after": "Fri, 05 Apr 2024 06:20:03 GMT", date: "now" }), 3000)
  })
})
