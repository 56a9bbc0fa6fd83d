import { CommsClient, FlowControl, RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import { Emulator, FaultPlan } from "@effect-comms/testing"
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
      const shared = Layer.merge(
        FlowControl.layer(),
        layerServer(log, ({ number }) => number === 1 ? asks(429, 30) : done)
      )
      yield* Effect.gen(function*() {
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

  it.effect("spreads calls once the limit of the server is known", () =>
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
                // The answer's body is read within the step in which it came.
                assert.isFalse(times.some((at) => at > from + step && at < until))
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
        assert.isAtMost(took, 9000)
        assert.isAtMost(yield* refusals, 1)
      }),
      { limit: { requests: 10, window: "1 second" } }
    ))

  it.effect("a learned limit spares the next sixty", () =>
    limited(Effect.gen(function*() {
      yield* burst(60)
      const before = yield* refusals
      yield* burst(60)
      const after = yield* refusals
      assert.isAtMost(after - before, 6)
    })))
})

describe("a learned limit", () => {
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

  it.effect("allows more concurrent requests with every success, up to the limit", () =>
    against(() => after(100, done), (log) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.forEach(range(100), (key) => Effect.forkChild(fetchOf(key)))
        yield* advance(50)
        assert.strictEqual(yield* Ref.get(log.mostUnderWay), 4)
        yield* pass(4000)
        yield* Fiber.joinAll(fibers)
        assert.strictEqual(yield* Ref.get(log.mostUnderWay), 10)
      }), { flowControl: { maxConcurrency: 10 } }))

  it.effect("allows 64 concurrent requests by default", () =>
    against(() => after(1000, done), (log) =>
      Effect.gen(function*() {
        const fibers = yield* Effect.forEach(range(800), (key) => Effect.forkChild(fetchOf(key)))
        yield* pass(40_000, 500)
        yield* Fiber.joinAll(fibers)
        assert.strictEqual(yield* Ref.get(log.mostUnderWay), 64)
      })))
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

  it.effect("the quota is spent, and returns after the outage", () =>
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

  it.effect("have separate queues", () =>
    Effect.gen(function*() {
      const log = yield* makeLog
      assert.deepEqual(yield* both(log).pipe(Effect.provide(server(log))), [1, 2])
    }))

  it.effect("share a queue that both are given", () =>
    Effect.gen(function*() {
      const log = yield* makeLog
      assert.deepEqual(yield* both(log).pipe(Effect.provide([server(log), FlowControl.layer()])), [1])
    }))

  const memory = Effect.map(Ref.make<ReadonlyMap<string, number>>(new Map()), (untils) => ({
    untils,
    store: {
      read: (key: string) => Effect.map(Ref.get(untils), (untils) => untils.get(key) ?? 0),
      write: (key: string, until: number) =>
        Ref.update(untils, (untils) => new Map([...untils, [key, Math.max(until, untils.get(key) ?? 0)]]))
    }
  }))

  it.effect("park each other by a store that they share", () =>
    Effect.gen(function*() {
      const log = yield* makeLog
      const { store, untils } = yield* memory
      const sent = yield* both(log).pipe(
        Effect.provide(server(log)),
        Effect.provideService(FlowControl.CurrentCooldownStore, store)
      )
      assert.deepEqual(sent, [1])
      assert.deepEqual([...(yield* Ref.get(untils)).values()], [5000])
      assert.isFalse([...(yield* Ref.get(untils)).keys()].some((key) => key.includes(credentials.accountSid)))
    }))

  it.effect("learn from the store when the other is parked for longer than a waiting call may wait", () =>
    Effect.gen(function*() {
      const log = yield* makeLog
      const { store, untils } = yield* memory
      yield* Effect.gen(function*() {
        const first = yield* Effect.forkChild(fetchOf(1))
        yield* settle
        const waiting = yield* Effect.forkChild(Effect.flip(fetchOf(2)))
        yield* advance("1 second")
        yield* Ref.update(untils, (untils) => new Map([...untils].map(([key]) => [key, 1_000_000] as const)))
        yield* pass(5000, 500)
        assertTag(yield* Fiber.join(waiting), "CoolingDown")
        yield* Fiber.interrupt(first)
        assert.deepEqual(yield* keysOf(log), [1])
      }).pipe(
        Effect.provide(layerOf().pipe(Layer.provide(server(log)))),
        Effect.provideService(FlowControl.CurrentCooldownStore, store)
      )
    }))
})

describe("invalid options are refused", () => {
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
