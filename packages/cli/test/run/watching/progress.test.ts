import { SenderPoolOperations } from "@effect-comms/client"
import { CommsError } from "@effect-comms/domain"
import { SenderPoolOperationsTest } from "@effect-comms/testing"
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Logger, Stream } from "effect"
import { TestClock } from "effect/testing"
import { makeWallClock } from "../../../../client/test/utils/wallClock.ts"
import { additions, resources } from "../../../src/Resource.ts"
import * as Progress from "../../../src/run/watching/progress.ts"
import { retryAfter } from "../../utils/retries.ts"

const anHour = 3_600_000

/** Bars on a screen that is only remembered. Advancing the clock returns what is on it. */
const makeBars = Effect.fnUntraced(function*(resource: Parameters<typeof Progress.bars>[1]) {
  let screen = ""
  const progress = yield* Progress.bars(["it"], resource, { unicode: false, colours: false }, {
    size: () => ({ columns: 120, rows: 24 }),
    draw: (lines) => {
      screen = lines.map(({ text }) => text).join("\n")
    }
  })
  const after = (duration: Duration.Input) => Effect.map(TestClock.adjust(duration), () => screen)
  return { progress, after }
})

it.effect("bars show the rate and the rest of an addition, whatever the wall clock does", () =>
  Effect.gen(function*() {
    const { provide, set } = yield* makeWallClock
    yield* Effect.gen(function*() {
      const { after, progress } = yield* makeBars(additions)
      yield* after("10 seconds")
      yield* set(-anHour)
      yield* progress.counted("it", { settled: 50, failed: 0, total: 100 })
      assert.match(yield* after("100 millis"), /50\/100 .* 5\.0\/s +10s left$/)
      yield* set(anHour)
      assert.match(yield* after("4 seconds"), / 6s left$/)
    }).pipe(Effect.scoped, provide)
  }))

it.effect("bars show the rest of a wait, whatever the wall clock does", () =>
  Effect.gen(function*() {
    const { provide, set } = yield* makeWallClock
    yield* Effect.gen(function*() {
      const { after, progress } = yield* makeBars(resources["sender-pools"])
      const test = yield* SenderPoolOperationsTest.SenderPoolOperationsTest
      const { id } = yield* test.takes({ polls: 100, total: 1000 })
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      yield* Effect.forkScoped(
        operations.watchEvents(id).pipe(
          Stream.filter((event) => event._tag !== "Started"),
          Stream.take(4),
          Stream.runForEach((event) => progress.happened("it", event))
        )
      )
      const someMinutes = / {2}\d+m(?: \d+s)? left$/
      assert.match(yield* after("10 seconds"), someMinutes)
      yield* set(-anHour)
      assert.match(yield* after("100 millis"), someMinutes)
      yield* set(2 * anHour)
      assert.match(yield* after("100 millis"), someMinutes)
    }).pipe(Effect.scoped, provide, Effect.provide(SenderPoolOperationsTest.layer()))
  }))

const retry = retryAfter(new CommsError.TooManyRequests({ errors: [] }), Duration.seconds(30))

it.effect("a retry counts down, whatever the wall clock does", () =>
  Effect.gen(function*() {
    const { provide, set } = yield* makeWallClock
    yield* Effect.gen(function*() {
      const { after, progress } = yield* makeBars(additions)
      yield* progress.retrying(retry)
      yield* set(-anHour)
      assert.match(yield* after("10 seconds"), /\nThe server answered 429 and asks to wait: 20s to go$/)
      yield* set(2 * anHour)
      assert.match(yield* after("10 seconds"), /: 10s to go$/)
      assert.notInclude(yield* after("10 seconds"), "to go")
    }).pipe(Effect.scoped, provide)
  }))

it.effect("lines show the rate of an addition, whatever the wall clock does", () =>
  Effect.gen(function*() {
    const { provide, set } = yield* makeWallClock
    const logged: Array<unknown> = []
    const logger = Logger.make(({ message }) => {
      logged.push(...[message].flat())
    })
    yield* Effect.gen(function*() {
      const progress = yield* Progress.lines(additions, false, () => Effect.void)
      yield* TestClock.adjust("10 seconds")
      yield* set(-anHour)
      yield* progress.counted("it", { settled: 50, failed: 0, total: 100 })
      assert.deepStrictEqual(logged, [
        "it PROCESSING: 50%, 50 of 100 added, 0 failed, 50 left (5.0 a second, 10s left)"
      ])
    }).pipe(provide, Effect.provide(Logger.layer([logger])))
  }))
