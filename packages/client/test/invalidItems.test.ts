import { SenderPoolOperations } from "@effect-comms/client"
import type { CommsError } from "@effect-comms/domain"
import { Emulator } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Logger, Metric, Random, Stream } from "effect"
import { TestClock } from "effect/testing"
import { idOf, idsOf } from "./utils/pages.ts"
import { assertTag, json, layerScript, operation, sentCount } from "./utils/script.ts"
import { pass } from "./utils/server.ts"

const operations = SenderPoolOperations.SenderPoolOperations

const pagination = (next: string | null) => ({ next, self: "self" })

// The second of three items has no counters.
const odd = (from: number, next: string | null) =>
  json({
    operations: idsOf(from, 3).map((id, index) => index === 1 ? { id, status: "PAUSED" } : { ...operation, id }),
    pagination: pagination(next)
  })

const readable = [idOf(0), idOf(2), idOf(3), idOf(5)]

const count = (id: string) =>
  Effect.map(
    Metric.snapshot,
    (metrics) =>
      metrics.reduce(
        (sum, metric) => metric.type === "Counter" && metric.id === id ? sum + Number(metric.state.count) : sum,
        0
      )
  )

describe("an item that cannot be decoded", () => {
  it.effect("leaves the other items of a stream, in order, and is reported", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const before = yield* count("comms_client_invalid_items")
      const invalid: Array<CommsError.InvalidItem> = []
      const seen = yield* Stream.runCollect(stream({}, {
        onInvalidItem: (item) => Effect.sync(() => invalid.push(item))
      }))
      assert.deepEqual(seen.map(({ id }) => id), readable)
      assert.deepEqual(invalid.map(({ id, index }) => [index, id]), [[1, idOf(1)], [1, idOf(4)]])
      assert.strictEqual((yield* count("comms_client_invalid_items")) - before, 2)
    }).pipe(Effect.provide(layerScript(odd(0, "next"), odd(3, null)))))

  it.effect("is a warning with its id by default", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const lines: Array<unknown> = []
      yield* Stream.runDrain(stream()).pipe(
        Effect.provide(Logger.layer([Logger.make(({ logLevel, message }) => lines.push([logLevel, message]))]))
      )
      assert.lengthOf(lines, 1)
      assert.include(String(lines[0]), `Warn,SenderPoolOperations.stream: The item at index 1 of a page (${idOf(1)})`)
    }).pipe(Effect.provide(layerScript(odd(0, null)))))

  it.effect("fails a stream that asks for it, at the page to resume", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const error = assertTag(
        yield* Effect.flip(Stream.runDrain(stream({}, { invalidItems: "fail" }))),
        "InvalidItem"
      )
      assert.deepEqual([error.index, error.id, error.position.items], [1, idOf(1), 0])
      assert.strictEqual(yield* sentCount, 1)
      const seen = yield* Stream.runCollect(stream(error.position, { onInvalidItem: () => Effect.void }))
      assert.deepEqual(seen.map(({ id }) => id), [idOf(0), idOf(2)])
    }).pipe(Effect.provide(layerScript(odd(0, null), odd(0, null)))))

  it.effect("is beside the items of a page", () =>
    Effect.gen(function*() {
      const { list, streamPages } = yield* operations
      const page = yield* list()
      assert.deepEqual(page.operations.map(({ id }) => id), [idOf(0), idOf(2)])
      assert.deepEqual(page.invalid.map(({ index }) => index), [1])
      const [streamed] = yield* Stream.runCollect(streamPages())
      assert.deepEqual(streamed?.invalid, page.invalid)
    }).pipe(Effect.provide(layerScript(odd(0, null), odd(0, null)))))

  it.effect("leaves the other items of a scan, and is reported", () =>
    Effect.gen(function*() {
      const { scan } = yield* operations
      let invalid = 0
      const seen = yield* Stream.runCollect(scan({ startDate: "2024-04-05", endDate: "2024-04-06" }, {
        windows: 1,
        onInvalidItem: () => Effect.sync(() => invalid++)
      }))
      assert.deepEqual([seen.length, invalid], [2, 1])
    }).pipe(Effect.provide(layerScript(odd(0, null)))))
})

const withOdd = (faults: Emulator.Options["faults"]) =>
  SenderPoolOperations.layer.pipe(
    Layer.provideMerge(Emulator.layerClient),
    Layer.provideMerge(Layer.fresh(Emulator.layer({ seed: 3, faults })))
  )

const firstIsOdd: Emulator.Options["faults"] = {
  rules: [{ when: { call: "SenderPoolOperations.list" }, do: { _tag: "WrongShape", index: 0 } }]
}

const plan = { total: 3, duration: Duration.minutes(5) }

const neverEnding = { ...plan, end: "PROCESSING" } as const

const timeOf = (faults: Emulator.Options["faults"]) =>
  Effect.gen(function*() {
    const { create, report } = yield* Emulator.Emulator
    const { awaitCompletion } = yield* operations
    yield* create(neverEnding)
    const ids = yield* Effect.forEach(Array.from({ length: 30 }), () => Effect.map(create(plan), ({ id }) => id))
    const startedAt = yield* Clock.currentTimeMillis
    const waits = yield* Effect.forkChild(
      Effect.forEach(ids, (id) => Effect.andThen(awaitCompletion(id), Clock.currentTimeMillis), {
        concurrency: "unbounded"
      })
    )
    yield* pass(400_000, 1000)
    const ends = yield* Fiber.join(waits)
    return [Math.max(...ends) - startedAt, (yield* report).summary.requests]
  }).pipe(Random.withSeed(1), Effect.provide(withOdd(faults)))

describe("an odd neighbour in the lists", () => {
  it.effect("does not slow down 30 waits", () =>
    Effect.gen(function*() {
      assert.deepEqual(yield* timeOf(firstIsOdd), yield* timeOf("calm"))
    }))

  it.effect("does not fail a feed", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2024, 3, 5))
      yield* Effect.gen(function*() {
        const { create } = yield* Emulator.Emulator
        const { changes } = yield* operations
        const seen = new Set<string>()
        const since = yield* Clock.currentTimeMillis
        const feed = yield* Effect.forkChild(
          Stream.runForEach(changes({ since: new Date(since) }), ({ operation }) =>
            Effect.sync(() => seen.add(operation.id)))
        )
        yield* create(neverEnding)
        const ids = yield* Effect.forEach(Array.from({ length: 5 }), () =>
          Effect.map(create(plan), ({ id }) => id))
        yield* pass(1_200_000, 5000)
        assert.sameMembers([...seen], ids)
        assert.isUndefined(feed.pollUnsafe())
      }).pipe(Effect.provide(withOdd(firstIsOdd)))
    }))
})
