import { CommsClient, FlowControl, RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Ref, Schema } from "effect"
import { TestClock } from "effect/testing"
import {
  advance,
  type Answer,
  assertTag,
  credentials,
  json,
  lost,
  operation,
  refused,
  settle,
  silent
} from "./utils/script.ts"
import { after, type Arrival, fetchOf, layerServer, type Log, makeLog, pass } from "./utils/server.ts"

const done = json(operation)

const layerService = (options: Partial<CommsClient.Options>) =>
  SenderPoolOperations.layer.pipe(Layer.provideMerge(CommsClient.layer({ credentials, ...options })))

/** Runs a program against a server that decides for each request. */
const against = <A, E>(
  decide: (arrival: Arrival) => Answer,
  program: (log: Log) => Effect.Effect<A, E, SenderPoolOperations.SenderPoolOperations>,
  options: Partial<CommsClient.Options> = {}
) =>
  Effect.flatMap(
    makeLog,
    (log) => program(log).pipe(Effect.provide(layerService(options).pipe(Layer.provide(layerServer(log, decide)))))
  )

const range = (length: number) => Array.from({ length }, (_, n) => n)

const keysOf = (log: Log) => Effect.map(Ref.get(log.arrivals), (arrivals) => arrivals.map(({ key }) => key))

const timesOf = (log: Log) => Effect.map(Ref.get(log.arrivals), (arrivals) => arrivals.map(({ at }) => at))

const asks = (status: number, seconds: number) => refused(status, { "retry-after": String(seconds) })

describe("a cooldown", () => {
  it.effect.each([429, 503])(
    "after %d holds back every call on the account",
    (status) =>
      against(({ number }) => number === 1 ? asks(status, 7) : done, (log) =>
        Effect.gen(function*() {
          const first = yield* Effect.forkChild(fetchOf(1))
          yield* advance("1 second")
          const second = yield* Effect.forkChild(fetchOf(2))
          yield* advance(5999)
          assert.deepEqual(yield* keysOf(log), [1])
          yield* pass(2000)
          yield* Fiber.joinAll([first, second])
          assert.deepEqual(yield* keysOf(log), [1, 1, 2])
          assert.isTrue((yield* timesOf(log)).slice(1).every((at) => at >= 7000))
        }))
  )

  it.effect("after 409 holds back only its own call", () =>
    against(({ key, attempt }) => key === 1 && attempt === 1 ? asks(409, 7) : done, (log) =>
      Effect.gen(function*() {
        const first = yield* Effect.forkChild(fetchOf(1))
        yield* advance("1 second")
        yield* fetchOf(2)
        assert.deepEqual(yield* timesOf(log), [0, 1000])
        yield* advance("6 seconds")
        yield* Fiber.join(first)
        assert.deepEqual(yield* timesOf(log), [0, 1000, 7000])
      })))

  it.effect("holds back neither another account nor another host", () =>
    Effect.gen(function*() {
      const log = yield* makeLog
      const layerOf = (options: Partial<CommsClient.Options>) => Layer.fresh(layerService(options))
      const shared = Layer.merge(
        FlowControl.layer(),
        layerServer(log, ({ number }) => number === 1 ? asks(429, 30) : done)
      )
      yield* Effect.gen(function*() {
        const call = (key: number, options: Partial<CommsClient.Options> = {}) =>
          fetchOf(key).pipe(Effect.provide(layerOf(options)), Effect.forkChild)
        const first = yield* call(1)
        yield* advance("1 second")
        const same = yield* call(2, { attemptTimeout: "5 seconds", baseUrl: "https://comms.twilio.com/prefix" })
        const other = yield* call(3, { credentials: { ...credentials, accountSid: "AC9" } })
        const elsewhere = yield* call(4, { baseUrl: "https://comms.example.com" })
        yield* settle
        yield* Fiber.joinAll([other, elsewhere])
        assert.deepEqual(yield* keysOf(log), [1, 3, 4])
        assert.deepEqual(yield* timesOf(log), [0, 1000, 1000])
        yield* pass(31_000, 500)
        yield* Fiber.joinAll([first, same])
        assert.isTrue((yield* timesOf(log)).slice(3).every((at) => at >= 30_000))
      }).pipe(Effect.provide(shared))
    }))

  it.effect("lets calls back in the order in which they were made", () =>
    against(({ at }) => at < 3000 ? after(100, asks(429, 3)) : done, (log) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.forEach(range(12), (key) => Effect.forkChild(fetchOf(key)))
        yield* pass(12_000, 20)
        yield* Fiber.joinAll(fibers)
        assert.deepEqual((yield* keysOf(log)).slice(0, 4), [0, 1, 2, 3])
        assert.deepEqual((yield* keysOf(log)).slice(4), range(12))
      })))

  it.effect("lets calls back at a distance, once it knows what the server takes", () =>
    against(
      ({ at, number }) => number === 9 ? after(100, asks(429, 2)) : at < 2000 ? after(100, done) : done,
      (log) =>
        Effect.gen(function*() {
          const fibers = yield* Effect.forEach(range(24), (key) => Effect.forkChild(fetchOf(key)))
          yield* pass(30_000, 20)
          yield* Fiber.joinAll(fibers)
          const later = (yield* timesOf(log)).filter((at) => at >= 2000)
          assert.isAtLeast(later.length, 8)
          assert.isTrue(later.slice(1).every((at, n) => at - (later[n] ?? 0) >= 50))
        })
    ))

  it.effect("is extended by a later and longer one, and not cut by a shorter one", () =>
    against(({ key, attempt }) =>
      attempt > 1 || key > 3
        ? done
        : key === 1
        ? asks(429, 2)
        : key === 2
        ? after(1000, asks(503, 5))
        : after(1500, asks(429, 1)), (log) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.forEach([1, 2, 3, 4, 5], (key) => Effect.forkChild(fetchOf(key)))
        yield* pass(5950)
        const before = yield* timesOf(log)
        assert.isTrue(before.every((at) => at < 2000))
        yield* pass(10_000)
        yield* Fiber.joinAll(fibers)
        assert.isTrue((yield* timesOf(log)).slice(before.length).every((at) => at >= 6000))
      })))

  it.effect("may end at once", () =>
    against(({ number }) => number === 1 ? asks(429, 0) : done, (log) =>
      Effect.gen(function*() {
        yield* fetchOf(1)
        assert.deepEqual(yield* timesOf(log), [0, 0])
      })))
})

describe("a wait that is too long", () => {
  it.effect("fails at once, with the wait and its end", () =>
    against(() => asks(429, 61), (log) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1_000_000)
        const error = assertTag(yield* Effect.flip(fetchOf(1)), "TooManyRequests")
        assert.strictEqual(yield* Clock.currentTimeMillis, 1_000_000)
        assert.strictEqual(error.retryAfter && Duration.toMillis(error.retryAfter), 61_000)
        assert.strictEqual(error.retryAt?.epochMilliseconds, 1_061_000)
        assert.deepEqual(yield* timesOf(log), [1_000_000])
      })))

  it.effect("is what later calls are told, and they send nothing", () =>
    against(() => asks(503, 3600), (log) =>
      Effect.gen(function*() {
        assertTag(yield* Effect.flip(fetchOf(1)), "ServiceUnavailable")
        yield* advance("10 minutes")
        const error = assertTag(yield* Effect.flip(fetchOf(2)), "CoolingDown")
        assert.strictEqual(yield* Clock.currentTimeMillis, 600_000)
        assert.strictEqual(Duration.toMillis(error.retryAfter), 3_000_000)
        assert.strictEqual(error.retryAt.epochMilliseconds, 3_600_000)
        assert.deepEqual(error.attempts, [])
        assert.include(error.message, "was not sent")
        assert.deepEqual(yield* keysOf(log), [1])
      })))

  it.effect("is what waiting calls are told when it begins", () =>
    against(({ key }) => key === 0 ? after("10 seconds", asks(429, 600)) : silent, (log) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.forEach(range(6), (key) => Effect.forkChild(Effect.flip(fetchOf(key))))
        yield* advance(9999)
        assert.deepEqual(yield* keysOf(log), [0, 1, 2, 3])
        assert.isUndefined(fibers[4]?.pollUnsafe())
        yield* advance(1)
        for (const fiber of fibers.slice(4)) {
          const error = assertTag(yield* Fiber.join(fiber), "CoolingDown")
          assert.strictEqual(Duration.toMillis(error.retryAfter), 600_000)
          assert.strictEqual(error.retryAt.epochMilliseconds, 610_000)
        }
        assert.deepEqual(yield* keysOf(log), [0, 1, 2, 3])
        yield* Fiber.interruptAll(fibers)
      })))

  it.effect("is judged against what is left of the call", () =>
    against(
      ({ attempt }) => attempt === 1 ? after("20 seconds", asks(429, 9)) : asks(503, 31),
      (log) =>
        Effect.gen(function*() {
          const fiber = yield* Effect.forkChild(Effect.flip(fetchOf(1)))
          yield* advance("20 seconds")
          yield* advance("9 seconds")
          const error = assertTag(yield* Fiber.join(fiber), "ServiceUnavailable")
          assert.strictEqual(yield* Clock.currentTimeMillis, 29_000)
          assert.lengthOf(error.attempts ?? [], 2)
          assert.lengthOf(yield* timesOf(log), 2)
        }),
      { retry: { callTimeout: "1 minute" } }
    ))

  it.effect("is judged against what is left of a call that waits", () =>
    against(
      ({ attempt, key }) => key === 0 && attempt === 1 ? asks(429, 40) : key === 0 ? asks(503, 30) : done,
      (log) =>
        Effect.gen(function*() {
          const first = yield* Effect.forkChild(Effect.flip(fetchOf(0)))
          yield* settle
          const second = yield* Effect.forkChild(Effect.flip(fetchOf(1)))
          yield* pass(41_000, 500)
          const error = assertTag(yield* Fiber.join(second), "CoolingDown")
          assert.isAtMost(yield* Clock.currentTimeMillis, 41_000)
          assert.strictEqual(error.retryAt.epochMilliseconds, 70_000)
          assertTag(yield* Fiber.join(first), "ServiceUnavailable")
          assert.deepEqual(yield* keysOf(log), [0, 0])
        }),
      { retry: { callTimeout: "1 minute" }, flowControl: { maxConcurrency: 1 } }
    ))

  it.effect("depends on the policy in force for a call", () =>
    against(({ attempt }) => attempt === 1 ? asks(429, 120) : done, (log) =>
      Effect.gen(function*() {
        const patient = yield* fetchOf(1).pipe(
          Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.makeUnsafe({ maxRetryAfter: "2 minutes" })),
          Effect.forkChild
        )
        yield* settle
        assertTag(yield* Effect.flip(fetchOf(2)), "CoolingDown")
        yield* advance("2 minutes")
        yield* Fiber.join(patient)
        assert.deepEqual(yield* timesOf(log), [0, 120_000])
      })))
})

describe("an interruption", () => {
  it.effect("of a call that is asked to wait for 30 seconds ends it at once, and nothing is sent after it", () =>
    against(() => asks(429, 30), (log) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(fetchOf(1))
        yield* advance("12 seconds")
        yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
        assert.strictEqual(yield* Clock.currentTimeMillis, 12_000)
        yield* advance("1 hour")
        assert.deepEqual(yield* timesOf(log), [0])
      })))

  it.effect("takes a waiting call out of the queue at once", () =>
    against(({ number }) => number === 1 ? asks(503, 30) : done, (log) =>
      Effect.gen(function*() {
        const first = yield* Effect.forkChild(fetchOf(1))
        yield* settle
        const waiting = yield* Effect.forEach([2, 3, 4], (key) => Effect.forkChild(fetchOf(key)))
        yield* advance("10 seconds")
        yield* Effect.forEach(waiting.slice(0, 2), Fiber.interrupt)
        assert.strictEqual(yield* Clock.currentTimeMillis, 10_000)
        yield* pass(25_000, 500)
        yield* Fiber.join(first)
        assert.deepEqual(yield* keysOf(log), [1, 1, 4])
      })))

  it.effect("of many calls leaves room for the next", () =>
    against(({ key }) => key < 100 ? silent : after(100, done), (log) =>
      Effect.gen(function*() {
        for (const _ of range(5)) {
          const fibers = yield* Effect.forEach(range(20), (key) => Effect.forkChild(fetchOf(key)))
          yield* settle
          yield* Fiber.interruptAll(fibers)
        }
        const last = yield* Effect.forEach(range(4), (n) => Effect.forkChild(fetchOf(100 + n)))
        yield* advance(100)
        yield* Fiber.joinAll(last)
        assert.strictEqual(yield* Ref.get(log.mostUnderWay), 4)
      })))
})

const Step = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8 }))

const Plan = Schema.Struct({
  start: Step,
  // Counted from the start; none when it is the last one.
  interrupt: Step,
  answers: Schema.Array(Schema.Struct({
    kind: Schema.Literals(["ok", "429", "503", "409", "bare 503", "500", "lost", "stuck"]),
    latency: Step,
    seconds: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
  })).check(Schema.isMaxLength(6))
})

// Everything happens at the same few moments, so that interruptions meet calls that were just let go.
const step = 500

const answerOf = ({ kind, latency, seconds }: typeof Plan.Type["answers"][number]): Answer => {
  switch (kind) {
    case "ok":
      return after(latency * step, done)
    case "429":
    case "503":
    case "409":
      return after(latency * step, asks(Number(kind), seconds))
    case "bare 503":
      return after(latency * step, refused(503))
    case "500":
      return after(latency * step, refused(500))
    case "lost":
      return after(latency * step, lost(new Error("ECONNRESET")))
    case "stuck":
      return silent
  }
}

describe("any calls, answers and interruptions", () => {
  it.effect.prop(
    "end, keep to every wait, and lose no room",
    [
      Schema.Array(Plan).check(Schema.isMinLength(4), Schema.isMaxLength(12)),
      Schema.Literals([1, 2, 3, 64])
    ],
    ([plans, maxConcurrency]) =>
      Effect.gen(function*() {
        const holds = yield* Ref.make<ReadonlyArray<readonly [from: number, until: number]>>([])
        const hold = (answer: Answer, seconds: number): Answer => (request) =>
          Effect.tap(answer(request), () =>
            Effect.flatMap(Clock.currentTimeMillis, (now) =>
              Ref.update(holds, (holds) => [...holds, [now, now + 1000 * seconds] as const])))
        yield* against(
          ({ attempt, key }) => {
            const planned = plans[key]?.answers[attempt - 1]
            if (planned === undefined) {
              return done
            }
            const answer = answerOf(planned)
            return planned.kind === "429" || planned.kind === "503" ? hold(answer, planned.seconds) : answer
          },
          (log) =>
            Effect.gen(function*() {
              const fibers = yield* Effect.forEach(plans, ({ interrupt, start }, key) =>
                Effect.sleep(start * step).pipe(
                  Effect.andThen(fetchOf(key)),
                  interrupt === 8 ? Effect.asSome : Effect.timeoutOption((start + interrupt) * step),
                  Effect.exit,
                  Effect.forkChild
                ))
              yield* pass(120_000, step)
              assert.isTrue(fibers.every((fiber) =>
                fiber.pollUnsafe() !== undefined
              ))
              assert.isAtMost(yield* Ref.get(log.mostUnderWay), maxConcurrency)
              assert.strictEqual(yield* Ref.get(log.underWay), 0)
              const times = yield* timesOf(log)
              for (const [from, until] of yield* Ref.get(holds)) {
                assert.isFalse(times.some((at) => at > from && at < until))
              }
              const last = yield* Effect.forEach(range(8), (n) => Effect.forkChild(fetchOf(1000 + n)))
              yield* pass(20_000, step)
              for (const fiber of last) assert.isTrue(Exit.isSuccess(yield* Fiber.await(fiber)))
            }),
          { attemptTimeout: "10 seconds", flowControl: { maxConcurrency } }
        )
      }),
    { arbitrary: { runs: 60 } }
  )
})
