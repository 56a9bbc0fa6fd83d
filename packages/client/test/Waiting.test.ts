import { CommsClient, Operations, SenderPoolOperations, Waiting } from "@effect-comms/client"
import {
  Checkpoint,
  CommsError,
  MessageOperation,
  Pagination,
  SenderPoolOperation,
  WaitCheckpoint
} from "@effect-comms/domain"
import { Emulator } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import {
  Clock,
  DateTime,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Option,
  Random,
  Redacted,
  Ref,
  Schedule,
  Stream
} from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { wholeMillis } from "../src/internal/monotonic.ts"
import { makeObserver } from "../src/internal/observing/observer.ts"
import {
  type Asked,
  notFound,
  operationIdOf,
  operationOf,
  scriptedObserver,
  type Standing,
  unavailable,
  unavailableFor
} from "./utils/polls.ts"
import { advance, type Answer, assertTag, credentials, json, refused, settle, silent } from "./utils/script.ts"
import { after, type Arrival, idOf, layerServer, makeLog, pass } from "./utils/server.ts"
import { makeWallClock } from "./utils/wallClock.ts"

const id = idOf(1)

/** The answer with an operation. */
const is = (standing: Standing = {}): Answer => {
  const { stats, status } = operationOf(standing)
  const at = "1970-01-01T00:00:00Z"
  return json({ id: idOf(standing.key ?? 1), status, stats, createdAt: at, updatedAt: at })
}

// Digests are computed on another thread, which the test clock does not wait for. So they are computed first.
const makeOperations = Effect.gen(function*() {
  yield* (yield* CommsClient.CommsClient).identity
  return yield* Operations.make(SenderPoolOperation.family)
})

/** A service whose server answers as scripted, and repeats the last answer. */
const scripted = Effect.fnUntraced(function*(
  answers: ReadonlyArray<Answer> | ((arrival: Arrival) => Answer),
  options: Partial<CommsClient.Options> = {}
) {
  const log = yield* makeLog
  const decide = typeof answers === "function"
    ? answers
    : ({ number }: Arrival) => answers[Math.min(number, answers.length) - 1] ?? silent
  const operations = yield* makeOperations.pipe(
    Effect.provide(
      CommsClient.layer({ credentials, retry: { maxAttempts: 1 }, ...options }).pipe(
        Layer.provide(layerServer(log, decide))
      )
    )
  )
  return {
    ...operations,
    underWay: Ref.get(log.underWay),
    times: Effect.map(Ref.get(log.arrivals), (arrivals) => arrivals.map(({ at }) => at))
  }
})

const every = (duration: Duration.Input) => ({ interval: Schedule.spaced(duration) })

/** Runs an effect while the clock moves, for the duration at most. */
const within = <A, E>(effect: Effect.Effect<A, E>, duration: Duration.Input, step = 500) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(duration)
    yield* settle
    yield* settle
    while (fiber.pollUnsafe() === undefined && (yield* Clock.currentTimeMillis) < end) yield* advance(step)
    return fiber.pollUnsafe() === undefined ? assert.fail("It takes too long") : yield* Fiber.await(fiber)
  })

const resultWithin = <A, E>(effect: Effect.Effect<A, E>, duration: Duration.Input, step?: number) =>
  Effect.flatten(within(effect, duration, step))

const errorWithin = <A, E>(effect: Effect.Effect<A, E>, duration: Duration.Input, step?: number) =>
  resultWithin(Effect.flip(effect), duration, step)

const countsOf = (snapshots: ReadonlyArray<Waiting.Snapshot>) =>
  snapshots.map(({ operation: { stats, status } }) => `${status} ${stats.created}`)

describe("watch", () => {
  it.effect("gives the first state at once, then each change up to the end", () =>
    Effect.gen(function*() {
      const { times, watch } = yield* scripted([
        is(),
        is(),
        is({ created: 5 }),
        is({ created: 5 }),
        is({ created: 10, status: "COMPLETED" })
      ])
      const seen = yield* resultWithin(Stream.runCollect(watch(id, every("10 seconds"))), "1 minute")
      assert.deepEqual(countsOf(seen), ["PROCESSING 0", "PROCESSING 5", "COMPLETED 10"])
      assert.deepEqual(seen.map(({ seenAt }) => DateTime.toEpochMillis(seenAt)), [0, 20_000, 40_000])
      const [, second, last] = seen
      assert.deepEqual(second?.progress, {
        settled: 5,
        total: 10,
        fraction: 0.5,
        rate: 0.25,
        remaining: Duration.seconds(20),
        wentBackwards: false,
        unchangedFor: Duration.zero
      })
      assert.deepEqual([last?.progress.remaining, last?.progress.rate], [Duration.zero, undefined])
      assert.deepEqual(yield* times, [0, 10_000, 20_000, 30_000, 40_000])
    }))

  it.effect("polls an operation that has ended one time", () =>
    Effect.gen(function*() {
      const { times, watch } = yield* scripted([is({ status: "CANCELED" })])
      assert.deepEqual(countsOf(yield* Stream.runCollect(watch(id))), ["CANCELED 0"])
      assert.deepEqual(yield* times, [0])
    }))

  it.effect("is a stream that can be run again", () =>
    Effect.gen(function*() {
      const { times, watch } = yield* scripted([is(), is({ status: "COMPLETED" }), is(), is({ status: "CANCELED" })])
      const stream = watch(id, every("1 second"))
      const [one, two] = [
        yield* resultWithin(Stream.runCollect(stream), "5 seconds", 1000),
        yield* resultWithin(Stream.runCollect(stream), "5 seconds", 1000)
      ]
      assert.deepEqual([...countsOf(one), ...countsOf(two)], [
        "PROCESSING 0",
        "COMPLETED 0",
        "PROCESSING 0",
        "CANCELED 0"
      ])
      assert.deepEqual(yield* times, [0, 1000, 1000, 2000])
    }))

  it.effect("says that work went backwards", () =>
    Effect.gen(function*() {
      const { watch } = yield* scripted([is({ created: 5 }), is({ created: 3 }), is({ status: "COMPLETED" })])
      const seen = yield* resultWithin(Stream.runCollect(watch(id, every("1 second"))), "5 seconds")
      assert.deepEqual(seen.map(({ progress }) => progress.wentBackwards), [false, true, true])
    }))

  it.effect("shares its polls with other waiters that come and go", () =>
    Effect.gen(function*() {
      const { awaitCompletion, times, underWay, watch } = yield* scripted(() => after("2 seconds", is()))
      const first = yield* Effect.forkChild(Stream.runDrain(watch(id)))
      yield* advance("1 second")
      const second = yield* Effect.forkChild(awaitCompletion(id))
      yield* settle
      yield* Fiber.interrupt(first)
      assert.strictEqual(yield* underWay, 1)
      yield* pass(10_000)
      assert.isAtLeast((yield* times).length, 3)
      yield* Fiber.interrupt(second)
      const { length } = yield* times
      assert.strictEqual(yield* underWay, 0)
      yield* pass(100_000, 10_000)
      assert.lengthOf(yield* times, length)
    }))

  it.effect("interrupts the request in progress", () =>
    Effect.gen(function*() {
      const { underWay, watch } = yield* scripted([silent])
      const fiber = yield* Effect.forkChild(Stream.runDrain(watch(id)))
      yield* settle
      assert.strictEqual(yield* underWay, 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* underWay, 0)
    }))

  it.effect("gives a slow consumer the newest state", () =>
    Effect.gen(function*() {
      const { times, watch } = yield* scripted(({ number }) =>
        is(number < 5 ? { created: number } : { status: "COMPLETED" })
      )
      const slowly = watch(id, every("1 second")).pipe(
        Stream.tap(() => Effect.sleep("10 seconds")),
        Stream.runCollect
      )
      const other = yield* Effect.forkChild(Stream.runDrain(watch(id, every("1 second"))))
      const seen = yield* resultWithin(slowly, "1 minute")
      assert.deepEqual(countsOf(seen), ["PROCESSING 1", "COMPLETED 0"])
      assert.deepEqual(yield* times, [0, 1000, 2000, 3000, 4000])
      yield* Fiber.join(other)
    }))
})

describe("watchEvents", () => {
  it.effect("tells everything that happens", () =>
    Effect.gen(function*() {
      const { watchEvents } = yield* scripted([
        refused(404),
        refused(503),
        is(),
        is(),
        is({ created: 1 }),
        refused(500),
        refused(404),
        is({ status: "COMPLETED" })
      ])
      const stall = { after: "1 second", as: "event" } as const
      const seen = yield* resultWithin(Stream.runCollect(watchEvents(id, { ...every("1 second"), stall })), "1 minute")
      assert.deepEqual(seen.map((event) => event._tag === "PollFailed" ? event.error._tag : event._tag), [
        "Started",
        "NotFoundYet",
        "ServiceUnavailable",
        "Changed",
        "Stalled",
        "Changed",
        "InternalServerError",
        "NotFound",
        "Changed"
      ])
      assert.deepEqual(seen.flatMap((event) => event._tag === "PollFailed" ? [event.failures] : []), [1, 1, 2])
    }))
})

const ending = (standing: Standing, options?: Waiting.CompletionOptions) =>
  Effect.gen(function*() {
    const { awaitCompletion } = yield* scripted([is(), is(standing)])
    return yield* Effect.result(resultWithin(awaitCompletion(id, options), "1 minute"))
  })

describe("awaitCompletion", () => {
  it.effect("tells three outcomes apart, with the final operation", () =>
    Effect.gen(function*() {
      const standings: ReadonlyArray<readonly [tag: string, standing: Standing]> = [
        ["Completed", { status: "COMPLETED", created: 10 }],
        ["Completed", { status: "COMPLETED", total: 0 }],
        ["CompletedWithFailures", { status: "COMPLETED", created: 9, failed: 1 }],
        ["CompletedWithFailures", { status: "COMPLETED", total: 888, created: 777, queued: 111 }],
        ["Canceled", { status: "CANCELED", created: 10 }]
      ]
      for (const [tag, standing] of standings) {
        const result = yield* ending(standing)
        assert.strictEqual(result._tag === "Success" ? result.success._tag : "", tag)
        assert.deepEqual(
          result._tag === "Success" ? { ...result.success.operation.stats } : undefined,
          { ...operationOf(standing).stats }
        )
      }
    }))

  it.effect("fails with an outcome that is not tolerated", () =>
    Effect.gen(function*() {
      const standing = { status: "COMPLETED", created: 8, failed: 1, queued: 1 }
      for (const tolerate of ["none", 0, 0.19] as const) {
        const result = yield* ending(standing, { tolerate })
        const error = assertTag(yield* Effect.flip(Effect.fromResult(result)), "OutcomeNotTolerated")
        assert.strictEqual(error.tolerance, tolerate)
        assert.strictEqual(error.outcome._tag, "CompletedWithFailures")
      }
      assert.strictEqual((yield* ending(standing, { tolerate: 0.2 }))._tag, "Success")
      assert.strictEqual((yield* ending({ status: "CANCELED" }, { tolerate: 1 }))._tag, "Failure")
    }))
})

describe("a failed poll", () => {
  it.effect("does not fail the wait", () =>
    Effect.gen(function*() {
      const { awaitCompletion } = yield* scripted([
        is(),
        refused(503),
        json({ operations: "nonsense" }),
        refused(500),
        is({ status: "COMPLETED" })
      ])
      const outcome = yield* resultWithin(awaitCompletion(id), "1 minute")
      assert.strictEqual(outcome._tag, "CompletedWithFailures")
    }))

  it.effect("ends the wait at once if its error is permanent", () =>
    Effect.gen(function*() {
      const { awaitCompletion, times } = yield* scripted([is({ created: 4 }), refused(401)])
      const error = assertTag(yield* errorWithin(awaitCompletion(id, every("1 second")), "1 minute"), "PollsFailed")
      assert.strictEqual(error.reason._tag, "Unauthorized")
      assert.deepEqual([error.failures, error.polls, error.last?.stats.created], [1, 2, 4])
      assert.deepEqual(yield* times, [0, 1000])
    }))

  it.effect("ends the wait after too many in a row, or too long, with the operation as last seen", () =>
    Effect.gen(function*() {
      const { awaitCompletion } = yield* scripted([is({ created: 4 }), refused(503)])
      const options = { ...every("1 minute"), timeLimit: Duration.infinity }
      const byTime = assertTag(yield* errorWithin(awaitCompletion(id, options), "1 hour", 10_000), "PollsFailed")
      assert.deepEqual([byTime.failures, byTime.last?.stats.created], [11, 4])
      const { awaitCompletion: again } = yield* scripted([refused(503)])
      const byCount = assertTag(
        yield* errorWithin(again(id, { ...every("1 second"), maxFailures: 2 }), "1 minute"),
        "PollsFailed"
      )
      assert.deepEqual([byCount.failures, byCount.waited, byCount.last], [3, Duration.seconds(2), undefined])
    }))

  it.effect("delays the next one by its Retry-After, and ends the wait if that is beyond the deadline", () =>
    Effect.gen(function*() {
      const { awaitCompletion, times } = yield* scripted([
        refused(503, { "retry-after": "120" }),
        is({ status: "CANCELED" })
      ])
      yield* resultWithin(awaitCompletion(id, every("1 second")), "5 minutes")
      const [first = 0, second = 0] = yield* times
      assert.isAtLeast(second - first, 120_000)
      for (const retryAfter of ["3600", "315360000"]) {
        const { awaitCompletion } = yield* scripted([refused(503, { "retry-after": retryAfter })])
        const error = yield* errorWithin(awaitCompletion(id, { timeLimit: "10 minutes" }), "11 minutes", 5000)
        const { polls, reason, waited } = assertTag(error, "PollsFailed")
        assert.deepEqual([polls, waited], [1, Duration.zero])
        assert.deepEqual(assertTag(reason, "ServiceUnavailable").retryAfter, Duration.seconds(Number(retryAfter)))
      }
    }))

  it.effect("that returns another operation fails, and does not end the wait", () =>
    Effect.gen(function*() {
      const { watchEvents } = yield* scripted([
        is({ key: 2, status: "COMPLETED" }),
        is({ status: "CANCELED" })
      ])
      const events = yield* resultWithin(Stream.runCollect(watchEvents(id, every("1 second"))), "10 seconds")
      assert.deepEqual(
        events.map((event) => event._tag === "PollFailed" ? event.error._tag : event._tag),
        ["Started", "InvalidResponse", "Changed"]
      )
      const [, failed] = events
      assert.lengthOf(
        failed?._tag === "PollFailed" && failed.error._tag === "InvalidResponse" ? failed.error.attempts ?? [] : [],
        1
      )
    }))

  it.effect("is tolerated while the operation may be new", () =>
    Effect.gen(function*() {
      const { awaitCompletion } = yield* scripted([refused(404), refused(404), is({ status: "CANCELED" })])
      assert.strictEqual((yield* resultWithin(awaitCompletion(id), "10 seconds"))._tag, "Canceled")
      const { awaitCompletion: again, times } = yield* scripted([refused(404)])
      const from = yield* Clock.currentTimeMillis
      const options = { ...every("10 seconds"), createdAt: DateTime.makeUnsafe(from - 40_000) }
      const error = assertTag(yield* errorWithin(again(id, options), "1 minute", 1000), "OperationNotFound")
      assert.strictEqual(error.notFound, 3)
      assert.include(error.message, "The API answered 404 to 3 of 3 polls.")
      assert.deepEqual((yield* times).map((at) => at - from), [0, 10_000, 20_000])
    }))
})

describe("a limit", () => {
  it.effect("of time is kept to the millisecond, even if a poll hangs", () =>
    Effect.gen(function*() {
      const { awaitCompletion, underWay } = yield* scripted([is({ created: 2 }), silent])
      const options = { ...every("1 second"), timeLimit: "12345 millis" } as const
      const error = assertTag(yield* errorWithin(awaitCompletion(id, options), "1 minute", 5), "WaitTimeout")
      assert.deepEqual([error.limit, error.polls, error.last?.stats.created], ["time", 1, 2])
      assert.deepEqual(error.waited, Duration.millis(12_345))
      assert.strictEqual(yield* underWay, 0)
    }))

  it.effect("of the schedule ends the wait too", () =>
    Effect.gen(function*() {
      const { awaitCompletion } = yield* scripted([is()])
      const interval = Schedule.max([Schedule.recurs(2), Schedule.spaced("1 second")])
      const error = assertTag(yield* errorWithin(awaitCompletion(id, { interval }), "1 minute"), "WaitTimeout")
      assert.deepEqual([error.limit, error.polls, error.waited], ["schedule", 3, Duration.seconds(2)])
    }))

  it.effect("of a stall is an error of its own", () =>
    Effect.gen(function*() {
      const { awaitCompletion } = yield* scripted([is({ created: 10 })])
      const error = assertTag(yield* errorWithin(awaitCompletion(id), "20 minutes", 5000), "Stalled")
      assert.isTrue(Duration.isGreaterThanOrEqualTo(error.unchangedFor, Duration.minutes(15)))
      assert.isTrue(Duration.isLessThan(error.unchangedFor, Duration.minutes(16)))
    }))

  it.effect("of an unknown status is an error of its own", () =>
    Effect.gen(function*() {
      const { awaitCompletion } = yield* scripted([is(), is({ status: "PAUSED" })])
      const error = assertTag(yield* errorWithin(awaitCompletion(id), "7 minutes", 1000), "StatusNotKnown")
      assert.strictEqual<string>(error.status, "PAUSED")
      assert.strictEqual<string | undefined>(error.last?.status, "PAUSED")
    }))
})

const messageOperationOf = (status: MessageOperation.MessageOperation["status"], delivered?: number) =>
  new MessageOperation.MessageOperation({
    id: operationIdOf(1),
    status,
    stats: { total: 10, ...(delivered === undefined ? {} : { delivered }) },
    createdAt: DateTime.makeUnsafe(0),
    updatedAt: DateTime.makeUnsafe(0)
  })

/** Waits for Message operations that an observer answers as scripted. */
const observed = (answer: (asked: Asked) => MessageOperation.MessageOperation) => {
  const { observer, times } = scriptedObserver((asked) => Effect.succeed(answer(asked)))
  const identity = Effect.succeed({ baseUrl: "0".repeat(64), account: "0".repeat(64) })
  return { times, ...Waiting.make({ resource: "MessageOperations", identity, observer }) }
}

describe("a scheduled operation", () => {
  it.effect("is waited for through all its statuses", () =>
    Effect.gen(function*() {
      const { watch } = observed(({ at }) =>
        at < 1_800_000
          ? messageOperationOf("SCHEDULED")
          : messageOperationOf(at < 2_400_000 ? "PROCESSING" : "COMPLETED", 10)
      )
      const seen = yield* resultWithin(Stream.runCollect(watch(id, every("1 minute"))), "1 hour", 60_000)
      assert.deepEqual(
        seen.map(({ operation: { stats, status }, progress: { settled } }) => [status, stats.delivered, settled]),
        [["SCHEDULED", undefined, 0], ["PROCESSING", 10, 10], ["COMPLETED", 10, 10]]
      )
    }))

  it.effect("fails the wait at its time limit, an hour by default", () =>
    Effect.gen(function*() {
      const { awaitCompletion, times } = observed(() => messageOperationOf("SCHEDULED"))
      const error = assertTag(yield* errorWithin(awaitCompletion(id), "61 minutes", 10_000), "WaitTimeout")
      assert.deepEqual([error.limit, error.waited, error.last?.status], ["time", Duration.hours(1), "SCHEDULED"])
      assert.include(error.message, "SCHEDULED")
      assert.isAbove(times().length, 100)
    }))
})

const gaps = (times: ReadonlyArray<number>) => times.slice(1).map((at, n) => at - (times[n] ?? 0))

describe("the interval", () => {
  it.effect("begins short and grows with jitter up to `max`", () =>
    Effect.gen(function*() {
      const { times, watch } = yield* scripted([is()])
      const fiber = yield* Effect.forkChild(Stream.runDrain(watch(id)))
      yield* pass(150_000, 50)
      yield* Fiber.interrupt(fiber)
      const found = gaps(yield* times)
      for (const [n, gap] of found.entries()) {
        const middle = Math.min(30_000, 1000 * 1.5 ** n)
        assert.isAtLeast(gap, 0.8 * middle - 50)
        assert.isAtMost(gap, 1.2 * middle + 100)
      }
      assert.isAtLeast(found.length, 10)
      assert.isAbove(new Set(found.slice(-4)).size, 1)
    }).pipe(Random.withSeed(5)))

  it.effect("gets shorter when the end is near, and longer if it does not come", () =>
    Effect.gen(function*() {
      const { times, watch } = yield* scripted(({ at }) => is({ total: 1000, created: Math.min(1000, at / 300) | 0 }))
      const fiber = yield* Effect.forkChild(Stream.runDrain(watch(id)))
      yield* pass(420_000, 100)
      yield* Fiber.interrupt(fiber)
      const arrivals = yield* times
      const near = arrivals.filter((at) => at > 285_000 && at <= 303_000)
      assert.isAtLeast(near.length, 2)
      assert.isTrue(gaps(arrivals.filter((at) => at < 303_000)).some((gap) => gap > 24_000))
      assert.isBelow(Math.min(...gaps(near.concat(arrivals.filter((at) => at > 303_000).slice(0, 1)))), 8000)
      assert.isAbove(gaps(arrivals).at(-1) ?? 0, 15_000)
    }).pipe(Random.withSeed(5)))

  it.effect("can be any schedule, with the polls, failures and progress as input", () =>
    Effect.gen(function*() {
      const { times, watch } = yield* scripted([is(), refused(503), is(), is({ status: "COMPLETED" })])
      const interval = Schedule.forever.pipe(
        Schedule.setInputType<Waiting.Poll>(),
        Schedule.modifyDelay(({ input }) => Effect.succeed(Duration.seconds(input.failures > 0 ? 20 : 5)))
      )
      yield* resultWithin(Stream.runDrain(watch(id, { interval })), "1 minute")
      assert.deepEqual(yield* times, [0, 5000, 25_000, 30_000])
    }))

  it.effect("can be made with Waiting.interval", () =>
    Effect.gen(function*() {
      const made = yield* Waiting.interval({ initial: "2 seconds", factor: 1, max: "2 seconds" })
      const { times, watch } = yield* scripted([is()])
      const fiber = yield* Effect.forkChild(Stream.runDrain(watch(id, { interval: made })))
      yield* pass(20_000)
      yield* Fiber.interrupt(fiber)
      for (const gap of gaps(yield* times)) assert.isTrue(gap >= 1600 && gap <= 2450, String(gap))
      assert.strictEqual((yield* Effect.flip(Waiting.interval({ factor: 0.5 }))).field, "factor")
    }))

  it.effect("can be longer or shorter than the defaults of the options that are not given", () =>
    Effect.gen(function*() {
      const { watch } = yield* scripted([is({ status: "COMPLETED" })])
      yield* Stream.runDrain(watch(id, { interval: { initial: "1 minute" } }))
      yield* Stream.runDrain(watch(id, { interval: { max: "500 millis" } }))
    }))
})

describe("bad input", () => {
  const cases: ReadonlyArray<readonly [field: string, options: Waiting.CompletionOptions]> = [
    ["interval.initial", { interval: { initial: 0 } }],
    ["interval.initial", { interval: { initial: -1 } }],
    ["interval.max", { interval: { initial: "10 seconds", max: "1 second" } }],
    ["interval.factor", { interval: { factor: 0.9 } }],
    ["interval.factor", { interval: { factor: Infinity } }],
    ["timeLimit", { timeLimit: 0 }],
    ["timeLimit", { timeLimit: -5 }],
    ["stall.after", { stall: { after: 0 } }],
    ["notFoundGrace", { notFoundGrace: -1 }],
    ["createdAt", { createdAt: "yesterday" }],
    ["unknownStatusLimit", { unknownStatusLimit: -1 }],
    ["maxFailures", { maxFailures: -1 }],
    ["maxFailures", { maxFailures: 1.5 }],
    ["maxFailureTime", { maxFailureTime: 0 }],
    ["maxAge", { maxAge: -1 }],
    ["tolerate", { tolerate: 1.1 }],
    ["timeLimit", { timeLimit: -5, interval: Schedule.forever }]
  ]

  it.effect("is refused, with the field's name, before any request", () =>
    Effect.gen(function*() {
      const { awaitCompletion, times, watch } = yield* scripted([is()])
      for (const [field, options] of cases) {
        const error = assertTag(yield* Effect.flip(awaitCompletion(id, options)), "InvalidInput")
        assert.deepEqual([error.field, error.issues.length], [field, 1])
      }
      const error = assertTag(yield* Effect.flip(Stream.runDrain(watch("comms_operation_1"))), "InvalidInput")
      assert.deepEqual([error.call, error.field], ["SenderPoolOperations.watch", "operationId"])
      assert.deepEqual(yield* times, [])
    }))
})

/** The checkpoint of the newest snapshot of a wait that is interrupted after a time. */
const interrupted = Effect.fnUntraced(function*(
  watch: SenderPoolOperations.Service["watch"],
  target: string | WaitCheckpoint.WaitCheckpoint,
  duration: Duration.Input,
  options?: Waiting.Options
) {
  const last = yield* Ref.make(Option.none<WaitCheckpoint.WaitCheckpoint>())
  const fiber = yield* Effect.forkChild(
    Stream.runForEach(
      watch(target, options),
      ({ checkpoint }) => Effect.flatMap(checkpoint, (checkpoint) => Ref.set(last, Option.some(checkpoint)))
    )
  )
  yield* settle
  yield* pass(Duration.toMillis(duration), 10_000)
  yield* Fiber.interrupt(fiber)
  const text = Checkpoint.toJson(WaitCheckpoint.WaitCheckpoint)(
    Option.getOrElse(yield* Ref.get(last), () => assert.fail("There is no checkpoint"))
  )
  assert.notInclude(text, credentials.accountSid)
  assert.notInclude(text, Redacted.value(credentials.authToken))
  return yield* Checkpoint.fromJson(WaitCheckpoint.WaitCheckpoint)(text)
})

const restored = (event: Pick<Waiting.Event, "checkpoint"> | undefined) =>
  (event?.checkpoint ?? Effect.die("There is no checkpoint")).pipe(
    Effect.map(Checkpoint.toJson(WaitCheckpoint.WaitCheckpoint)),
    Effect.flatMap(Checkpoint.fromJson(WaitCheckpoint.WaitCheckpoint))
  )

const growing = ({ at }: Arrival) => is({ total: 10_000, created: Math.floor(at / 1000) })

describe("a checkpoint", () => {
  it.effect("resumes the wait with the time that is left", () =>
    Effect.gen(function*() {
      const { awaitCompletion, watch } = yield* scripted(growing)
      const stored = yield* interrupted(watch, id, "50 minutes", { stall: { after: "20 minutes" } })
      const early = stored.polls
      const { last, limits, startedAt } = stored
      assert.deepEqual(startedAt, DateTime.makeUnsafe(0))
      assert.deepEqual([limits.timeLimit, limits.stallAfter], [Duration.hours(1), Duration.minutes(20)])
      const error = assertTag(yield* errorWithin(awaitCompletion(stored), "11 minutes", 10_000), "WaitTimeout")
      assert.deepEqual([error.waited, error.startedAt], [Duration.hours(1), startedAt])
      assert.isAbove(error.polls, early)
      assert.isAbove(error.last?.stats.created ?? 0, last?.stats.created ?? Infinity)
    }))

  it.effect("resumes the wait with other limits if they are given", () =>
    Effect.gen(function*() {
      const { awaitCompletion, watch } = yield* scripted(growing)
      const stored = yield* interrupted(watch, id, "10 minutes")
      const options = { timeLimit: "15 minutes" } as const
      const error = assertTag(yield* errorWithin(awaitCompletion(stored, options), "6 minutes", 10_000), "WaitTimeout")
      assert.deepEqual(error.waited, Duration.minutes(15))
    }))

  it.effect("of a wait beyond its deadline allows one more poll", () =>
    Effect.gen(function*() {
      const state = { status: "PROCESSING" }
      const { awaitCompletion, times, watch } = yield* scripted(({ at }) =>
        is({ ...state, total: 1e6, created: at / 1000 | 0 })
      )
      const stored = yield* interrupted(watch, id, "1 minute")
      yield* TestClock.adjust("1 day")
      const before = (yield* times).length
      assertTag(yield* errorWithin(awaitCompletion(stored), "1 second"), "WaitTimeout")
      assert.lengthOf(yield* times, before + 1)
      state.status = "COMPLETED"
      assert.strictEqual((yield* awaitCompletion(stored))._tag, "CompletedWithFailures")
      const hanging = yield* scripted([silent])
      const error = yield* errorWithin(hanging.awaitCompletion(stored), "1 minute", 1000)
      assert.strictEqual(assertTag(error, "WaitTimeout").last?.stats.created, stored.last?.stats.created)
    }))

  it.effect("keeps the time since the last change", () =>
    Effect.gen(function*() {
      const { awaitCompletion, watch } = yield* scripted([is()])
      const stored = yield* interrupted(watch, id, "10 minutes")
      yield* TestClock.adjust("10 minutes")
      const error = assertTag(yield* Effect.flip(awaitCompletion(stored)), "Stalled")
      assert.deepEqual(error.unchangedFor, Duration.minutes(20))
    }))

  it.effect("of a resumed wait keeps the start and the limits", () =>
    Effect.gen(function*() {
      const { watch } = yield* scripted(growing)
      const stored = yield* interrupted(watch, id, "1 minute")
      const again = yield* interrupted(watch, stored, "1 minute")
      assertEquals(again.limits, stored.limits)
      assert.deepEqual([again.startedAt, again.createdAt], [stored.startedAt, stored.createdAt])
      assert.isAbove(again.polls, stored.polls)
    }))

  it.effect("exists before the first poll, and keeps the start of the wait", () =>
    Effect.gen(function*() {
      const { awaitCompletion, times, watchEvents } = yield* scripted([is()])
      const options = { timeLimit: "10 minutes" } as const
      const [started] = yield* Stream.runCollect(Stream.take(watchEvents(id, options), 1))
      assert.strictEqual(started?._tag, "Started")
      assert.deepEqual(yield* times, [])
      const stored = yield* restored(started)
      assert.deepEqual([stored.polls, stored.last, stored.seenAt], [0, undefined, undefined])
      yield* TestClock.adjust("8 minutes")
      const error = assertTag(yield* errorWithin(awaitCompletion(stored), "3 minutes", 1000), "WaitTimeout")
      assert.deepEqual([error.waited, error.startedAt], [Duration.minutes(10), DateTime.makeUnsafe(0)])
    }))

  it.effect("keeps the failures in a row, and how long polls have failed", () =>
    Effect.gen(function*() {
      const failing = [refused(503)]
      const one = yield* scripted(failing)
      const options = { ...every("1 minute"), maxFailures: 5, maxFailureTime: "1 hour", timeLimit: "1 day" } as const
      const events = yield* resultWithin(
        Stream.runCollect(Stream.take(one.watchEvents(id, options), 4)),
        "5 minutes",
        5000
      )
      assert.deepEqual(
        (yield* Effect.forEach(events, restored)).map(({ failures, polls }) => [polls, failures]),
        [[0, 0], [1, 1], [2, 2], [3, 3]]
      )
      const stored = yield* restored(events.at(-1))
      const two = yield* scripted(failing)
      const error = assertTag(
        yield* errorWithin(two.awaitCompletion(stored, every("1 minute")), "10 minutes", 5000),
        "PollsFailed"
      )
      assert.deepEqual([error.failures, error.polls, error.since], [6, 6, DateTime.makeUnsafe(0)])
      const three = yield* scripted(failing)
      yield* TestClock.adjust("1 hour")
      const late = assertTag(yield* errorWithin(three.awaitCompletion(stored), "1 second"), "PollsFailed")
      assert.deepEqual([late.failures, late.since], [4, DateTime.makeUnsafe(0)])
    }))

  it.effect("keeps the position of the interval", () =>
    Effect.gen(function*() {
      const { watch } = yield* scripted(growing)
      const interval = { initial: "1 second", factor: 2, max: "1 hour" } as const
      const stored = yield* interrupted(watch, id, "1 minute", { interval })
      assert.strictEqual(stored.intervals, 5)
      const again = yield* scripted(growing)
      const from = yield* Clock.currentTimeMillis
      const fiber = yield* Effect.forkChild(Stream.runDrain(again.watch(stored, { interval })))
      yield* pass(200_000, 1000)
      yield* Fiber.interrupt(fiber)
      const [first = 0, second = 0, third = 0] = (yield* again.times).map((at) => at - from)
      assert.strictEqual(first, 0)
      assert.isTrue(second >= 25_600 && second <= 38_400, String(second))
      assert.isTrue(third - second >= 51_200 && third - second <= 76_800, String(third))
    }).pipe(Random.withSeed(5)))

  it.effect("keeps what is left of a schedule", () =>
    Effect.gen(function*() {
      const { times, watch } = yield* scripted(growing)
      const interval = Schedule.max([Schedule.recurs(5), Schedule.spaced("10 seconds")])
      const stored = yield* interrupted(watch, id, "25 seconds", { interval })
      assert.deepEqual([stored.polls, stored.intervals], [4, 3])
      const error = assertTag(
        yield* errorWithin(Stream.runDrain(watch(stored, { interval })), "2 minutes"),
        "WaitTimeout"
      )
      assert.deepEqual([error.limit, error.polls], ["schedule", 7])
      assert.lengthOf(yield* times, 7)
    }))

  it.effect("is refused by another account or server, and when it is too old", () =>
    Effect.gen(function*() {
      const { times, watch } = yield* scripted([is()])
      const stored = yield* interrupted(watch, id, "10 seconds")
      const before = yield* times
      const partOf = (options: Partial<CommsClient.Options>, waiting?: Waiting.Options, checkpoint = stored) =>
        Effect.gen(function*() {
          const other = yield* scripted([silent], options)
          const error = yield* Effect.flip(Stream.runDrain(other.watch(checkpoint, waiting)))
          assert.deepEqual(yield* other.times, [])
          return assertTag(error, "CheckpointMismatch").part
        })
      assert.strictEqual(yield* partOf({ credentials: { ...credentials, accountSid: "AC1" } }), "account")
      assert.strictEqual(yield* partOf({ baseUrl: "https://elsewhere.test" }), "baseUrl")
      yield* TestClock.adjust("8 days")
      assert.strictEqual(yield* partOf({}), "age")
      assert.strictEqual(yield* partOf({}, { maxAge: "7 days" }), "age")
      assert.deepEqual(yield* times, before)
      const taken = yield* scripted([is({ status: "COMPLETED" })])
      assert.lengthOf(yield* Stream.runCollect(taken.watch(stored, { maxAge: "9 days" })), 1)
    }))
})

const hour = 3_600_000

describe("a wall clock that is set back or forward by an hour", () => {
  interface Scenario {
    readonly options: Waiting.Options
    readonly answer: (asked: Asked) => SenderPoolOperation.SenderPoolOperation | CommsError.CommsError
  }

  const scenarios: ReadonlyArray<readonly [name: string, scenario: Scenario]> = [
    ["the interval", {
      options: { timeLimit: "20 minutes" },
      answer: ({ at }) => operationOf({ total: 2000, created: Math.floor(at / 1000) })
    }],
    ["a time limit", { options: { timeLimit: "10 minutes" }, answer: () => operationOf() }],
    ["a stall", { options: { stall: { after: "10 minutes" } }, answer: () => operationOf() }],
    ["an event of a stall", {
      options: { stall: { after: "4 minutes", as: "event" }, timeLimit: "9 minutes" },
      answer: () => operationOf()
    }],
    ["a limit of an unknown status", { options: {}, answer: () => operationOf({ status: "PAUSED" }) }],
    ["the patience with failures", { options: { maxFailures: 1000 }, answer: () => unavailable }],
    ["the grace of an operation that is not found", {
      options: { notFoundGrace: "4 minutes" },
      answer: () => notFound
    }],
    ["a Retry-After", {
      options: {},
      answer: ({ number }) => number === 2 ? unavailableFor("5 minutes") : number < 20 ? operationOf() : notFound
    }]
  ]

  /** What a wait tells and when, and how it ends, if the wall clock is set after some minutes. */
  const course = Effect.fnUntraced(function*({ answer, options }: Scenario, by: number) {
    const { provide, set } = yield* makeWallClock
    const from = yield* wholeMillis
    const { observer, times } = scriptedObserver((asked) =>
      Effect.suspend(() => {
        const answered = answer({ ...asked, at: asked.at - from })
        return CommsError.isCommsError(answered) ? Effect.fail(answered) : Effect.succeed(answered)
      })
    )
    const identity = Effect.succeed({ baseUrl: "0".repeat(64), account: "0".repeat(64) })
    const { watchEvents } = Waiting.make({ resource: "SenderPoolOperations", identity, observer })
    const told: Array<unknown> = []
    const fiber = yield* watchEvents(id, options).pipe(
      Stream.runForEach((event) => Effect.map(wholeMillis, (at) => told.push([event._tag, at - from]))),
      Effect.flip,
      Effect.provideService(Random.Random, { nextDoubleUnsafe: () => 0.5, nextIntUnsafe: () => 0 }),
      provide,
      Effect.forkChild
    )
    yield* pass(200_000, 5000)
    yield* set(by)
    yield* pass(1_200_000, 5000)
    const error = yield* Fiber.join(fiber)
    return { told, polled: times().map((at) => at - from), end: [error._tag, "waited" in error ? error.waited : ""] }
  })

  it.effect.each(scenarios)("has no effect on %s", ([, scenario]) =>
    Effect.gen(function*() {
      const expected = yield* course(scenario, 0)
      assert.isAbove(expected.polled.length, 2)
      for (const by of [-hour, hour]) assert.deepEqual(yield* course(scenario, by), expected)
    }))

  it.effect.each([0, -hour, hour])(
    "has no effect on the time that a checkpoint leaves (%d ms)",
    (by) =>
      Effect.gen(function*() {
        const { provide, set } = yield* makeWallClock
        const { watch } = yield* scripted(({ number }) => is({ total: 1000, created: number }))
        const options = { ...every("1 minute"), timeLimit: "20 minutes" } as const
        const fiber = yield* watch(id, options).pipe(
          Stream.mapEffect(({ checkpoint }) => checkpoint),
          Stream.takeUntil(({ polls }) => polls === 6),
          Stream.runLast,
          Effect.flatMap(Effect.fromOption),
          provide,
          Effect.forkChild
        )
        yield* pass(150_000, 1000)
        yield* set(by)
        yield* pass(200_000, 1000)
        const checkpoint = yield* Fiber.join(fiber)
        const { seenAt, startedAt } = checkpoint
        assert.deepEqual([startedAt, seenAt], [DateTime.makeUnsafe(by), DateTime.makeUnsafe(by + 300_000)])
        const resumed = yield* Effect.forkChild(provide(Effect.flip(Stream.runDrain(watch(checkpoint, options)))))
        yield* pass(1_200_000 - (yield* wholeMillis) - 1000, 1000)
        assert.isUndefined(resumed.pollUnsafe())
        yield* pass(2000, 1000)
        assert.deepEqual(assertTag(yield* Fiber.join(resumed), "WaitTimeout").waited, Duration.minutes(20))
      })
  )
})

describe("a defect", () => {
  it.effect("in the client ends the wait, and later waits work", () =>
    Effect.gen(function*() {
      const broken = yield* Ref.make(true)
      const operations = yield* makeOperations.pipe(
        Effect.provide(
          CommsClient.layer({ credentials }).pipe(
            Layer.provide(Layer.succeed(
              HttpClient.HttpClient,
              HttpClient.make((request) =>
                Effect.flatMap(Ref.get(broken), (broken) =>
                  broken ? Effect.die("boom") : is({ status: "COMPLETED", created: 10 })(request))
              )
            ))
          )
        )
      )
      const waits = yield* Effect.all(
        Array.from({ length: 3 }, () =>
          Effect.exit(operations.awaitCompletion(id))),
        { concurrency: "unbounded" }
      )
      for (const exit of waits) assert.isTrue(Exit.hasDies(exit))
      yield* Ref.set(broken, false)
      assert.strictEqual((yield* operations.awaitCompletion(id))._tag, "Completed")
    }))
})

describe("watchMany", () => {
  it.effect("gives the events of every wait, and how each one fails", () =>
    Effect.gen(function*() {
      const { times, watchMany } = yield* scripted(({ attempt, key }) =>
        key === 1
          ? is({ key, created: attempt, status: attempt === 3 ? "COMPLETED" : "PROCESSING" })
          : key === 2
          ? refused(401)
          : is({ key })
      )
      const options = { ...every("10 seconds"), timeLimit: "35 seconds" } as const
      const targets = [1, 2, 3, 1].map(idOf)
      const events = yield* resultWithin(Stream.runCollect(watchMany(targets, options)), "1 minute")
      const of = (key: number) =>
        events.filter(({ operationId }) => operationId === idOf(key)).map((event) =>
          event._tag === "Failed" ? event.error._tag : event._tag
        )
      assert.deepEqual(of(1), ["Started", "Changed", "Changed", "Changed"])
      assert.deepEqual(of(2), ["Started", "PollsFailed"])
      assert.deepEqual(of(3), ["Started", "Changed", "WaitTimeout"])
      assert.lengthOf(events, 9)
      assert.strictEqual((yield* times).at(-1), 30_000)
    }))

  it.effect("keeps the limits of each checkpoint, and resumes all", () =>
    Effect.gen(function*() {
      const { watchEvents, watchMany } = yield* scripted(({ key }) => is({ key }))
      const startWith = (key: number, timeLimit: Duration.Input) =>
        watchEvents(idOf(key), { timeLimit }).pipe(
          Stream.take(1),
          Stream.runCollect,
          Effect.flatMap(([started]) => restored(started))
        )
      const checkpoints = [yield* startWith(1, "1 minute"), yield* startWith(2, "3 minutes")]
      const ended = yield* resultWithin(
        watchMany(checkpoints).pipe(
          Stream.filter(({ _tag }) => _tag === "Failed"),
          Stream.mapEffect((event) => Effect.map(Clock.currentTimeMillis, (at) => [event.operationId, at])),
          Stream.runCollect
        ),
        "5 minutes",
        1000
      )
      assert.deepEqual(ended, [[idOf(1), 60_000], [idOf(2), 180_000]])
    }))

  it.effect("ends at once without targets, and refuses an invalid one before any request", () =>
    Effect.gen(function*() {
      const { times, watchMany } = yield* scripted([is()])
      assert.deepEqual(yield* Stream.runCollect(watchMany([])), [])
      const error = yield* Effect.flip(Stream.runDrain(watchMany([id, "comms_operation_1"])))
      assert.strictEqual(assertTag(error, "InvalidInput").field, "operationId")
      assert.deepEqual(yield* times, [])
    }))

  it.effect("polls nothing while its consumer is slow, and gives it the newest states then", () =>
    Effect.gen(function*() {
      const { times, watchMany } = yield* scripted(({ attempt, key }) => is({ key, created: attempt }))
      const seen: Array<number | undefined> = []
      const fiber = yield* watchMany([id], every("1 second")).pipe(
        Stream.runForEach((event) => {
          if (event._tag === "Changed") seen.push(event.snapshot.operation.stats.created)
          return Effect.sleep("10 seconds")
        }),
        Effect.forkChild
      )
      yield* pass(35_000, 500)
      assert.deepEqual([yield* times, seen], [[10_000, 20_000, 30_000], [1, 2, 3]])
      yield* Fiber.interrupt(fiber)
    }))

  it.effect.each(["0 seconds", "10 seconds"] as const)(
    "ends every wait with the schedule, after its last poll, if its consumer takes %s",
    (duration) =>
      Effect.gen(function*() {
        const { watchMany } = yield* scripted(({ key }) => after(`${key} seconds`, is({ key })))
        const events: Array<Waiting.ManyEvent> = []
        yield* resultWithin(
          watchMany([1, 2].map(idOf), { interval: Schedule.recurs(0) }).pipe(
            Stream.runForEach((event) => {
              events.push(event)
              return Effect.sleep(duration)
            })
          ),
          "3 minutes"
        )
        for (const id of [1, 2].map(idOf)) {
          const tags = events.filter(({ operationId }) => operationId === id).map(({ _tag }) => _tag)
          assert.deepEqual(tags, ["Started", "Changed", "Failed"])
        }
      })
  )

  it.effect("dies of its schedule, also when its consumer is slow", () =>
    Effect.gen(function*() {
      const { watchMany } = yield* scripted(({ key }) => is({ key }))
      const interval = Schedule.modifyDelay(Schedule.spaced("1 second"), () => Effect.die("boom"))
      const exit = yield* within(
        Stream.runForEach(watchMany([id], { interval }), () => Effect.sleep("10 seconds")),
        "1 minute"
      )
      assert.isTrue(Exit.hasDies(exit))
    }))

  it.effect("gives a slow consumer the last result of an operation that another wait polls", () =>
    Effect.gen(function*() {
      const { watchMany } = yield* scripted(({ key }) => is({ key }))
      const times: Array<number> = []
      const watch = (keys: ReadonlyArray<number>, interval: Duration.Input) =>
        watchMany(keys.map(idOf), { interval: { initial: interval } })
      const fibers = [
        yield* Effect.forkChild(Stream.runDrain(watch([1], "60 seconds"))),
        yield* Effect.forkChild(Stream.runDrain(watch([2], "90 seconds")))
      ]
      yield* settle
      const slow = watch([1, 2], "60 seconds").pipe(
        Stream.tap(() => Effect.sleep("5 seconds")),
        Stream.runForEach(() => Effect.map(Clock.currentTimeMillis, (at) => times.push(at)))
      )
      fibers.push(yield* Effect.forkChild(slow))
      yield* pass(12_000, 500)
      fibers.push(yield* Effect.forkChild(Stream.runDrain(watch([3], "30 seconds"))))
      yield* pass(10_000, 500)
      assert.deepEqual(times, [5000, 10_000, 15_000, 20_000])
      yield* Fiber.interruptAll(fibers)
    }))

  it.effect("polls an operation in time when another wait polls another one more often", () =>
    Effect.gen(function*() {
      const polls: Array<number> = []
      const { watchMany } = yield* scripted(({ key }) => {
        polls.push(key)
        return is({ key })
      })
      const watch = (keys: ReadonlyArray<number>, interval: Duration.Input) =>
        Effect.forkChild(Stream.runDrain(watchMany(keys.map(idOf), every(interval))))
      const fibers = [yield* watch([1, 2], "10 seconds"), yield* watch([1], "3 seconds")]
      yield* pass(60_500, 500)
      assert.lengthOf(polls.filter((key) => key === 2), 7)
      yield* Fiber.interruptAll(fibers)
    }))

  it.effect.each([1, 2, 3])(
    "is not held up by requests for %s operations that hang",
    (hanging) =>
      Effect.gen(function*() {
        const polls: Array<number> = []
        const { watchMany } = yield* scripted(({ key }) => {
          polls.push(key)
          return key > hanging ? is({ key }) : silent
        })
        const ids = [1, 2, 3, 4].slice(0, hanging + 1).map(idOf)
        const fiber = yield* Effect.forkChild(Stream.runDrain(watchMany(ids, every("6 seconds"))))
        yield* pass(18_500, 500)
        assert.lengthOf(polls.filter((key) => key > hanging), 4)
        yield* Fiber.interrupt(fiber)
      })
  )

  it.effect("leaves nothing behind when it is interrupted", () =>
    Effect.gen(function*() {
      const { times, underWay, watchMany } = yield* scripted([silent])
      const fiber = yield* Effect.forkChild(Stream.runDrain(watchMany([1, 2, 3].map(idOf))))
      yield* settle
      assert.isAbove(yield* underWay, 0)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* underWay, 0)
      const { length } = yield* times
      yield* pass(100_000, 10_000)
      assert.lengthOf(yield* times, length)
    }))
})

const layerEmulator = Layer.effect(SenderPoolOperations.SenderPoolOperations, makeOperations).pipe(
  Layer.provide(Emulator.layerClient),
  Layer.provideMerge(Emulator.layer())
)

const assertFew = (rounds: ReadonlyArray<ReadonlyArray<string>>, most: number) => {
  for (const round of rounds) {
    assert.isAtMost(round.length, most)
    assert.strictEqual(new Set(round).size, round.length, "A page was read twice in a round")
  }
}

describe("waits for operations that were created together", () => {
  const pageSize = 1000

  /** A server in which each operation takes as long as `duration` says, and whose list requests are kept. */
  const makeServer = (count: number, duration: (n: number) => number) => {
    const operations = Array.from({ length: count }, (_, n) => ({ id: operationIdOf(n), duration: duration(n) }))
    const lists: Array<{ readonly at: number; readonly url: string }> = []
    const fetches: Array<number> = []
    const operationAt = ({ duration, id }: (typeof operations)[number], now: number) =>
      new SenderPoolOperation.SenderPoolOperation({
        id,
        status: now < duration ? "PROCESSING" : "COMPLETED",
        stats: { total: 1, queued: 0, created: now < duration ? 0 : 1, failed: 0 },
        createdAt: DateTime.makeUnsafe(0),
        updatedAt: DateTime.makeUnsafe(0)
      }, { disableChecks: true })
    const observer = makeObserver<
      SenderPoolOperation.SenderPoolOperation,
      {
        readonly items: ReadonlyArray<SenderPoolOperation.SenderPoolOperation>
        readonly pagination: Pagination.PaginationMetadata
      },
      CommsError.CommsError,
      CommsError.CommsError
    >({
      call: "Test.poll",
      fetch: Effect.fnUntraced(function*(wanted) {
        const now = yield* wholeMillis
        fetches.push(now)
        const found = operations.find(({ id }) => id === wanted)
        return found === undefined ? yield* notFound : operationAt(found, now)
      }),
      list: Effect.fnUntraced(function*({ pageToken, startDate, status }) {
        const now = yield* wholeMillis
        lists.push({ at: now, url: [DateTime.formatIso(startDate), status, pageToken].join() })
        yield* Effect.sleep(50)
        const listed = operations.filter(({ duration }) => status === undefined || now < duration)
        const from = Number(pageToken ?? 0)
        const to = from + pageSize
        return {
          items: listed.slice(from, to).map((operation) => operationAt(operation, now)),
          pagination: new Pagination.PaginationMetadata({
            next: to < listed.length ? Pagination.PageToken.make(String(to)) : null,
            self: Pagination.PageToken.make("self")
          })
        }
      }),
      items: ({ items }) => items
    })
    const identity = Effect.succeed({ baseUrl: "0".repeat(64), account: "0".repeat(64) })
    /** The list requests of each round. */
    const rounds = () =>
      lists.reduce<Array<Array<string>>>((rounds, { at, url }, n) => {
        const before = lists[n - 1]
        if (before === undefined || at - before.at > 700) rounds.push([url])
        else rounds.at(-1)?.push(url)
        return rounds
      }, [])
    return {
      ids: operations.map(({ id }) => id),
      fetches,
      rounds,
      ...Waiting.make({ resource: "SenderPoolOperations", identity, observer })
    }
  }

  it.effect("take a request for each page and two more, however they end", () =>
    Effect.gen(function*() {
      const count = 10_000
      const durations = [
        () => 240_000,
        (n: number) => 60_000 + 24 * n,
        (n: number) => n % 2 === 0 ? 90_000 : 240_000
      ]
      for (const duration of durations) {
        const from = yield* wholeMillis
        const { fetches, ids, rounds, watchMany } = makeServer(count, (n) => from + duration(n))
        const events = yield* resultWithin(Stream.runCollect(watchMany(ids)), "8 minutes", 1000)
        assert.lengthOf(events.filter((event) => "snapshot" in event && event.snapshot.operation.isTerminal), count)
        assertFew(rounds(), count / pageSize + 2)
        assert.isAtMost(rounds().length, 40)
        assert.isAtMost(fetches.length, 200)
      }
    }), 60_000)

  it.effect("take no more when each wait has its own fiber, and when they begin in turn", () =>
    Effect.gen(function*() {
      const count = 3000
      const { awaitCompletion, fetches, ids, rounds } = makeServer(count, () => 120_000)
      const waiting = Effect.forEach(ids, (id, n) => Effect.delay(awaitCompletion(id), Math.floor(n / 1000) * 20), {
        concurrency: "unbounded"
      })
      const outcomes = yield* resultWithin(waiting, "4 minutes", 1000)
      assert.lengthOf(outcomes, count)
      assertFew(rounds().slice(1), count / pageSize + 2)
      assert.isAtMost(rounds()[0]?.length ?? 0, 2 * count / pageSize)
      assert.isAtMost(fetches.length, 10)
    }), 60_000)

  it.effect("share the polls of waits with other options", () =>
    Effect.gen(function*() {
      const count = 3000
      const { ids, rounds, watchMany } = makeServer(count, () => 300_000)
      const watch = (options: Waiting.Options) => Effect.forkChild(Stream.runDrain(watchMany(ids, options)))
      const fibers = [
        yield* watch({ interval: { initial: "20 seconds", factor: 1, max: "20 seconds" } }),
        yield* watch({ interval: { initial: "20 seconds", factor: 1.1, max: "25 seconds" } })
      ]
      yield* pass(200_000, 1000)
      assertFew(rounds(), count / pageSize + 2)
      assert.isAtMost(rounds().length, 14)
      yield* Effect.forEach(fibers, Fiber.interrupt)
    }), 60_000)
})

describe("10,000 waits, or 1,000 operations", () => {
  it.effect("for one operation send one request per interval", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const { awaitCompletion } = yield* SenderPoolOperations.SenderPoolOperations
      const { id } = yield* emulator.create({ total: 10, duration: Duration.seconds(5) })
      const waiters = Effect.all(Array.from({ length: 10_000 }, () => awaitCompletion(id)), {
        concurrency: "unbounded"
      })
      const outcomes = yield* resultWithin(waiters, "1 minute", 1000)
      assert.lengthOf(outcomes, 10_000)
      assert.isTrue(outcomes.every(({ _tag }) => _tag === "Completed"))
      const { summary: { largestBurst, requests } } = yield* emulator.report
      assert.isAtMost(requests, 6)
      assert.isAtMost(largestBurst, 2)
    }).pipe(Effect.provide(layerEmulator), Random.withSeed(1)))

  it.effect("created at one time are polled with few requests", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2024, 0, 15))
      const emulator = yield* Emulator.Emulator
      const { awaitCompletion } = yield* SenderPoolOperations.SenderPoolOperations
      const created = yield* Effect.forEach(Array.from({ length: 1000 }), () =>
        emulator.create({ total: 1000, duration: Duration.minutes(20) }))
      const fiber = yield* Effect.forkChild(
        Effect.forEach(created, ({ id }) =>
          awaitCompletion(id), { concurrency: "unbounded" })
      )
      yield* pass(300_000, 1000)
      yield* emulator.resetReport
      yield* pass(300_000, 1000)
      const { summary } = yield* emulator.report
      assert.isAtMost(summary.requests, 20)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(layerEmulator), Random.withSeed(1)))
})
