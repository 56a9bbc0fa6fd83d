import type { Waiting } from "@effect-comms/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Random, Schedule } from "effect"
import { choose, toSchedule } from "../../../src/internal/waiting/interval.ts"

const poll: Waiting.Poll = { polls: 1, failures: 0, progress: undefined, operations: 1 }

const pollWith = (remaining: Duration.Duration | undefined, unchangedFor: Duration.Duration): Waiting.Poll => ({
  ...poll,
  progress: { settled: 5, total: 10, fraction: 0.5, rate: undefined, remaining, wentBackwards: false, unchangedFor }
})

/** The delays in milliseconds that a schedule gives for polls in turn. */
const delays = Effect.fnUntraced(function*(
  schedule: Schedule.Schedule<unknown, Waiting.Poll>,
  polls: ReadonlyArray<Waiting.Poll>
) {
  const step = yield* Schedule.toStep(schedule)
  return yield* Effect.forEach(
    polls,
    (poll) => Effect.map(Effect.orDie(step(0, poll)), ([, delay]) => Duration.toMillis(delay))
  )
})

const grown = Array.from({ length: 12 }, () => poll)

const seconds = Duration.seconds

const many = (operations: number) =>
  Array.from({ length: 12 }, () => ({ ...pollWith(seconds(3), Duration.zero), operations }))

const keyOf = (...args: Parameters<typeof choose>) => choose(...args)(0).key

describe("the interval", () => {
  it.effect("grows with jitter of a fifth up to `max`", () =>
    Effect.gen(function*() {
      const ratios = (yield* delays(toSchedule({}), grown)).map((delay, n) => delay / Math.min(30_000, 1000 * 1.5 ** n))
      for (const ratio of ratios) assert.isTrue(ratio >= 0.8 && ratio <= 1.2, String(ratio))
      assert.isAbove(Math.max(...ratios) - Math.min(...ratios), 0.1)
    }).pipe(Random.withSeed(1)))

  it.effect("follows the estimate, but not below `initial`", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [poll: Waiting.Poll, expected: number | undefined]> = [
        [pollWith(seconds(3), Duration.zero), 3000],
        [pollWith(Duration.zero, Duration.zero), 1000],
        [pollWith(Duration.zero, seconds(10)), 10_000],
        [pollWith(seconds(12), seconds(10)), 12_000],
        [pollWith(seconds(1000), Duration.zero), undefined],
        [pollWith(Duration.zero, seconds(1000)), undefined],
        [pollWith(undefined, Duration.zero), undefined]
      ]
      for (const [poll, expected] of cases) {
        const last = (yield* delays(toSchedule({}), [...grown, poll])).at(-1) ?? 0
        if (expected === undefined) assert.isAtLeast(last, 24_000)
        else assert.strictEqual(last, expected)
      }
    }))

  it.effect("has defaults that fit the given options", () =>
    Effect.gen(function*() {
      const [long = 0] = yield* delays(toSchedule({ initial: Duration.minutes(1) }), [poll])
      assert.isAtLeast(long, 48_000)
      const [short = 0] = yield* delays(toSchedule({ max: Duration.millis(500) }), [
        pollWith(Duration.zero, Duration.zero)
      ])
      assert.isAtMost(short, 600)
    }))

  it.effect("is at least `initial` for each page of operations up to `max`, and does not follow the estimate then", () =>
    Effect.gen(function*() {
      const first = (yield* delays(toSchedule({}), many(10_000))).slice(0, 5)
      assert.deepEqual(first, [10_000, 10_000, 10_000, 10_000, 10_000])
      assert.isAtLeast((yield* delays(toSchedule({}), many(10_000))).at(-1) ?? 0, 24_000)
      assert.isAtMost((yield* delays(toSchedule({}), many(1_000_000)))[0] ?? 0, 30_000)
      const [page = 0] = yield* delays(toSchedule({}), many(1000))
      assert.isAtMost(page, 1200)
    }).pipe(Random.withSeed(1)))

  it("is shared by waits with equal options and positions, and for a schedule by the waits of one call", () => {
    assert.strictEqual(keyOf(undefined), keyOf({ initial: seconds(1), factor: 1.5, max: seconds(30) }))
    assert.notStrictEqual(keyOf(undefined), keyOf({ factor: 2 }))
    assert.notStrictEqual(keyOf({ initial: seconds(2) }), keyOf({ max: seconds(2) }))
    assert.notStrictEqual(keyOf(undefined), choose(undefined)(1).key)
    const own = Schedule.forever
    assert.strictEqual(choose(own)(0).schedule, own)
    assert.notStrictEqual(keyOf(own), keyOf(own))
    const chosen = choose(own)
    assert.strictEqual(chosen(3), chosen(3))
    assert.notStrictEqual(chosen(3).key, chosen(4).key)
  })
})
