import { Waiting } from "@effect-comms/client"
import type { SenderPoolOperation } from "@effect-comms/domain"
import { assert, it } from "@effect/vitest"
import { Array as Arr, Clock, Duration, Effect, Fiber, Random, Schedule, Stream } from "effect"
import { anonymous } from "../../../src/internal/checkpoint.ts"
import { operationIdOf, operationOf, scriptedObserver } from "../../utils/polls.ts"
import { pass } from "../../utils/server.ts"

const below = (n: number) => Random.nextIntBetween(0, n)

const milliseconds = (limit: number) => Effect.map(below(limit), Duration.millis)

const everySecond = Schedule.spaced("1 second")

const intervals: Arr.NonEmptyReadonlyArray<NonNullable<Waiting.Options["interval"]>> = [
  { initial: "300 millis", max: "2 seconds" },
  { initial: "1 second", max: "2 seconds" },
  everySecond,
  Schedule.modifyDelay(everySecond, ({ duration }) => Effect.as(Effect.sleep("700 millis"), duration)),
  Schedule.max([Schedule.recurs(3), Schedule.spaced("2 seconds")])
]

/** Waits of a consumer: a call, or a stream of the events of one or several operations. */
interface Waits {
  readonly keys: ReadonlyArray<number>
  readonly isCall: boolean
  readonly delay: number
  /** How long the consumer takes for each event. */
  readonly slow: number
  readonly options: Waiting.Options
}

const waits = (operations: number): Effect.Effect<Waits> =>
  Effect.gen(function*() {
    const one = 1 + (yield* below(operations))
    const isCall = yield* Random.nextBoolean
    const isMany = !isCall && (yield* Random.nextBoolean)
    return {
      keys: isMany ? Arr.range(1, one) : [one],
      isCall,
      delay: (yield* Random.nextBoolean) ? 0 : yield* below(30_000),
      slow: (yield* Random.nextBoolean) ? 0 : yield* below(3000),
      options: {
        interval: yield* Random.choice(intervals),
        timeLimit: (yield* Random.nextBoolean) ? "10 minutes" : Duration.seconds(1 + (yield* below(80))),
        stall: { as: "event", after: "20 seconds" }
      }
    }
  })

// Eight seconds are four intervals of those that grow.
const patience = 8000

// Faults made the last three of these hang or end late.
const seeds = [...Arr.range(1, 27), 313, 405, 676]

it.effect.each(seeds)(
  "no wait hangs, ends late, or has an event after its end, whatever the others do (seed %d)",
  (seed) =>
    Effect.gen(function*() {
      const ends = yield* Effect.replicateEffect(below(60_000), 1 + (yield* below(8)))
      const { asked, load, observer } = scriptedObserver<SenderPoolOperation.SenderPoolOperation>(({ at, key }) =>
        Effect.gen(function*() {
          yield* Effect.flatMap(milliseconds(3000), Effect.sleep)
          const end = ends[key - 1] ?? 0
          return operationOf({
            key,
            created: Math.floor(at / 6000) % 10,
            status: at >= end ? "COMPLETED" : "PROCESSING"
          })
        })
      )
      const { awaitCompletion, watchMany } = Waiting.make({
        resource: "Things",
        identity: Effect.succeed(anonymous),
        observer
      })

      const run = Effect.fnUntraced(function*({ delay, isCall, keys, options, slow }: Waits) {
        yield* Effect.sleep(Duration.millis(delay))
        const ended = new Set<string>()
        const end = isCall
          ? Effect.exit(awaitCompletion(operationIdOf(keys[0] ?? 1), options))
          : Stream.runForEach(watchMany(keys.map(operationIdOf), options), (event) => {
            assert.isFalse(ended.has(event.operationId))
            const isEnd = event._tag === "Failed" ||
              (event._tag === "Changed" && event.snapshot.operation.status !== "PROCESSING")
            if (isEnd) ended.add(event.operationId)
            return Effect.sleep(Duration.millis(slow))
          })
        yield* end
        if (!isCall) assert.strictEqual(ended.size, keys.length)
        const last = Math.max(delay, ...keys.map((key) => ends[key - 1] ?? 0))
        // A slow consumer takes its time for each event of each operation.
        assert.isAtMost(
          yield* Clock.currentTimeMillis,
          last + patience + (isCall ? 0 : (2 * keys.length + 3) * 2 * slow)
        )
      })

      const all = yield* Effect.replicateEffect(waits(ends.length), 2 + (yield* below(10)))
      const fibers = yield* Effect.forEach(all, (each) => Effect.forkChild(run(each)))
      const interrupted = fibers.slice(0, yield* below(3))
      for (const fiber of interrupted) {
        const interrupt = Effect.andThen(Effect.flatMap(milliseconds(40_000), Effect.sleep), Fiber.interrupt(fiber))
        yield* Effect.forkChild(interrupt)
      }
      yield* pass(250_000, 500)
      for (const fiber of fibers.slice(interrupted.length)) yield* Fiber.join(fiber)
      const polls = asked.length
      yield* pass(60_000, 5000)
      assert.deepStrictEqual([asked.length, load.underWay], [polls, 0])
    }).pipe(Random.withSeed(seed))
)
