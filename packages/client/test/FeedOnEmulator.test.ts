import { CommsClient, Feed, SenderPoolOperations } from "@effect-comms/client"
import { Checkpoint, FeedCheckpoint, Operation, type SenderPoolOperation } from "@effect-comms/domain"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { makeObserver } from "../src/internal/observing/observer.ts"
import { assertTag } from "./utils/script.ts"
import { pass } from "./utils/server.ts"

type Change = Feed.Change<SenderPoolOperation.SenderPoolOperation>

const layerOf = (options: Emulator.Options) =>
  SenderPoolOperations.layer.pipe(
    Layer.provideMerge(Emulator.layerClient),
    Layer.provideMerge(Layer.fresh(Emulator.layer(options)))
  )

const makeFeed = Effect.fnUntraced(function*(pageSize = 1000) {
  const { identity } = yield* CommsClient.CommsClient
  yield* identity
  const { fetch, list, streamPages } = yield* SenderPoolOperations.SenderPoolOperations
  const changes = Feed.make({
    call: "SenderPoolOperations.changes",
    resource: "SenderPoolOperations",
    identity,
    observe: makeObserver({ call: "poll", fetch, list, items: (page) => page.operations }).observe,
    read: (range) => Stream.map(streamPages({ ...range, pageSize }), (page) => page.operations)
  })
  return { changes }
})

const follow = Effect.fnUntraced(function*<E>(stream: Stream.Stream<Change, E>, work: Duration.Input = 0) {
  const changes: Array<Change> = []
  const fiber = yield* Effect.forkChild(Stream.runForEachArray(stream, (chunk) => {
    changes.push(...chunk)
    return Effect.sleep(work)
  }))
  return { changes, fiber }
})

const seconds = (count: number) => pass(count * 1000, 1000)

const minutes = (count: number) => pass(count * 60_000, 5000)

const start = Date.UTC(2024, 3, 5)

/** Every operation was delivered, each state once, and finally its state on the server. */
const verify = Effect.fnUntraced(function*(ids: ReadonlyArray<string>, changes: ReadonlyArray<Change>) {
  const { fetch } = yield* SenderPoolOperations.SenderPoolOperations
  const versions = new Map<string, Array<string>>()
  for (const { operation } of changes) {
    versions.set(operation.id, [...versions.get(operation.id) ?? [], Operation.version(operation)])
  }
  assert.strictEqual(versions.size, ids.length)
  for (const id of ids) {
    const seen = versions.get(id) ?? []
    assert.strictEqual(new Set(seen).size, seen.length)
    const fetching = yield* Effect.forkChild(fetch(id))
    yield* seconds(5)
    assert.strictEqual(seen.at(-1), Operation.version(yield* Fiber.join(fetching)))
  }
})

const busy: ReadonlyArray<FaultPlan.Fault> = [
  { _tag: "Status", status: 429, retryAfter: 3 },
  { _tag: "Status", status: 409, retryAfter: 1 },
  { _tag: "Status", status: 503, retryAfter: { date: 2 } },
  { _tag: "Status", status: 500 },
  { _tag: "Status", status: 502, body: "<h1>502</h1>", mediaType: "text/html" },
  { _tag: "Drop" },
  { _tag: "Drop", afterBytes: 20 },
  { _tag: "Truncate", bytes: 50 },
  { _tag: "EmptyPage" },
  { _tag: "RepeatPage" },
  { _tag: "WrongShape" },
  { _tag: "Delay", duration: Duration.millis(700) },
  { _tag: "ClockSkew", by: -90_000 },
  { _tag: "SameToken", token: "again" },
  { _tag: "TokenCycle", length: 3 }
]

describe("on the emulator", () => {
  it.effect("follows operations that are created, change, and become visible late", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      yield* Effect.gen(function*() {
        const { create } = yield* Emulator.Emulator
        const feed = yield* makeFeed()
        const { changes } = yield* follow(feed.changes({ since: new Date(start) }, { overlap: "2 minutes" }))
        const ids: Array<string> = []
        for (let n = 0; n < 30; n++) {
          ids.push((yield* create({ total: 3, duration: Duration.minutes(n) })).id)
          yield* seconds(20)
        }
        yield* minutes(40)
        yield* verify(ids, changes)
        assert.isAbove(changes.length, 75)
      }).pipe(Effect.provide(layerOf({ readDelay: "70 seconds" })))
    }))

  it.effect("does not track 20,000 operations that have ended", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      yield* Effect.gen(function*() {
        const { report } = yield* Emulator.Emulator
        const feed = yield* makeFeed()
        const sizes: Array<number> = []
        const { changes } = yield* follow(feed.changes({ since: DateTime.makeUnsafe(start - 8 * 86_400_000) }, {
          checkpoint: ({ known }) => Effect.sync(() => sizes.push(known.length))
        }))
        yield* seconds(150)
        assert.strictEqual(new Set(changes.map(({ operation }) => operation.id)).size, 20_000)
        const { summary } = yield* report
        assert.isAtMost(summary.requests, 80)
        yield* minutes(15)
        assert.isAtMost(sizes.at(-1) ?? Infinity, 600)
        const late = yield* Effect.map(report, ({ summary }) => summary.requests)
        yield* minutes(5)
        assert.isAtMost((yield* report).summary.requests - late, 10 * 1.25 * 10)
      }).pipe(Effect.provide(layerOf({ operations: 20_000 })))
    }))

  it.effect("delivers everything once to a consumer that outlives its page tokens", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      yield* Effect.gen(function*() {
        const feed = yield* makeFeed(10)
        const { changes } = yield* follow(feed.changes({ since: new Date(start - 3_600_000) }), "3 minutes")
        yield* minutes(60)
        assert.strictEqual(changes.filter(({ kind }) => kind === "new").length, 60)
        assert.strictEqual(
          new Set(changes.map(({ operation }) => Operation.version(operation) + operation.id)).size,
          changes.length
        )
      }).pipe(Effect.provide(layerOf({ operations: 60, span: "59 minutes", tokenLifetime: "1 minute" })))
    }))

  for (let seed = 1; seed <= 8; seed++) {
    it.effect(
      `delivers each state once across a restart and temporary faults (seed ${seed})`,
      () =>
        Effect.gen(function*() {
          yield* TestClock.setTime(start)
          const rules = busy.filter((_, n) => (n * 7 + seed) % 3 !== 0).map((fault): FaultPlan.Rule => ({
            when: { probability: 0.06, before: Duration.minutes(15) },
            do: fault
          }))
          yield* Effect.gen(function*() {
            const { create } = yield* Emulator.Emulator
            const feed = yield* makeFeed(5)
            const polls = { maxFailures: 200, maxFailureTime: "1 hour" } as const
            const taken: Array<Change> = []
            let pending: ReadonlyArray<Change> = []
            let last: FeedCheckpoint.FeedCheckpoint | undefined
            const options = {
              polls,
              overlap: "3 minutes",
              checkpoint: (checkpoint: FeedCheckpoint.FeedCheckpoint) =>
                Effect.sync(() => {
                  last = checkpoint
                  taken.push(...pending)
                  pending = []
                })
            } as const
            const run = <E>(stream: Stream.Stream<Change, E>) =>
              Effect.forkChild(Stream.runForEachArray(stream, (chunk) =>
                Effect.sync(() => {
                  pending = chunk
                })))
            const ids: Array<string> = []
            const work = Effect.fnUntraced(function*(count: number) {
              for (let n = 0; n < count; n++) {
                ids.push((yield* create({ total: 2, duration: Duration.minutes((n * seed) % 11) })).id)
                yield* seconds(7)
              }
            })
            const first = yield* run(feed.changes({ since: new Date(start) }, options))
            yield* work(30)
            yield* Fiber.interrupt(first)
            pending = []
            const text = Checkpoint.toJson(FeedCheckpoint.FeedCheckpoint)(
              last ?? assert.fail("No checkpoint was made")
            )
            const checkpoint = yield* Checkpoint.fromJson(FeedCheckpoint.FeedCheckpoint)(text)
            const second = yield* run(feed.changes(checkpoint, options))
            yield* work(30)
            yield* minutes(30)
            assert.isUndefined(second.pollUnsafe())
            yield* verify(ids, taken)
          }).pipe(Effect.provide(layerOf({ faults: { seed, rules } })))
        }),
      60_000
    )
  }

  for (
    const fault of [
      { _tag: "SameToken", token: "again" },
      { _tag: "TokenCycle", length: 3 },
      { _tag: "Truncate", bytes: 50 },
      { _tag: "Status", status: 500 },
      { _tag: "Status", status: 503, retryAfter: 20 }
    ] satisfies ReadonlyArray<FaultPlan.Fault>
  ) {
    it.effect(
      `fails within its limits if ${fault._tag} ${"status" in fault ? fault.status : ""} persists`,
      () =>
        Effect.gen(function*() {
          yield* TestClock.setTime(start)
          yield* Effect.gen(function*() {
            const { report } = yield* Emulator.Emulator
            const feed = yield* makeFeed(5)
            const { fiber } = yield* follow(feed.changes({ since: new Date(start - 3_600_000) }))
            yield* minutes(15)
            assertTag(yield* Effect.flip(Fiber.join(fiber)), "FeedFailed")
            assert.isAtMost((yield* report).summary.requests, 300)
          }).pipe(Effect.provide(layerOf({ operations: 20, span: "1 minute", faults: { rules: [{ do: fault }] } })))
        }),
      60_000
    )
  }
})
