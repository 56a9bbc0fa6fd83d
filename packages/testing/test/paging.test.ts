import { type Operations, SenderPoolOperations } from "@effect-comms/client"
import type { Pagination } from "@effect-comms/domain"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Layer, Random, type Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import { inProcess, moving, once } from "./utils/wiring.ts"

const total = 60

const operations = SenderPoolOperations.SenderPoolOperations

type Operation = Stream.Success<ReturnType<SenderPoolOperations.Service["stream"]>>

const stateOf = ({ id, stats, status, updatedAt }: Operation) => JSON.stringify([id, status, stats, updatedAt])

// Operations that were over long ago, so that none changes on the way.
const provide = (options: Emulator.Options) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.andThen(TestClock.setTime(Date.UTC(2024, 0, 15)), effect).pipe(
    Effect.provide(Layer.fresh(inProcess({ newest: new Date("2024-01-01T00:00:00Z"), ...options })), { local: true })
  )

const failures: ReadonlyArray<FaultPlan.Fault> = [
  { _tag: "Status", status: 429, retryAfter: 2 },
  { _tag: "Status", status: 503, retryAfter: { date: 5 } },
  { _tag: "Status", status: 409, retryAfter: 90 },
  { _tag: "Status", status: 500 },
  { _tag: "Status", status: 502, body: "<html>", mediaType: "text/html" },
  { _tag: "RateLimit", limit: 2, window: Duration.seconds(1) },
  { _tag: "Delay", duration: Duration.millis(300) },
  { _tag: "Delay", duration: Duration.minutes(1) },
  { _tag: "SlowBody", duration: Duration.millis(200), pieces: 4 },
  { _tag: "Drop" },
  { _tag: "Drop", afterBytes: 30 },
  { _tag: "Body", body: "{}" },
  { _tag: "Truncate", bytes: 50 },
  { _tag: "WrongShape" },
  { _tag: "EmptyPage" },
  { _tag: "ClockSkew", by: -5000 }
]

const changes: ReadonlyArray<FaultPlan.Fault> = [{ _tag: "RepeatPage" }, { _tag: "UnknownStatus", status: "PAUSED" }]

const pick = <A>(all: ReadonlyArray<A>) =>
  Effect.flatMap(
    Random.nextIntBetween(0, all.length, { halfOpen: true }),
    (index) => Effect.fromNullishOr(all[index])
  ).pipe(Effect.orDie)

/** Faults that come now and then, so that the list ends. */
const planOf = Effect.fnUntraced(function*(seed: number) {
  const rules: Array<FaultPlan.Rule> = []
  const count = yield* Random.nextIntBetween(1, 4)
  for (let i = 0; i < count; i++) {
    rules.push({ when: { probability: (yield* Random.nextIntBetween(5, 40)) / 100 }, do: yield* pick(failures) })
  }
  rules.unshift({ when: { probability: 0.3 }, do: yield* pick(changes) })
  return { seed, rules } satisfies FaultPlan.FaultPlan
})

/** Walks to the end: whenever the stream fails, it continues from where that was, a little later. */
const walk = Effect.fnUntraced(
  function*(params: { readonly pageSize: number }, options: { readonly prefetch: number }) {
    const { stream } = yield* operations
    const seen: Array<Operation> = []
    let from: Pagination.Position | { readonly pageSize: number } = params
    for (let failed = 0; failed < 500; failed++) {
      const result: Result.Result<void, Operations.StreamError> = yield* stream(from, {
        ...options,
        invalidItems: "fail"
      }).pipe(
        Stream.runForEach((operation) => Effect.sync(() => seen.push(operation))),
        Effect.result
      )
      if (result._tag === "Success") return { failed, seen }
      const position: Pagination.Position | undefined = result.failure.position
      if (position === undefined) return assert.fail(result.failure.message)
      assert.strictEqual(position.items, seen.length)
      assert.deepEqual<unknown>(position.filters, { pageSize: params.pageSize })
      from = position
      yield* Effect.sleep("2 seconds")
    }
    return assert.fail("The walk does not come to its end")
  }
)

describe("a stream under random faults", () => {
  it.effect("neither loses nor duplicates an operation", () =>
    Effect.gen(function*() {
      let failed = 0
      for (let seed = 1; seed <= 120; seed++) {
        yield* Effect.gen(function*() {
          const faults = yield* planOf(seed)
          const pageSize = yield* Random.nextIntBetween(3, 25)
          const prefetch = yield* Random.nextIntBetween(0, 3)
          const attempts = (yield* Random.nextBoolean) ? once : <A, E, R>(effect: Effect.Effect<A, E, R>) => effect
          const ended = yield* moving(attempts(walk({ pageSize }, { prefetch })), "250 millis").pipe(
            provide({ seed, operations: total, faults })
          )
          failed += ended.failed
          const hint = JSON.stringify({ seed, pageSize, prefetch, faults })
          assert.strictEqual(new Set(ended.seen.map(({ id }) => id)).size, total, hint)
          assert.lengthOf(ended.seen, total, hint)
          assert.strictEqual(new Set(ended.seen.map(stateOf)).size, ended.seen.length, hint)
        }).pipe(Random.withSeed(seed))
      }
      assert.isAbove(failed, 100)
    }))
})

const endless: ReadonlyArray<readonly [name: string, fault: FaultPlan.Fault, tag: string]> = [
  ["SameToken", { _tag: "SameToken", token: "a=" }, "PaginationLoop"],
  ["TokenCycle of one", { _tag: "TokenCycle", length: 1 }, "PaginationLoop"],
  ["TokenCycle of seven", { _tag: "TokenCycle", length: 7 }, "PaginationLoop"],
  ["TokenCycle of a hundred", { _tag: "TokenCycle", length: 100 }, "PaginationLoop"],
  ["RepeatPage", { _tag: "RepeatPage" }, "PaginationLoop"],
  ["EmptyPage", { _tag: "EmptyPage" }, "PaginationLimit"]
]

describe("a list that does not end", () => {
  it.effect.each(endless)(
    "because of %s ends the stream within its limits",
    ([, fault, tag]) =>
      Effect.gen(function*() {
        for (const prefetch of [0, 1, 3]) {
          yield* Effect.gen(function*() {
            const { stream } = yield* operations
            const seen: Array<string> = []
            const error = yield* stream({ pageSize: 5 }, { prefetch, maxPages: 50 }).pipe(
              Stream.runForEach(({ id }) => Effect.sync(() => seen.push(id))),
              Effect.flip,
              (walk) => moving(walk)
            )
            assert.strictEqual(error._tag, tag)
            assert.strictEqual(new Set(seen).size, seen.length)
            assert.isAtMost((yield* (yield* Emulator.Emulator).report).summary.requests, 50)
          }).pipe(provide({ operations: total, faults: { rules: [{ do: fault }] } }))
        }
      })
  )

  it.effect("under random faults ends the stream as well", () =>
    Effect.gen(function*() {
      for (let seed = 1; seed <= 60; seed++) {
        yield* Effect.gen(function*() {
          const { rules } = yield* planOf(seed)
          const [, fault] = yield* pick(endless)
          const prefetch = yield* Random.nextIntBetween(0, 3)
          const faults = { seed, rules: [...rules, { do: fault }] }
          yield* Effect.gen(function*() {
            const { stream } = yield* operations
            const exit = yield* stream({ pageSize: 7 }, { prefetch, maxPages: 20 }).pipe(
              Stream.runDrain,
              Effect.exit,
              (walk) => moving(walk, "1 second")
            )
            assert.isTrue(Exit.isFailure(exit) && !Exit.hasDies(exit), JSON.stringify(faults))
          }).pipe(provide({ seed, operations: total, faults }))
        }).pipe(Random.withSeed(seed))
      }
    }))
})

describe("the duration of a stream", () => {
  const pages = 40

  const timeOf = (prefetch: number) =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const start = yield* Clock.currentTimeMillis
      yield* stream({ pageSize: 5 }, { prefetch }).pipe(
        Stream.chunks,
        Stream.runForEach(() => Effect.sleep("50 millis"))
      )
      return (yield* Clock.currentTimeMillis) - start
    }).pipe(
      (walk) => moving(walk, "10 millis"),
      provide({
        operations: 5 * pages,
        faults: { rules: [{ do: { _tag: "Delay", duration: Duration.millis(50) } }] }
      })
    )

  it.effect("is half as long when the next page is prefetched", () =>
    Effect.gen(function*() {
      const sequential = yield* timeOf(0)
      assert.isAtLeast(sequential, pages * 100)
      assert.isAtMost((yield* timeOf(1)) / sequential, 0.55)
    }))
})
