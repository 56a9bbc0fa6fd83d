import { assert, it } from "@effect/vitest"
import { DateTime, Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import * as Parsers from "../src/Parsers.ts"

it.effect("reads dates in UTC, and ages", () =>
  Effect.gen(function*() {
    yield* TestClock.setTime(DateTime.makeUnsafe("2024-04-05T06:20:00Z").epochMilliseconds)
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["2024-01-15", "2024-01-15T00:00:00.000Z"],
      ["2024-01-15T10:00:00+02:00", "2024-01-15T08:00:00.000Z"],
      ["1d", "2024-04-04T06:20:00.000Z"],
      ["90m", "2024-04-05T04:50:00.000Z"],
      ["90 minutes", "2024-04-05T04:50:00.000Z"]
    ]
    for (const [text, iso] of cases) {
      assert.deepStrictEqual(Option.map(yield* Parsers.date.parse(text), DateTime.formatIso), Option.some(iso), text)
    }
    for (const text of ["", "yesterday", "2024-02-30", "15.01.2024", "999999999d", "Infinity"]) {
      assert.isTrue(Option.isNone(yield* Parsers.date.parse(text)), text)
    }
  }))
