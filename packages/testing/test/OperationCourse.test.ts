import { SenderPoolOperations, type Waiting } from "@effect-comms/client"
import {
  CommsError,
  Operation,
  type OperationFamily,
  type Outcome,
  type SenderPoolOperation
} from "@effect-comms/domain"
import { type OperationCourse, SenderPoolOperationsTest } from "@effect-comms/testing"
import { assert, describe, layer } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Predicate, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import { assertTag } from "./utils/wiring.ts"

const operations = SenderPoolOperations.SenderPoolOperations

const both = Effect.all({ operations, test: SenderPoolOperationsTest.SenderPoolOperationsTest })

const toText = ({ stats: { created, failed, queued, total }, status }: SenderPoolOperation.SenderPoolOperation) =>
  `${status} ${created} + ${failed} + ${queued} = ${total}`

const pass = (step: Duration.Input) => Effect.repeat(TestClock.adjust(step), { times: 60 })

/** Lets a wait go on while the clock moves on sixty times. */
const during = <A, E, R>(wait: Effect.Effect<A, E, R>, step: Duration.Input) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(wait)
    yield* pass(step)
    return yield* Fiber.join(fiber)
  })

const awaitCompletion = Effect.fnUntraced(function*(id: string, options: Waiting.CompletionOptions = {}) {
  const { awaitCompletion } = yield* operations
  return yield* awaitCompletion(id, options)
})

const PAUSED = Operation.UnknownOperationStatus.make("PAUSED")

const isCourse = (course: unknown): course is OperationCourse.OperationCourse => Predicate.isObject(course)

const fresh = SenderPoolOperationsTest.layer()

describe("an operation with a course", () => {
  layer(fresh)((it) => {
    it.effect.each<readonly [OperationCourse.OperationCourse, ReadonlyArray<string>]>([
      [{ polls: 3, failed: 2 }, [
        "PROCESSING 0 + 0 + 10 = 10",
        "PROCESSING 4 + 1 + 5 = 10",
        "COMPLETED 8 + 2 + 0 = 10"
      ]],
      [{ polls: 2, total: 4, queued: 1 }, ["PROCESSING 0 + 0 + 4 = 4", "COMPLETED 3 + 0 + 1 = 4"]],
      [{ polls: 1 }, ["COMPLETED 10 + 0 + 0 = 10", "COMPLETED 10 + 0 + 0 = 10"]],
      [{ polls: 2, total: 0 }, ["PROCESSING 0 + 0 + 0 = 0", "COMPLETED 0 + 0 + 0 = 0"]],
      [{ polls: 3, canceled: true }, [
        "PROCESSING 0 + 0 + 10 = 10",
        "PROCESSING 2 + 0 + 8 = 10",
        "CANCELED 5 + 0 + 5 = 10",
        "CANCELED 5 + 0 + 5 = 10"
      ]],
      [{ polls: 2, status: PAUSED }, ["PAUSED 0 + 0 + 10 = 10", "COMPLETED 10 + 0 + 0 = 10"]],
      [{ polls: Infinity }, ["PROCESSING 0 + 0 + 10 = 10", "PROCESSING 0 + 0 + 10 = 10"]]
    ])("has these states: %o", ([course, expected]) =>
      Effect.gen(function*() {
        const { operations, test } = yield* both
        const { id } = yield* test.takes(course)
        const seen = yield* Effect.forEach(expected, () => operations.fetch(id))
        assert.deepStrictEqual(seen.map(toText), expected)
      }))

    it.effect.each(
      [
        ["polls", { polls: 0 }],
        ["polls", { polls: 1.5 }],
        ["polls", { polls: Number.NaN }],
        ["polls", {}],
        ["total", { polls: 1, total: -1 }],
        ["failed", { polls: 1, failed: 11 }],
        ["failed", { polls: 1, total: 3, failed: 2, queued: 2 }],
        ["canceled", { polls: 1, canceled: "yes" }],
        ["status", { polls: 1, status: "COMPLETED" }],
        ["fails", { polls: 1, fails: 1 }]
      ] as const
    )("is refused for its %s: %o", ([field, course]) =>
      Effect.gen(function*() {
        const { test } = yield* both
        const error = yield* Effect.flip(test.takes(isCourse(course) ? course : { polls: 1 }))
        assert.strictEqual(error.field, field)
      }))
  })

  layer(fresh)((it) => {
    it.effect("is polled by each list that holds it and by no other", () =>
      Effect.gen(function*() {
        const { operations, test } = yield* both
        const { id } = yield* test.takes({ polls: 3 })
        const shown = (params: OperationFamily.ListParams<Operation.KnownOperationStatus>) =>
          Effect.map(operations.list(params), ({ operations }) => operations.map(({ id, status }) => [id, status]))
        assert.deepStrictEqual(yield* shown({ status: "COMPLETED" }), [])
        assert.deepStrictEqual(yield* shown({ status: "PROCESSING" }), [[id, "PROCESSING"]])
        assert.deepStrictEqual(yield* shown({ endDate: "1969-12-31T00:00:00Z" }), [])
        assert.deepStrictEqual(yield* shown({}), [[id, "PROCESSING"]])
        assert.deepStrictEqual(yield* shown({ status: "PROCESSING" }), [])
        assert.deepStrictEqual(yield* shown({}), [[id, "COMPLETED"]])
      }))
  })

  layer(fresh)((it) => {
    it.effect("is created now, changes when it is polled, and can be replaced", () =>
      Effect.gen(function*() {
        const { operations, test } = yield* both
        yield* TestClock.adjust("1 minute")
        const first = yield* test.takes({ polls: 3 })
        const second = yield* test.takes({ polls: 3 })
        assert.notStrictEqual(first.id, second.id)
        assert.strictEqual(DateTime.toEpochMillis(first.createdAt), 60_000)
        const changes: Array<number> = []
        for (let i = 0; i < 5; i++) {
          yield* TestClock.adjust("1 second")
          const { createdAt, updatedAt } = yield* operations.fetch(first.id)
          assert.deepStrictEqual(createdAt, first.createdAt)
          changes.push(DateTime.toEpochMillis(updatedAt))
        }
        assert.deepStrictEqual(changes, [60_000, 61_000, 62_000, 62_000, 62_000])
        yield* test.put(second)
        yield* Effect.forEach([1, 2, 3], () => operations.fetch(second.id))
        assert.deepStrictEqual(yield* operations.fetch(second.id), second)
      }))
  })
})

describe("a feed and a scan", () => {
  layer(fresh)((it) => {
    it.effect("see its end", () =>
      Effect.gen(function*() {
        const { operations, test } = yield* both
        yield* TestClock.setTime(Date.UTC(2024, 3, 5))
        const { createdAt, id } = yield* test.takes({ polls: 4, failed: 2 })
        const range = { startDate: createdAt, endDate: DateTime.add(createdAt, { minutes: 1 }) }
        const scanned = yield* during(Stream.runCollect(operations.scan(range, { windows: 1 })), "1 second")
        assert.deepStrictEqual(scanned.map(({ id, status }) => [id, status]), [[id, "PROCESSING"]])
        const changes = operations.changes({ since: createdAt }, { interval: "1 second" }).pipe(
          Stream.takeUntil(({ operation }) => operation.isTerminal),
          Stream.runCollect
        )
        assert.deepStrictEqual(
          (yield* during(changes, "1 second")).map(({ kind, operation }) => [kind, toText(operation)]),
          [
            ["new", "PROCESSING 3 + 0 + 7 = 10"],
            ["changed", "PROCESSING 5 + 1 + 4 = 10"],
            ["changed", "COMPLETED 8 + 2 + 0 = 10"]
          ]
        )
      }))
  })
})

describe("a wait for an operation with a course", () => {
  layer(fresh)((it) => {
    it.effect.each<readonly [OperationCourse.OperationCourse, Outcome.Outcome["_tag"]]>([
      [{ polls: 3 }, "Completed"],
      [{ polls: 3, failed: 2 }, "CompletedWithFailures"],
      [{ polls: 3, queued: 2 }, "CompletedWithFailures"],
      [{ polls: 3, canceled: true }, "Canceled"],
      [{ polls: 3, status: PAUSED }, "Completed"]
    ])("has an outcome, after %o: %s", ([course, expected]) =>
      Effect.gen(function*() {
        const { test } = yield* both
        const { id } = yield* test.takes(course)
        const { fetch } = yield* test.calls
        const outcome = yield* during(awaitCompletion(id), "1 second")
        assert.strictEqual(outcome._tag, expected)
        assert.strictEqual((yield* test.calls).fetch - fetch, 3)
      }))

    it.effect("reports progress", () =>
      Effect.gen(function*() {
        const { operations, test } = yield* both
        const { id } = yield* test.takes({ polls: 5, total: 8 })
        const snapshots = yield* during(Stream.runCollect(operations.watch(id)), "1 second")
        assert.deepStrictEqual(snapshots.map(({ progress }) => progress.fraction), [0, 0.25, 0.5, 0.75, 1])
      }))

    it.effect("tolerates failed polls", () =>
      Effect.gen(function*() {
        const { operations, test } = yield* both
        const { id } = yield* test.takes({ polls: 3 })
        const fail = test.failNextFetch(new CommsError.ServiceUnavailable({ errors: [] }))
        const wait = operations.watchEvents(id).pipe(
          Stream.zipWithIndex,
          Stream.tap(([, i]) => i === 1 ? Effect.andThen(fail, fail) : Effect.void),
          Stream.map(([event]) => event),
          Stream.runCollect
        )
        const events = yield* during(wait, "1 second")
        assert.deepStrictEqual(
          events.map(({ _tag }) => _tag),
          ["Started", "Changed", "PollFailed", "PollFailed", "Changed", "Changed"]
        )
      }))

    it.effect("fails on a stall, on a lasting unknown status, and at its time limit", () =>
      Effect.gen(function*() {
        const { test } = yield* both
        const { id } = yield* test.takes({ polls: Infinity })
        const paused = yield* test.takes({ polls: Infinity, status: PAUSED })
        const stalled = assertTag(yield* during(Effect.flip(awaitCompletion(id)), "1 minute"), "Stalled")
        assert.isAtLeast(Duration.toMinutes(stalled.unchangedFor), 15)
        const unknown = yield* during(Effect.flip(awaitCompletion(paused.id)), "1 minute")
        assert.strictEqual(assertTag(unknown, "StatusNotKnown").status, PAUSED)
        const late = yield* during(Effect.flip(awaitCompletion(id, { timeLimit: "1 minute" })), "2 seconds")
        assertTag(late, "WaitTimeout")
      }))
  })

  layer(fresh)((it) => {
    it.effect("shares the poll of a list with other waits", () =>
      Effect.gen(function*() {
        const { test } = yield* both
        const taken = yield* Effect.forEach(
          Array.from({ length: 50 }),
          (_, i) => test.takes({ polls: 4, failed: i % 2 })
        )
        const options = { interval: Schedule.spaced("1 second") }
        const all = Effect.forEach(taken, ({ id }) => awaitCompletion(id, options), { concurrency: "unbounded" })
        const outcomes = yield* during(all, "1 second")
        assert.deepStrictEqual(
          outcomes.map(({ _tag }) => _tag),
          taken.map((_, i) => i % 2 === 0 ? "Completed" : "CompletedWithFailures")
        )
        const { fetch, list } = yield* test.calls
        assert.isAtLeast(list, 4)
        assert.isBelow(fetch + list, 20)
      }))
  })
})
