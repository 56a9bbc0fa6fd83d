import type { Feed } from "@effect-comms/client"
import { Checkpoint, CommsError, FeedCheckpoint, Operation, type SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, DateTime, Duration, Effect, Exit, Fiber, Order, Random, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import {
  day,
  hour,
  idOf,
  lastVersionOf,
  makeServer,
  minute,
  type Options as ServerOptions,
  type Plan,
  plan,
  random,
  second,
  start,
  unavailable
} from "./utils/feedServer.ts"
import { assertTag } from "./utils/script.ts"
import { makeWallClock } from "./utils/wallClock.ts"

type Change = Feed.Change<SenderPoolOperation.SenderPoolOperation>

const toText = Checkpoint.toJson(FeedCheckpoint.FeedCheckpoint)

const fromText = Checkpoint.fromJson(FeedCheckpoint.FeedCheckpoint)

const since = new Date(start)

/** Collects the chunks of a stream in a fiber. */
const follow = Effect.fnUntraced(function*<E>(stream: Stream.Stream<Change, E>, work: Duration.Input = 0) {
  const chunks: Array<ReadonlyArray<Change>> = []
  const fiber = yield* Effect.forkChild(Stream.runForEachArray(stream, (chunk) => {
    chunks.push(chunk)
    return Effect.sleep(work)
  }))
  return { chunks, fiber, changes: () => chunks.flat() }
})

const byCreation = Order.mapInput(Order.Number, ({ createdAt }: Plan) => createdAt)

const describeChange = ({ kind, operation: { id, stats, status } }: Change) =>
  `${kind} ${Number(id.slice(-4))} ${status} ${stats.created}/${stats.total}`

/** Every operation was delivered, each state once, and finally its last state. */
const verify = (plans: ReadonlyArray<Plan>, changes: ReadonlyArray<Change>) => {
  const versions = new Map<string, Array<string>>()
  for (const { kind, operation } of changes) {
    const before = versions.get(operation.id)
    assert.strictEqual(kind, before === undefined ? "new" : "changed")
    versions.set(operation.id, [...before ?? [], Operation.version(operation)])
  }
  const expected = plans.filter(({ createdAt }) => createdAt >= start)
  assert.deepStrictEqual(
    expected.filter((plan) => versions.get(plan.id)?.at(-1) !== lastVersionOf(plan)).map(({ id }) => id),
    []
  )
  assert.strictEqual(versions.size, expected.length)
  for (const [id, seen] of versions) assert.strictEqual(new Set(seen).size, seen.length, id)
}

const late = (n: number, createdAt: number, by: number) => plan(n, createdAt, { visibleFrom: createdAt + by })

const has = (changes: ReadonlyArray<Change>, n: number) => changes.some(({ operation }) => operation.id === idOf(n))

const refusal = <E>(stream: Stream.Stream<Change, E>) => Effect.flip(Stream.runDrain(stream))

const at = (time: number) => TestClock.setTime(time)

const pass = (duration: Duration.Input) => TestClock.adjust(duration)

describe("changes", () => {
  it.effect("delivers each state of new and changed operations once, and keeps polling after their end", () =>
    Effect.gen(function*() {
      yield* at(start + hour)
      const { feed, log } = makeServer([
        plan(1, start),
        plan(2, start + minute, { changes: [start + hour + 5 * minute, start + 2 * hour] }),
        plan(3, start + hour + 10 * minute, { changes: [start + hour + 20 * minute] }),
        plan(4, start - 1)
      ])
      const { changes } = yield* follow(feed.changes({ since }))
      yield* pass("1 second")
      assert.deepStrictEqual(changes().map(describeChange), ["new 1 COMPLETED 0/0", "new 2 PROCESSING 0/2"])
      yield* pass("30 minutes")
      assert.deepStrictEqual(changes().map(describeChange).slice(2), [
        "changed 2 PROCESSING 1/2",
        "new 3 PROCESSING 0/1",
        "changed 3 COMPLETED 1/1"
      ])
      yield* pass("2 hours")
      assert.deepStrictEqual(changes().map(describeChange).slice(5), ["changed 2 COMPLETED 2/2"])
      const { requests } = log
      yield* pass("30 minutes")
      assert.isAtMost(log.requests - requests, 30 * 2 * 1.25 + 1)
      assert.isAtLeast(log.requests - requests, 30 * 2 / 1.25)
    }))

  it.effect("sends requests only when the consumer pulls", () =>
    Effect.gen(function*() {
      yield* at(start + hour)
      const { feed, log } = makeServer(Array.from({ length: 50 }, (_, n) => plan(n, start + n)))
      const stream = feed.changes({ since })
      yield* pass("1 hour")
      assert.strictEqual(log.requests, 0)
      const taken = yield* stream.pipe(Stream.chunks, Stream.take(1), Stream.runCollect)
      assert.deepStrictEqual(taken.map((chunk) => chunk.length), [10])
      assert.strictEqual(log.requests, 1)
      const slow = yield* Effect.forkChild(Stream.runForEachArray(stream, () => Effect.sleep("1 hour")))
      yield* pass("150 minutes")
      assert.strictEqual(log.requests, 4)
      yield* Fiber.interrupt(slow)
      yield* pass("2 hours")
      assert.strictEqual(log.requests, 4)
    }))

  it.effect("ends with its schedule", () =>
    Effect.gen(function*() {
      yield* at(start + hour)
      const { feed, log } = makeServer([])
      const { fiber } = yield* follow(feed.changes({ since }, { interval: Schedule.recurs(2) }))
      yield* pass("150 millis")
      assert.strictEqual(log.requests, 2)
      yield* pass("1 second")
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(fiber)))
      assert.strictEqual(log.requests, 3)
    }))

  it.effect("starts in the future or in year 1", () =>
    Effect.gen(function*() {
      yield* at(start)
      const { feed, log } = makeServer([plan(1, start - hour), plan(2, start + hour), plan(3, start + 2 * hour)])
      const late = yield* follow(feed.changes({ since: new Date(start + 2 * hour) }))
      const early = yield* follow(feed.changes({ since: "0001-01-01T00:00:00Z" }))
      const never = yield* follow(feed.changes({ since: new Date(8.64e15) }))
      yield* pass("3 hours")
      assert.deepStrictEqual(late.changes().map(describeChange), ["new 3 COMPLETED 0/0"])
      assert.strictEqual(early.changes().length, 3)
      assert.strictEqual(log.earliest, Date.parse("0001-01-01T00:00:00Z"))
      assert.strictEqual(never.changes().length, 0)
      assert.isUndefined(never.fiber.pollUnsafe())
    }))

  it.effect("delivers operations that become visible within the overlap", () =>
    Effect.gen(function*() {
      yield* at(start + hour)
      const { feed } = makeServer([
        ...Array.from({ length: 100 }, (_, n) => plan(n, start + hour + n * minute)),
        late(101, start + hour + 20 * minute, 4 * minute),
        late(102, start + hour + 20 * minute, 12 * minute)
      ])
      const short = yield* follow(feed.changes({ since }, { overlap: "5 minutes" }))
      const long = yield* follow(feed.changes({ since }, { overlap: "15 minutes" }))
      yield* pass("3 hours")
      assert.isTrue(has(short.changes(), 101))
      assert.isFalse(has(short.changes(), 102))
      assert.strictEqual(long.changes().length, 102)
    }))

  it.effect("delivers operations that become visible while the consumer is slow", () =>
    Effect.gen(function*() {
      yield* at(start + hour)
      const plans = [
        plan(0, start + hour + minute),
        ...Array.from({ length: 4 }, (_, n) => plan(n + 1, start + n)),
        plan(5, start + hour + 30 * minute)
      ]
      const { feed } = makeServer(plans, { pageSize: 1 })
      const { changes } = yield* follow(feed.changes({ since }, { overlap: "5 minutes" }), "15 minutes")
      yield* pass("4 hours")
      verify(plans, changes())
    }))

  it.effect("delivers the pages after a failed page", () =>
    Effect.gen(function*() {
      yield* at(start + 10 * hour)
      const plans = Array.from({ length: 60 }, (_, n) => plan(n, start + n * 10 * minute))
      const { feed } = makeServer(plans, {
        pageSize: 5,
        order: Order.flip(byCreation),
        fails: (request) => request % 5 === 0 ? unavailable : undefined
      })
      const { changes } = yield* follow(feed.changes({ since }))
      yield* pass("10 minutes")
      verify(plans, changes())
    }))

  it.effect("stops tracking an operation that is not found", () =>
    Effect.gen(function*() {
      yield* at(start + 2 * hour)
      let isGone = false
      const sizes: Array<number> = []
      const { feed } = makeServer([plan(1, start, { isEndless: true }), plan(2, start + hour)], {
        fails: (_, kind) => isGone && kind === "poll" ? new CommsError.NotFound({ errors: [] }) : undefined
      })
      const { fiber } = yield* follow(feed.changes({ since }, {
        interval: Schedule.spaced("30 seconds"),
        polls: { maxFailures: 3 },
        checkpoint: ({ known }) => Effect.sync(() => sizes.push(known.length))
      }))
      yield* pass("2 minutes")
      isGone = true
      yield* pass("1 minute")
      isGone = false
      yield* pass("30 seconds")
      isGone = true
      yield* pass("90 seconds")
      assert.strictEqual(sizes.at(-1), 2)
      yield* pass("30 seconds")
      assert.strictEqual(sizes.at(-1), 1)
      assert.isUndefined(fiber.pollUnsafe())
    }))
})

describe("requests", () => {
  /** How many requests each round of ten minutes took. */
  const roundsOf = Effect.fnUntraced(function*(plans: ReadonlyArray<Plan>, options: ServerOptions = {}) {
    const { feed, log } = makeServer(plans, { pageSize: 1000, ...options })
    const { changes, fiber } = yield* follow(feed.changes({ since }, { interval: Schedule.spaced("10 minutes") }))
    const rounds: Array<number> = []
    for (let n = 0; n < 5; n++) {
      const before = log.requests
      yield* pass(n === 0 ? "5 minutes" : "10 minutes")
      rounds.push(log.requests - before)
    }
    yield* Fiber.interrupt(fiber)
    verify(plans, changes())
    return rounds
  })

  it.effect("for 15,000 operations of one instant are one for each page of a round", () =>
    Effect.gen(function*() {
      yield* at(start + 30 * minute)
      const plans = Array.from({ length: 15_000 }, (_, n) => plan(n, start + 20 * minute))
      const outlier = plan(15_000, start + 5 * minute)
      for (const all of [plans, [outlier, ...plans]]) {
        for (const requests of yield* roundsOf(all)) assert.isAtMost(requests, 18)
      }
    }), 60_000)

  it.effect("for operations of several hours are few, in whatever order they are listed", () =>
    Effect.gen(function*() {
      yield* at(start + 8 * hour)
      const plans = Array.from({ length: 15_000 }, (_, n) => plan(n, start + n * 1800))
      for (
        const order of [
          byCreation,
          Order.flip(byCreation),
          Order.mapInput(Order.String, ({ id }: Plan) => id.slice(-2))
        ]
      ) {
        const [first = 0, ...others] = yield* roundsOf(plans, { order })
        assert.isAtMost(first, 60)
        for (const requests of others) assert.isAtMost(requests, 8)
      }
    }), 60_000)
})

describe("clocks", () => {
  it.effect.each([-hour, hour])(
    "a wall clock that is set by %d ms has no effect on rounds and failures",
    (by) =>
      Effect.gen(function*() {
        const course = Effect.fnUntraced(function*(from: number, by: number) {
          yield* at(from)
          const { provide, set } = yield* makeWallClock
          const plans = Array.from(
            { length: 100 },
            (_, n) => plan(n, from + n * 20 * second, { changes: [from + n * 20 * second + 5 * minute] })
          )
          const { feed, log } = makeServer(plans, {
            fails: (_request, _kind, now) => now > from + 25 * minute ? unavailable : undefined
          })
          const { changes, fiber } = yield* feed.changes({ since: new Date(from) }).pipe(
            follow,
            Effect.provideService(Random.Random, { nextDoubleUnsafe: () => 0.5, nextIntUnsafe: () => 0 }),
            provide
          )
          yield* pass("10 minutes")
          yield* set(by)
          yield* pass("16 minutes")
          yield* set(by)
          yield* pass("10 minutes")
          const error = assertTag(yield* Effect.flip(Fiber.join(fiber)), "FeedFailed")
          return {
            changes: changes().map(describeChange),
            sentAt: log.sentAt.map((at) => at - from),
            failures: error.failures,
            since: DateTime.toEpochMillis(error.since) - from
          }
        })
        const expected = yield* course(start, 0)
        const { since, ...others } = yield* course(start + day, by)
        assert.deepStrictEqual({ ...others, since: since - 2 * by }, expected)
        assert.isAbove(expected.changes.length, 100)
      })
  )

  for (const skew of [-day, -10 * minute, 10 * minute, day]) {
    it.effect(`a local clock that is wrong by ${skew / minute} minutes loses nothing`, () =>
      Effect.gen(function*() {
        yield* at(start - skew)
        const plans = Array.from({ length: 300 }, (_, n) =>
          plan(n, start + n * minute, {
            visibleFrom: start + n * minute + (n % 7) * minute,
            changes: [start + (n + n % 50) * minute]
          }))
        const { feed } = makeServer(plans, { skew })
        const { changes } = yield* follow(feed.changes({ since }))
        yield* pass("8 hours")
        verify(plans, changes())
      }), 60_000)
  }

  it.effect("a creation time in the future or long ago loses nothing", () =>
    Effect.gen(function*() {
      yield* at(start)
      const plans = [
        plan(1000, Date.UTC(2999, 0), { visibleFrom: start, changes: [start + 2 * hour] }),
        ...Array.from({ length: 200 }, (_, n) => plan(n, start + n * minute, { visibleFrom: start + (n + 5) * minute }))
      ]
      const settled: Array<number> = []
      const { feed } = makeServer([...plans, plan(1001, 0, { visibleFrom: start + hour })])
      const { changes } = yield* follow(feed.changes({ since }, {
        checkpoint: (checkpoint) => Effect.sync(() => settled.push(checkpoint.settled.epochMilliseconds))
      }))
      yield* pass("5 hours")
      verify(plans, changes())
      assert.strictEqual(settled.at(-1), start + 189 * minute)
    }))
})

const checkpointAt = Effect.fnUntraced(function*(server: ReturnType<typeof makeServer>) {
  let last: FeedCheckpoint.FeedCheckpoint | undefined
  const { fiber } = yield* follow(server.feed.changes({ since }, {
    checkpoint: (checkpoint) =>
      Effect.sync(() => {
        last = checkpoint
      })
  }))
  yield* pass("1 minute")
  yield* Fiber.interrupt(fiber)
  return last ?? assert.fail("No checkpoint was made")
})

describe("checkpoints", () => {
  it.effect("are made after the consumer has taken a chunk, and after a round", () =>
    Effect.gen(function*() {
      yield* at(start + hour)
      const { feed } = makeServer(Array.from({ length: 25 }, (_, n) => plan(n, start + n)))
      const events: Array<string> = []
      yield* Effect.forkChild(Stream.runForEachArray(
        feed.changes({ since }, {
          checkpoint: ({ known }) => Effect.sync(() => events.push(`knows ${known.length}`))
        }),
        (chunk) => Effect.andThen(Effect.sync(() => events.push(`takes ${chunk.length}`)), Effect.sleep("1 second"))
      ))
      yield* pass("10 seconds")
      assert.deepStrictEqual(events, [
        "takes 10",
        "knows 10",
        "takes 10",
        "knows 20",
        "takes 5",
        "knows 25",
        "knows 25"
      ])
    }))

  it.effect("fail the feed if their effect fails", () =>
    Effect.gen(function*() {
      yield* at(start + hour)
      const { feed } = makeServer([plan(1, start)])
      const error = yield* Effect.flip(
        Stream.runDrain(feed.changes({ since }, { checkpoint: () => Effect.fail("full") }))
      )
      assert.strictEqual(error, "full")
    }))

  it.effect("are rejected for another server, version or age before anything is sent", () =>
    Effect.gen(function*() {
      yield* at(start + hour)
      const own = makeServer([plan(1, start)])
      const checkpoint = yield* checkpointAt(own)
      const other = makeServer([], { identity: "1" })
      assert.strictEqual(
        assertTag(yield* refusal(other.feed.changes(checkpoint)), "CheckpointMismatch").part,
        "baseUrl"
      )
      yield* pass("8 days")
      const { requests } = own.log
      assert.strictEqual(assertTag(yield* refusal(own.feed.changes(checkpoint)), "CheckpointMismatch").part, "age")
      assert.strictEqual(
        assertTag(
          yield* Effect.flip(fromText(toText(checkpoint).replace("\"version\":1", "\"version\":2"))),
          "CheckpointMismatch"
        ).part,
        "version"
      )
      assert.strictEqual(own.log.requests + other.log.requests, requests)
      yield* follow(own.feed.changes(checkpoint, { maxAge: "9 days" }))
      yield* pass("1 second")
      assert.isAbove(own.log.requests, requests)
    }))

  it.effect("do not contain operations that ended long ago", () =>
    Effect.gen(function*() {
      yield* at(start + day)
      const plans = [
        ...Array.from({ length: 20_000 }, (_, n) => plan(n, start + n * second)),
        ...Array.from({ length: 20 }, (_, n) => plan(20_000 + n, start + n * hour / 2, { isEndless: true }))
      ]
      let last: FeedCheckpoint.FeedCheckpoint | undefined
      let most = 0
      const { feed } = makeServer(plans, { pageSize: 100 })
      const { changes } = yield* follow(feed.changes({ since }, {
        checkpoint: (checkpoint) =>
          Effect.sync(() => {
            last = checkpoint
            most = Math.max(most, checkpoint.known.length)
          })
      }))
      yield* Effect.repeat(pass("5 minutes"), { times: 20 })
      assert.strictEqual(changes().length, 20_020)
      assert.isAtMost(last?.known.length ?? Infinity, 20 + 601)
      assert.isAtMost(most, 12_000)
    }))
})

const isRejected = (
  name: string,
  { since = "2024-04-05", ...options }: Feed.Options & { readonly since?: string },
  field: string
) =>
  it.effect(`rejects ${name}`, () =>
    Effect.gen(function*() {
      const { feed, log } = makeServer([])
      const error = yield* Effect.flip(Stream.runDrain(feed.changes({ since }, options)))
      assert.strictEqual(assertTag(error, "InvalidInput").field, field)
      assert.strictEqual(log.requests, 0)
    }))

describe("input", () => {
  isRejected("an invalid time", { since: "yesterday" }, "since")
  isRejected("a negative overlap", { overlap: "-1 second" }, "overlap")
  isRejected("an interval of zero", { interval: 0 }, "interval")
  isRejected("an infinite interval", { interval: Infinity }, "interval")
  isRejected("a fraction of a failure", { polls: { maxFailures: 0.5 } }, "polls.maxFailures")
  isRejected("a negative time", { polls: { maxFailureTime: -1 } }, "polls.maxFailureTime")
  isRejected("a maxTracked of zero", { maxTracked: 0 }, "maxTracked")
})

const busy = (seconds: number) => new CommsError.TooManyRequests({ errors: [], retryAfter: Duration.seconds(seconds) })

const failing = (error: CommsError.CommsError) => makeServer([], { fails: () => error })

describe("failures", () => {
  for (
    const error of [
      new CommsError.Unauthorized({ errors: [] }),
      new CommsError.Forbidden({ errors: [] }),
      new CommsError.BadRequest({ errors: [] })
    ]
  ) {
    it.effect(`of ${error._tag} fail the feed at once`, () =>
      Effect.gen(function*() {
        yield* at(start)
        const { feed, log } = failing(error)
        const failed = assertTag(yield* Effect.flip(Stream.runDrain(feed.changes({ since }))), "FeedFailed")
        assert.strictEqual(failed.reason, error)
        assert.strictEqual(failed.failures, 1)
        assert.strictEqual(log.requests, 1)
        assert.include(failed.message, error.message)
      }))
  }

  for (
    const error of [
      unavailable,
      new CommsError.InternalServerError({ errors: [] }),
      new CommsError.UnexpectedStatus({ errors: [], status: 520, readOnly: true }),
      new CommsError.InvalidResponse({ status: 200, problem: "not JSON" }),
      new CommsError.TransportFailure({ reason: "Refused", detail: "open", readOnly: true })
    ]
  ) {
    it.effect(`of ${error._tag} fail the feed after ten in a row`, () =>
      Effect.gen(function*() {
        yield* at(start)
        const { feed, log } = failing(error)
        const { fiber } = yield* follow(feed.changes({ since }))
        yield* pass("5 minutes")
        const failed = assertTag(yield* Effect.flip(Fiber.join(fiber)), "FeedFailed")
        assert.strictEqual(failed.failures, 11)
        assert.strictEqual(log.requests, 11)
        assert.strictEqual(failed.since.epochMilliseconds, start)
        assert.strictEqual(failed.checkpoint.settled.epochMilliseconds, start)
      }))
  }

  it.effect("fail the feed after maxFailureTime", () =>
    Effect.gen(function*() {
      yield* at(start)
      const { feed, log } = failing(unavailable)
      const { fiber } = yield* follow(
        feed.changes({ since }, { polls: { maxFailures: 1000, maxFailureTime: "1 hour" } })
      )
      yield* pass("1 hour")
      assert.isUndefined(fiber.pollUnsafe())
      yield* pass("1 minute")
      assertTag(yield* Effect.flip(Fiber.join(fiber)), "FeedFailed")
      assert.isAtMost(log.requests, 160)
    }))

  it.effect("are no longer counted after a successful read", () =>
    Effect.gen(function*() {
      yield* at(start + hour)
      const { feed } = makeServer([plan(1, start)], {
        fails: (request) => request % 10 === 0 ? undefined : unavailable
      })
      const { changes, fiber } = yield* follow(feed.changes({ since }))
      yield* pass("1 day")
      assert.isUndefined(fiber.pollUnsafe())
      assert.strictEqual(changes().length, 1)
    }))

  it.effect("are counted if the same window keeps failing after successful ones", () =>
    Effect.gen(function*() {
      yield* at(start + 10 * day)
      const { feed, log } = makeServer(
        Array.from({ length: 500 }, (_, n) => plan(n, start + n * 20 * minute)),
        { fails: () => log.requests % 12 === 0 ? unavailable : undefined }
      )
      const { fiber } = yield* follow(feed.changes({ since }, { overlap: "10 days" }))
      yield* pass("1 hour")
      assertTag(yield* Effect.flip(Fiber.join(fiber)), "FeedFailed")
    }))

  it.effect("delay the next poll by Retry-After, or fail the feed if it exceeds maxFailureTime", () =>
    Effect.gen(function*() {
      yield* at(start)
      const short = failing(busy(77))
      const long = failing(busy(301))
      yield* follow(short.feed.changes({ since }))
      const { fiber } = yield* follow(long.feed.changes({ since }))
      yield* pass("4 minutes")
      assert.deepStrictEqual(short.log.sentAt.map((at) => at - start), [0, 77_000, 154_000, 231_000])
      assertTag(yield* Effect.flip(Fiber.join(fiber)), "FeedFailed")
      assert.strictEqual(long.log.requests, 1)
    }))

  it.effect("of a later page count as an expired token, and the list is read again", () =>
    Effect.gen(function*() {
      yield* at(start + hour)
      const plans = Array.from({ length: 40 }, (_, n) => plan(n, start + n))
      const { feed } = makeServer(plans, {
        fails: (request) => request === 3 ? new CommsError.BadRequest({ errors: [] }) : undefined
      })
      const { changes } = yield* follow(feed.changes({ since }))
      yield* pass("1 minute")
      verify(plans, changes())
    }))

  it.effect("of one operation do not fail the feed", () =>
    Effect.gen(function*() {
      yield* at(start + 2 * hour)
      const { feed } = makeServer([
        plan(1, start, { isEndless: true }),
        plan(2, start + 1, { changes: [start + day] }),
        plan(3, start + hour)
      ], { fails: (request, kind) => kind === "poll" && request % 2 === 1 ? unavailable : undefined })
      const { changes, fiber } = yield* follow(feed.changes({ since }))
      yield* pass("2 days")
      assert.isUndefined(fiber.pollUnsafe())
      assert.deepStrictEqual(changes().map(describeChange).at(-1), "changed 2 COMPLETED 1/1")
    }))

  it.effect("of all tracked operations fail the feed with its last checkpoint", () =>
    Effect.gen(function*() {
      yield* at(start + 2 * hour)
      let isDown = false
      const { feed } = makeServer([plan(1, start, { isEndless: true }), plan(3, start + hour)], {
        fails: (_, kind) => isDown && kind === "poll" ? unavailable : undefined
      })
      const { fiber } = yield* follow(feed.changes({ since }, { polls: { maxFailureTime: "1 hour" } }))
      yield* pass("2 minutes")
      isDown = true
      yield* pass("1 hour")
      const { checkpoint, failures } = assertTag(yield* Effect.flip(Fiber.join(fiber)), "FeedFailed")
      assert.strictEqual(failures, 11)
      assert.deepStrictEqual(checkpoint.known.map(({ id }) => id), [idOf(1), idOf(3)])
    }))

  it.effect("by maxTracked have a checkpoint that resumes without loss", () =>
    Effect.gen(function*() {
      yield* at(start + 2 * hour)
      const plans = Array.from({ length: 55 }, (_, n) => plan(n, start + n, { isEndless: true }))
      const { feed } = makeServer(plans)
      const { changes, fiber } = yield* follow(feed.changes({ since }, { maxTracked: 30 }))
      yield* pass("1 second")
      const error = assertTag(yield* Effect.flip(Fiber.join(fiber)), "FeedOverflow")
      assert.strictEqual(error.tracked, 40)
      assert.strictEqual(changes().length, 40)
      assert.include(error.message, "40")
      const rest = yield* follow(feed.changes(yield* fromText(toText(error.checkpoint))))
      yield* pass("1 second")
      verify(plans, [...changes(), ...rest.changes()])
    }))
})

const pick = <A>(next: () => number, values: readonly [A, ...ReadonlyArray<A>]): A =>
  values[Math.floor(next() * values.length)] ?? values[0]

/** A server whose undocumented behaviour depends on the seed. All changes and failures end after twelve hours. */
const anyServer = (seed: number) => {
  const next = random(seed)
  const span = pick(next, [minute, hour, 6 * hour])
  const burst = next() * span
  const plans = Array.from({ length: Math.floor(next() * 200) }, (_, n) => {
    const createdAt = start + Math.floor(next() < 0.3 ? burst : next() * span)
    const steps = Array.from({ length: Math.floor(next() * 5) }, () => createdAt + Math.floor(next() ** 3 * 6 * hour))
    return plan(n, createdAt, {
      visibleFrom: createdAt + Math.floor(next() * 8 * minute),
      changes: Arr.sort(steps, Order.Number),
      isEndless: next() < 0.02
    })
  })
  const places = new Map(plans.map(({ id }) => [id, next()]))
  const share = pick(next, [0, 0.05, 0.3])
  const failures: readonly [CommsError.CommsError, ...ReadonlyArray<CommsError.CommsError>] = [
    unavailable,
    new CommsError.InternalServerError({ errors: [] }),
    busy(7),
    new CommsError.TransportFailure({ reason: "Connection", detail: "lost", readOnly: true })
  ]
  const options: ServerOptions = {
    pageSize: pick(next, [2, 7, 50]),
    skew: pick(next, [0, 0, -hour, hour]),
    isInclusive: next() < 0.5,
    order: pick(next, [
      byCreation,
      Order.flip(byCreation),
      Order.mapInput(Order.Number, ({ id }: Plan) => places.get(id) ?? 0)
    ]),
    fails: (_request, _kind, now) => now < start + 12 * hour && next() < share ? pick(next, failures) : undefined
  }
  return { plans, next, server: makeServer(plans, options), skew: options.skew ?? 0 }
}

const settings = { polls: { maxFailures: 100_000, maxFailureTime: "3 days" } } as const

describe("for random servers", () => {
  it.effect("each state is delivered once", () =>
    Effect.gen(function*() {
      for (let seed = 1; seed <= 40; seed++) {
        const { plans, server, skew } = anyServer(seed)
        yield* at(start - skew)
        const { changes, fiber } = yield* follow(server.feed.changes({ since }, { ...settings, interval: "5 minutes" }))
        yield* Effect.repeat(pass("1 hour"), { times: 15 })
        assert.isUndefined(fiber.pollUnsafe(), `seed ${seed}`)
        yield* Fiber.interrupt(fiber)
        verify(plans, changes())
      }
    }))

  it.effect("each state is delivered once across restarts, apart from unsaved chunks", () =>
    Effect.gen(function*() {
      for (let seed = 1; seed <= 40; seed++) {
        const { next, plans, server, skew } = anyServer(seed)
        yield* at(start - skew)
        const taken: Array<Change> = []
        let text: string | undefined
        let runs = 0
        while (true) {
          // A run stops after a random number of chunks, before or after the checkpoint of the last one.
          const last = runs++ < 12 ? Math.floor(next() * 6) + 1 : Infinity
          const isLate = next() < 0.5
          let pending: ReadonlyArray<Change> = []
          let chunks = 0
          const options = {
            ...settings,
            interval: "5 minutes",
            checkpoint: (checkpoint: FeedCheckpoint.FeedCheckpoint) =>
              Effect.suspend(() => {
                text = toText(checkpoint)
                taken.push(...pending)
                pending = []
                return chunks >= last ? Effect.interrupt : Effect.void
              })
          } as const
          const stream = text === undefined
            ? server.feed.changes({ since }, { ...options })
            : server.feed.changes(yield* fromText(text), options)
          const fiber = yield* Effect.forkChild(Stream.runForEachArray(stream, (chunk) => {
            pending = chunk
            chunks++
            return isLate && chunks >= last ? Effect.interrupt : Effect.void
          }))
          yield* Effect.repeat(pass("1 hour"), { times: last === Infinity ? 15 : 0 })
          const exit = fiber.pollUnsafe()
          if (last === Infinity) assert.isUndefined(exit, `seed ${seed}`)
          yield* Fiber.interrupt(fiber)
          if (last === Infinity) break
        }
        verify(plans, taken)
      }
    }))

  it.effect("a permanent outage fails the feed within its limits", () =>
    Effect.gen(function*() {
      for (let seed = 1; seed <= 20; seed++) {
        const { plans, next } = anyServer(seed)
        const from = Math.floor(next() * 30)
        const server = makeServer(plans, { fails: (request) => request > from ? unavailable : undefined })
        yield* at(start + 4 * day)
        const { fiber } = yield* follow(server.feed.changes({ since }))
        yield* pass("15 minutes")
        const failed = assertTag(yield* Effect.flip(Fiber.join(fiber)), "FeedFailed")
        assert.strictEqual(failed.failures, 11, `seed ${seed}`)
      }
    }))
})
