import { CommsClient, FlowControl, RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import { Emulator, FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Random, Ref, Scheduler, Schema } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import {
  advance,
  type Answer,
  assertTag,
  credentials,
  lost,
  operation,
  refused,
  settle,
  silent
} from "./utils/script.ts"
import { after, type Arrival, done, fetchOf, idOf, layerServer, type Log, makeLog, pass } from "./utils/server.ts"

const layerService = (options: Partial<CommsClient.Options>) =>
  SenderPoolOperations.layer.pipe(Layer.provideMerge(CommsClient.layer({ credentials, ...options })))

const layerOf = (options: Partial<CommsClient.Options> = {}) => Layer.fresh(layerService(options))

const call = (key: number, options?: Partial<CommsClient.Options>) =>
  fetchOf(key).pipe(Effect.provide(layerOf(options)), Effect.forkChild)

/** Runs a program against a server that decides for each request. */
const against = <A, E>(
  decide: (arrival: Arrival) => Answer,
  program: (log: Log) => Effect.Effect<A, E, SenderPoolOperations.SenderPoolOperations>,
  options: Partial<CommsClient.Options> = {}
) =>
  Effect.flatMap(
    makeLog,
    (log) =>
      program(log).pipe(
        Effect.provide(layerService(options).pipe(Layer.provide(layerServer(log, decide)))),
        Random.withSeed(1)
      )
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
      const shared = Layer.merge(
        FlowControl.layer(),
        layerServer(log, ({ number }) => number === 1 ? asks(429, 30) : done)
      )
      yield* Effect.gen(function*() {
        const first = yield* call(1)
        yield* advance("1 second")
        const same = yield* call(2, {
          retry: { attemptTimeout: "5 seconds" },
          baseUrl: "https://comms.twilio.com/prefix"
        })
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

  it.effect("of zero seconds leaves the back-off to the call", () =>
    against(({ number }) => number === 1 ? asks(429, 0) : done, (log) =>
      Effect.gen(function*() {
        const call = yield* Effect.forkChild(fetchOf(1))
        yield* pass(1000, 10)
        yield* Fiber.join(call)
        const [, second = 0] = yield* timesOf(log)
        assert.isTrue(second >= 400 && second <= 610)
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

  it.effect("fails later calls, which send nothing", () =>
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

  it.effect("fails waiting calls when it begins", () =>
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
        const holds = yield* Ref.make<ReadonlyArray<readonly [key: number, from: number, until: number]>>([])
        const hold = (answer: Answer, key: number, seconds: number): Answer => (request) =>
          Effect.tap(answer(request), () =>
            Effect.flatMap(Clock.currentTimeMillis, (now) =>
              Ref.update(holds, (holds) => [...holds, [key, now, now + 1000 * seconds] as const])))
        yield* against(
          ({ attempt, key }) => {
            const planned = plans[key]?.answers[attempt - 1]
            if (planned === undefined) {
              return done
            }
            const answer = answerOf(planned)
            return planned.kind === "429" || planned.kind === "503" ? hold(answer, key, planned.seconds) : answer
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
              const arrivals = yield* Ref.get(log.arrivals)
              for (const [held, from, until] of yield* Ref.get(holds)) {
                // A resource that is refused again while others pass does not hold back the others.
                assert.isFalse(arrivals.some(({ at, key }) => key === held && at > from && at < until))
              }
              const last = yield* Effect.forEach(range(8), (n) => Effect.forkChild(fetchOf(1000 + n)))
              yield* pass(20_000, step)
              for (const fiber of last) assert.isTrue(Exit.isSuccess(yield* Fiber.await(fiber)))
            }),
          { retry: { attemptTimeout: "10 seconds" }, flowControl: { maxConcurrency } }
        )
      }),
    { arbitrary: { runs: 60 } }
  )
})

const list = Effect.flatMap(SenderPoolOperations.SenderPoolOperations, ({ list }) => list())

/** Runs a program against the emulator's limit of ten requests a second. */
const limited = <A, E>(
  program: Effect.Effect<A, E, SenderPoolOperations.SenderPoolOperations | Emulator.Emulator>,
  flowControl?: FlowControl.Options
) =>
  program.pipe(
    Effect.provide(
      layerService({ baseUrl: Emulator.baseUrl, credentials: Emulator.defaultCredentials, flowControl }).pipe(
        Layer.provide(Emulator.layerHttpClient),
        Layer.provideMerge(Emulator.layer({ faults: "rate-limited" }))
      )
    )
  )

/** So many calls at once, and how long it was until the last of them was done. */
const burst = Effect.fnUntraced(function*(calls: number) {
  const startedAt = yield* Clock.currentTimeMillis
  const endedAt = yield* Ref.make(startedAt)
  const fibers = yield* Effect.forEach(range(calls), () =>
    list.pipe(
      Effect.andThen(Clock.currentTimeMillis),
      Effect.tap((now) => Ref.update(endedAt, (endedAt) => Math.max(endedAt, now))),
      Effect.forkChild
    ))
  yield* pass(20_000, 10)
  yield* Fiber.joinAll(fibers)
  return (yield* Ref.get(endedAt)) - startedAt
})

const refusals = Effect.flatMap(
  Emulator.Emulator,
  ({ report }) => Effect.map(report, ({ summary }) => summary.tooManyRequests)
)

describe("against ten requests a second", () => {
  it.effect.each([0, 20, 50, 150, 400])(
    "sixty calls at once are done within nine seconds, with twelve refusals at most, when an answer takes %d ms",
    (latency) =>
      limited(Effect.gen(function*() {
        const { report, setFaults } = yield* Emulator.Emulator
        yield* setFaults({
          rules: [{ do: { _tag: "Delay", duration: Duration.millis(latency) } }, ...FaultPlan.rateLimited.rules]
        })
        const took = yield* burst(60)
        const { summary } = yield* report
        assert.isAtMost(took, 9000)
        assert.isAtMost(summary.tooManyRequests, 12)
        assert.strictEqual(summary.early, 0)
        assert.strictEqual(summary.requests, 60 + summary.tooManyRequests)
      }))
  )

  it.effect("a limit that is given leaves one refusal at most", () =>
    limited(
      Effect.gen(function*() {
        const took = yield* burst(60)
        assert.isAtMost(took, 5600)
        assert.isAtMost(yield* refusals, 1)
      }),
      { limit: { requests: 10, window: "1 second" } }
    ))

  it.effect("what was learnt spares the next sixty", () =>
    limited(Effect.gen(function*() {
      yield* burst(60)
      const before = yield* refusals
      yield* burst(60)
      const after = yield* refusals
      assert.isAtMost(after - before, 6)
    })))
})

describe("what is learnt", () => {
  it.effect("is forgotten a minute after the last refusal", () =>
    against(
      ({ number }) => number === 9 ? after(100, asks(429, 2)) : after(number < 9 ? 100 : 10, done),
      (log) =>
        Effect.gen(function*() {
          const fibers = yield* Effect.forEach(range(24), (key) => Effect.forkChild(fetchOf(key)))
          yield* pass(40_000, 20)
          yield* Fiber.joinAll(fibers)
          yield* advance("1 minute")
          const last = yield* Effect.forkChild(fetchOf(100))
          yield* advance("1 second")
          yield* Fiber.join(last)
          const seen = (yield* timesOf(log)).length
          const again = yield* Effect.forEach(range(4), (n) => Effect.forkChild(fetchOf(200 + n)))
          yield* settle
          assert.lengthOf((yield* timesOf(log)).slice(seen), 4)
          yield* advance("1 second")
          yield* Fiber.joinAll(again)
        })
    ))

  it.effect("lets more be under way with every success, up to the limit", () =>
    against(() => after(100, done), (log) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.forEach(range(100), (key) => Effect.forkChild(fetchOf(key)))
        yield* advance(50)
        assert.strictEqual(yield* Ref.get(log.mostUnderWay), 4)
        yield* pass(4000)
        yield* Fiber.joinAll(fibers)
        assert.strictEqual(yield* Ref.get(log.mostUnderWay), 10)
      }), { flowControl: { maxConcurrency: 10 } }))

  it.effect("lets 64 be under way at most when nothing is said", () =>
    against(() => after(1000, done), (log) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.forEach(range(800), (key) => Effect.forkChild(fetchOf(key)))
        yield* pass(40_000, 500)
        yield* Fiber.joinAll(fibers)
        assert.strictEqual(yield* Ref.get(log.mostUnderWay), 64)
      })))
})

const manyCallers = range(33)

/** How many calls each of 33 callers, one a key, makes in a time: one after another, 200 ms each. */
const loops = Effect.fnUntraced(function*(keys: ReadonlyArray<number>, until: number, step = 50) {
  const done: Array<{ readonly key: number; readonly at: number }> = []
  const callers = yield* Effect.forEach(keys, (key) =>
    Effect.exit(fetchOf(key)).pipe(
      Effect.flatMap((exit) =>
        Effect.map(Clock.currentTimeMillis, (at) => Exit.isSuccess(exit) && done.push({ key, at }))
      ),
      // A call that fails immediately must not stop the time.
      Effect.andThen(Effect.sleep(1)),
      Effect.forever,
      Effect.forkChild
    ))
  yield* pass(until, step)
  yield* Fiber.interruptAll(callers)
  return (from: number, to: number, which: (key: number) => boolean = () => true) =>
    done.filter(({ at, key }) => at >= from && at < to && which(key)).length / (to - from) * 1000
})

const unlimitedRetries = { flowControl: { quota: 10_000 } }

/** A server that takes so many requests in each second. */
const windows = () => {
  let window = 0
  let count = 0
  return (at: number, limit: number): boolean => {
    if (Math.floor(at / 1000) !== window) {
      window = Math.floor(at / 1000)
      count = 0
    }
    return ++count <= limit
  }
}

describe("refusals that do not follow the rate", () => {
  it.effect("of one resource leave the others four fifths of their rate", () =>
    against(({ key }) => after(200, key === 0 ? asks(429, 1) : done), () =>
      Effect.gen(function*() {
        const rate = yield* loops(manyCallers, 20_000)
        // Alone, 32 callers make 128 calls a second when a call takes 250 ms.
        assert.isAtLeast(rate(10_000, 20_000, (key) => key > 0), 0.8 * 120)
      }), unlimitedRetries))

  it.effect("of one resource, every other time, leave it and the others their rate", () => {
    let number = 0
    return against(
      ({ key }) => after(200, key === 0 && ++number % 2 === 1 ? asks(429, 1) : done),
      () =>
        Effect.gen(function*() {
          const rate = yield* loops(manyCallers, 20_000)
          assert.isAtLeast(rate(0, 20_000, (key) => key === 0), 0.4)
          assert.isAtLeast(rate(10_000, 20_000, (key) => key > 0), 0.8 * 120)
        }),
      unlimitedRetries
    )
  })

  it.effect("one in twenty, at random, leave a third of the rate", () => {
    let state = 1
    return against(() => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return after(200, state / 0x100000000 < 0.05 ? asks(429, 1) : done)
    }, () =>
      Effect.gen(function*() {
        const rate = yield* loops(manyCallers, 40_000)
        assert.isAtLeast(rate(0, 40_000), 0.3 * 100)
      }), unlimitedRetries)
  })

  it.effect("after a second one in a row, another call shows whether the account is refused", () =>
    against(({ key }) => key === 0 ? asks(429, 1) : done, (log) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.forEach(range(3), (key) => Effect.forkChild(Effect.exit(fetchOf(key))))
        yield* pass(10_000)
        yield* Fiber.interruptAll(fibers)
        assert.deepEqual((yield* keysOf(log)).slice(0, 5), [0, 0, 1, 0, 2])
      }), { flowControl: { maxConcurrency: 1 } }))
})

describe("when everything was refused for minutes", () => {
  it.effect("the first request is sent within 5 seconds of the end, and 90 % of the rate comes back within 30", () => {
    const end = 150_000
    return against(
      ({ at }) => after(200, at >= 10_000 && at < end ? asks(429, 1) : done),
      (log) =>
        Effect.gen(function*() {
          const rate = yield* loops(range(8), end + 35_000, 100)
          assert.isTrue((yield* timesOf(log)).some((at) => at >= end && at < end + 5000))
          assert.isAtLeast(rate(end + 30_000, end + 35_000), 0.9 * rate(0, 10_000))
        })
    )
  })
})

describe("when the limit changes", () => {
  it.effect("from 1 to 40 a second, 90 % are used within 30 seconds", () => {
    const takes = windows()
    return against(
      ({ at }) => after(50, takes(at, at >= 10_000 && at < 60_000 ? 1 : 40) ? done : asks(429, 1)),
      () =>
        Effect.gen(function*() {
          const rate = yield* loops(range(12), 95_000, 10)
          assert.isAtMost(rate(50_000, 60_000), 1.5)
          const best = Math.max(...range(26).map((second) => rate(60_000 + 1000 * second, 64_000 + 1000 * second)))
          assert.isAtLeast(best, 0.9 * 40)
        }),
      unlimitedRetries
    )
  })

  it.effect("a bucket of twenty a second that holds four tokens is used well", () => {
    let tokens = 4
    let last = 0
    return against(({ at }) => {
      tokens = Math.min(4, tokens + (at - last) / 50)
      last = at
      if (tokens < 1) return after(50, asks(429, 1))
      tokens--
      return after(50, done)
    }, () =>
      Effect.gen(function*() {
        const rate = yield* loops(range(12), 60_000, 10)
        assert.isAtLeast(rate(0, 60_000), 0.7 * 20)
      }), unlimitedRetries)
  })
})

const setBack = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Clock.Clock, (clock) =>
    Effect.provideService(effect, Clock.Clock, {
      ...clock,
      currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now - 3_600_000),
      currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() - 3_600_000,
      currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now - 3_600_000_000_000n),
      currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() - 3_600_000_000_000n
    }))

describe("a wall clock that is set back by an hour", () => {
  it.effect("does not extend a cooldown", () =>
    against(({ number }) => number === 1 ? asks(429, 5) : done, (log) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(10_000_000)
        const first = yield* Effect.forkChild(
          Effect.flip(fetchOf(1)).pipe(
            Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none)
          )
        )
        yield* settle
        yield* Fiber.join(first)
        const second = yield* Effect.forkChild(setBack(fetchOf(2)))
        yield* pass(6000)
        yield* Fiber.join(second)
        assert.deepEqual(yield* timesOf(log), [10_000_000, 10_005_000 - 3_600_000])
      })))

  it.effect("does not stop what was learnt", () =>
    against(({ number }) => number === 9 ? after(100, asks(429, 2)) : after(100, done), () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(10_000_000)
        const fibers = yield* Effect.forEach(range(24), (key) => Effect.forkChild(fetchOf(key)))
        yield* pass(4000, 20)
        const later = yield* Effect.forEach(range(4), (key) => Effect.forkChild(setBack(fetchOf(100 + key))))
        yield* pass(6000, 20)
        yield* Fiber.joinAll([...fibers, ...later])
      })))

  it.effect("does not stop a limit that is given", () =>
    against(() => done, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(10_000_000)
        yield* fetchOf(1)
        const second = yield* Effect.forkChild(setBack(fetchOf(2)))
        yield* pass(1500)
        yield* Fiber.join(second)
      }), { flowControl: { limit: { requests: 1, window: "1 second" } } }))
})

/** As on Cloudflare's workerd: what a timer or a task runs belongs to the event that set it. */
const makeEvents = (clock: Clock.Clock) => {
  const timers: Array<{ readonly at: number; readonly fire: () => void }> = []
  let now = 0
  let current: number | undefined
  const run = <A>(event: number | undefined, f: () => A): A => {
    current = event
    const result = f()
    current = undefined
    return result
  }
  const bind = (f: () => void) => {
    const event = current
    return () => run(event, f)
  }
  const scheduler = new Scheduler.MixedScheduler("async", (task) => {
    const immediate = setImmediate(bind(task))
    return () => clearImmediate(immediate)
  })
  return {
    current: () => current,
    run: <A, E>(event: number, effect: Effect.Effect<A, E>) =>
      run(event, () =>
        Effect.runFork(
          Effect.provideService(effect, Clock.Clock, {
            ...clock,
            monotonicTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
            sleep: (duration) =>
              Effect.callback((resume) => {
                timers.push({ at: now + Duration.toMillis(duration), fire: bind(() => resume(Effect.void)) })
              })
          }),
          { scheduler }
        )),
    tick: Effect.suspend(() => {
      now += 10
      for (const timer of timers.filter(({ at }) => at <= now)) {
        timers.splice(timers.indexOf(timer), 1)
        timer.fire()
      }
      return settle
    })
  }
}

describe("a client that events share", () => {
  it.effect("sends no request in an event that did not make it", () =>
    Effect.gen(function*() {
      const events = makeEvents(yield* Clock.Clock)
      const sent: Array<{ readonly key: number; readonly event: number | undefined }> = []
      const context = yield* Layer.build(
        layerService({}).pipe(
          Layer.provide(Layer.succeed(
            HttpClient.HttpClient,
            HttpClient.make((request, url) => {
              const key = Number(url.pathname.slice(-4))
              sent.push({ key, event: events.current() })
              const body = JSON.stringify({ ...operation, id: idOf(key) })
              const headers = { "content-type": "application/json", "content-length": String(body.length) }
              // Reading the body of a `Response` would go through a promise, which is in no event.
              const response: HttpClientResponse.HttpClientResponse = Object.create(
                HttpClientResponse.fromWeb(request, new Response(null, { headers })),
                { text: { value: Effect.succeed(body) } }
              )
              return Effect.as(Effect.sleep(100), response)
            })
          ))
        )
      )
      const fibers = range(8).map((key) => events.run(key, Effect.provide(fetchOf(key), context)))
      yield* Effect.repeat(events.tick, { times: 100 })
      assert.isTrue(fibers.every((fiber) => fiber.pollUnsafe() !== undefined))
      assert.deepEqual(sent.map(({ key }) => key), range(8))
      // A native promise resumes in the event that made it, which is none of those that are tracked here.
      assert.deepEqual(sent.filter(({ event, key }) => event !== undefined && event !== key), [])
    }))

  it.effect("passes over a waiting call whose event ended, and its request in progress", () =>
    against(({ key }) => key === 0 ? silent : done, (log) =>
      Effect.gen(function*() {
        const clock = yield* Clock.Clock
        const lost = (key: number) =>
          fetchOf(key).pipe(
            Effect.provideService(Clock.Clock, { ...clock, sleep: () => Effect.never }),
            Effect.forkChild
          )
        const ended = [yield* lost(0), yield* lost(1)]
        yield* settle
        const last = yield* Effect.forkChild(fetchOf(2))
        yield* pass(70_000, 500)
        yield* Fiber.join(last)
        assert.deepEqual((yield* keysOf(log)).slice(0, 2), [0, 2])
        yield* Fiber.interruptAll(ended)
      }), { flowControl: { maxConcurrency: 1 } }))
})

const outage = 60_000

/** Ten calls a second for two minutes; how many requests came and calls were made by a time. */
const steady = (failure: Answer, program: (log: Log) => Effect.Effect<void>) =>
  against(({ at }) => at < outage ? failure : done, (log) =>
    Effect.gen(function*() {
      const results = yield* Ref.make({ succeeded: 0, failed: 0 })
      const caller = yield* Effect.forEach(range(1200), (n) =>
        fetchOf(n % 10_000).pipe(
          Effect.matchEffect({
            onFailure: () => Ref.update(results, (results) => ({ ...results, failed: results.failed + 1 })),
            onSuccess: () => Ref.update(results, (results) => ({ ...results, succeeded: results.succeeded + 1 }))
          }),
          Effect.forkChild,
          Effect.andThen(Effect.sleep(100))
        ), { discard: true }).pipe(Effect.forkChild)
      yield* pass(120_000, 100)
      yield* Fiber.interrupt(caller)
      yield* program(log)
      assert.isAtLeast((yield* Ref.get(results)).succeeded, 550)
    }))

const between = (log: Log, from: number, until: number) =>
  Effect.map(timesOf(log), (times) => times.filter((at) => at >= from && at < until).length)

const attemptsOf = (log: Log, key: number) =>
  Effect.map(Ref.get(log.arrivals), (arrivals) => arrivals.filter((arrival) => arrival.key === key).length)

const toItsEnd = Effect.fnUntraced(function*(key: number) {
  const fiber = yield* Effect.forkChild(Effect.exit(fetchOf(key)))
  yield* pass(40_000, 1000)
  yield* Fiber.join(fiber)
})

describe("in an outage of a minute", () => {
  it.effect.each(
    [["503", refused(503)], ["dropped connections", lost(new Error("ECONNRESET"))]] as const
  )(
    "few requests more are sent than calls made (%s)",
    ([, failure]) =>
      steady(failure, (log) =>
        Effect.gen(function*() {
          const all = yield* between(log, 0, outage)
          const spent = yield* between(log, outage / 2, outage)
          assert.isAtMost(all, 50 + 1.2 * 600)
          assert.isAtLeast(spent, 300)
          assert.isAtMost(spent, 1.2 * 300)
          assert.isAtMost(yield* between(log, outage + 30_000, outage + 60_000), 301)
        }))
  )

  it.effect("the quota is spent, and comes back when all is well", () =>
    against(({ key }) => key < 100 || key >= 900 ? refused(503) : done, (log) =>
      Effect.gen(function*() {
        yield* Effect.forEach(range(4), toItsEnd)
        assert.strictEqual(yield* attemptsOf(log, 0), 6)
        assert.strictEqual(yield* attemptsOf(log, 3), 1)
        yield* Effect.forEach(range(30), (n) => fetchOf(200 + n))
        yield* toItsEnd(900)
        assert.strictEqual(yield* attemptsOf(log, 900), 6)
      }), { flowControl: { quota: 10 } }))

  it.effect("a call without a retry costs no quota", () =>
    against(
      ({ key, attempt }) => key < 50 ? refused(404) : attempt === 1 ? refused(503) : done,
      () =>
        Effect.gen(function*() {
          yield* Effect.forEach(range(20), (key) => Effect.flip(fetchOf(key)))
          const fiber = yield* Effect.forkChild(fetchOf(100))
          yield* advance("1 second")
          yield* Fiber.join(fiber)
        }),
      { flowControl: { quota: 1, quotaPerCall: 0 } }
    ))
})

const server = (log: Log) => layerServer(log, ({ number }) => number === 1 ? asks(429, 5) : done)

describe("two clients", () => {
  const both = Effect.fnUntraced(function*(log: Log) {
    const first = yield* fetchOf(1).pipe(Effect.provide(layerOf()), Effect.forkChild)
    yield* advance("1 second")
    const second = yield* fetchOf(2).pipe(Effect.provide(layerOf()), Effect.forkChild)
    yield* advance("2 seconds")
    const sent = yield* keysOf(log)
    yield* pass(10_000, 500)
    yield* Fiber.joinAll([first, second])
    return sent
  })

  it.effect("each have a queue of their own", () =>
    Effect.gen(function*() {
      const log = yield* makeLog
      assert.deepEqual(yield* both(log).pipe(Effect.provide(server(log))), [1, 2])
    }))

  it.effect("share one when they are given it", () =>
    Effect.gen(function*() {
      const log = yield* makeLog
      assert.deepEqual(yield* both(log).pipe(Effect.provide([server(log), FlowControl.layer()])), [1])
    }))

  /** A store that parks its account until a time, and writes down what it is asked. */
  const makeStore = Effect.map(Ref.make(0), (parkedUntil) => {
    const asked: Array<readonly [key: string, resource: string]> = []
    const settled: Array<FlowControl.Outcome["status"]> = []
    const store: FlowControl.PaceStore = {
      take: (key, resource) =>
        Effect.gen(function*() {
          asked.push([key, resource])
          const sentAt = yield* Clock.currentTimeMillis
          const wait = (yield* Ref.get(parkedUntil)) - sentAt
          return wait > 0
            ? { _tag: "Later", wait, parked: "account" }
            : { _tag: "Granted", ticket: { key, resource, sentAt } }
        }),
      settle: (_, { retryAfter, status }) =>
        Effect.gen(function*() {
          settled.push(status)
          const now = yield* Clock.currentTimeMillis
          if (retryAfter !== undefined) yield* Ref.set(parkedUntil, now + Duration.toMillis(retryAfter))
        })
    }
    return { asked, settled, parkedUntil, store }
  })

  it.effect("park each other by a store that they share", () =>
    Effect.gen(function*() {
      const log = yield* makeLog
      const { asked, settled, store } = yield* makeStore
      const sent = yield* both(log).pipe(
        Effect.provide(server(log)),
        Effect.provideService(FlowControl.CurrentPaceStore, store)
      )
      assert.deepEqual(sent, [1])
      assert.deepEqual(settled, [429, 200, 200])
      assert.isFalse(asked.some(([key]) => key.includes(credentials.accountSid)))
      assert.strictEqual(asked[0]?.[1], `GET https://comms.twilio.com/v1/SenderPools/Operations/${idOf(1)}`)
    }))

  it.effect("learn from the store when the other is parked for longer than a waiting call may wait", () =>
    Effect.gen(function*() {
      const log = yield* makeLog
      const { parkedUntil, store } = yield* makeStore
      yield* Effect.gen(function*() {
        const first = yield* Effect.forkChild(fetchOf(1))
        yield* settle
        const waiting = yield* Effect.forkChild(Effect.flip(fetchOf(2)))
        yield* advance("1 second")
        yield* Ref.set(parkedUntil, 1_000_000)
        yield* pass(5000, 500)
        assertTag(yield* Fiber.join(waiting), "CoolingDown")
        yield* Fiber.interrupt(first)
        assert.deepEqual(yield* keysOf(log), [1])
      }).pipe(
        Effect.provide(layerOf().pipe(Layer.provide(server(log)))),
        Effect.provideService(FlowControl.CurrentPaceStore, store)
      )
    }))
})

const throwing = () => {
  throw new Error("defect")
}

describe("a shared store", () => {
  const failure = Effect.fail(new FlowControl.PaceStoreError({ cause: "ECONNREFUSED" }))

  it.effect.each(
    [
      ["fails", 0, { take: () => failure, settle: () => failure }],
      ["dies", 0, { take: () => Effect.die("defect"), settle: () => Effect.die("defect") }],
      ["throws", 0, { take: throwing, settle: throwing }],
      ["hangs", 250, { take: () => Effect.never, settle: () => Effect.never }],
      ["fails to settle", 0, {
        take: (key: string, resource: string) =>
          Effect.succeed<FlowControl.Turn>({ _tag: "Granted", ticket: { key, resource, sentAt: 0 } }),
        settle: () => failure
      }]
    ] as const
  )(
    "that %s fails no call, and delays one of many by %d ms",
    ([, delay, store]) =>
      against(() => done, (log) =>
        Effect.gen(function*() {
          const fibers = yield* Effect.forEach(range(20), (key) => Effect.forkChild(fetchOf(key)))
          yield* settle
          yield* TestClock.adjust(delay)
          yield* settle
          yield* Fiber.joinAll(fibers)
          assert.isTrue((yield* timesOf(log)).every((at) => at <= delay))
        })).pipe(Effect.provideService(FlowControl.CurrentPaceStore, store))
  )

  it.effect("that failed is asked again after ten seconds, and meanwhile the process paces by itself", () => {
    let asked = 0
    const store: FlowControl.PaceStore = {
      take: () => Effect.suspend(() => (asked++, failure)),
      settle: () => Effect.void
    }
    return against(({ number }) => number === 1 ? asks(429, 5) : done, (log) =>
      Effect.gen(function*() {
        const first = yield* Effect.forkChild(fetchOf(1))
        yield* advance("1 second")
        const second = yield* Effect.forkChild(fetchOf(2))
        yield* pass(8000, 500)
        yield* Fiber.joinAll([first, second])
        assert.isTrue((yield* timesOf(log)).slice(1).every((at) => at >= 5000))
        assert.strictEqual(asked, 1)
        yield* advance("1 second")
        yield* fetchOf(3)
        assert.strictEqual(asked, 2)
      })).pipe(Effect.provideService(FlowControl.CurrentPaceStore, store))
  })
})

describe("options that make no sense are refused", () => {
  it.effect.each(
    [
      ["limit.requests", { limit: { requests: 0, window: "1 second" } }],
      ["limit.requests", { limit: { requests: 1.5, window: "1 second" } }],
      ["limit.window", { limit: { requests: 1, window: 0 } }],
      ["limit.window", { limit: { requests: 1, window: Duration.seconds(-1) } }],
      ["maxConcurrency", { maxConcurrency: 0 }],
      ["maxConcurrency", { maxConcurrency: Number.NaN }],
      ["maxConcurrency", { maxConcurrency: Number.POSITIVE_INFINITY }],
      ["quota", { quota: -1 }],
      ["quota", { quota: Number.NaN }],
      ["quotaPerCall", { quotaPerCall: -0.1 }]
    ] as const
  )("%s (%#)", ([field, options]) =>
    Effect.gen(function*() {
      const log = yield* makeLog
      const error = yield* CommsClient.make({ credentials, flowControl: options }).pipe(
        Effect.flip,
        Effect.provide(layerServer(log, () => done))
      )
      assert.strictEqual(error.field, field)
      assert.strictEqual((yield* Effect.flip(FlowControl.make(options))).field, field)
    }))
})
