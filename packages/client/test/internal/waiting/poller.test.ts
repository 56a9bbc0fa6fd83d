import { Attempts, RetryPolicy, type Waiting } from "@effect-comms/client"
import type { SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Deferred, Duration, Effect, Exit, Fiber, Result, Schedule } from "effect"
import { TestClock } from "effect/testing"
import type { PollResult } from "../../../src/internal/waiting/entries.ts"
import * as History from "../../../src/internal/waiting/history.ts"

import { makePoller, type Poller as AnyPoller } from "../../../src/internal/waiting/poller.ts"
import { operationIdOf, operationOf, scriptedObserver, unavailable, unavailableFor } from "../../utils/polls.ts"
import { advance, settle } from "../../utils/script.ts"
import { pass } from "../../utils/server.ts"
import { makeWallClock } from "../../utils/wallClock.ts"

type Poller = AnyPoller<SenderPoolOperation.SenderPoolOperation>

type PollSchedule = Schedule.Schedule<unknown, Waiting.Poll>

const spaced = (duration: Duration.Input): PollSchedule => Schedule.spaced(duration)

type Polled = PollResult<SenderPoolOperation.SenderPoolOperation>

interface Options {
  readonly key?: unknown
  readonly of?: number
  readonly seen?: History.History
}

/** Waits for one operation. `next` gives each newer result, and undefined if the schedule has no more polls. */
const subscribe = (poller: Poller, schedule: PollSchedule, { key = {}, of = 1, seen }: Options = {}) => {
  const taken: Array<Polled | undefined> = []
  return Effect.map(
    poller.subscribe([{ id: operationIdOf(of), rhythm: { key, schedule, position: 0 }, seen }], (_, result) => {
      taken.push(result)
      return true
    }),
    ({ next }) => ({
      next: Effect.when(next(Infinity), Effect.sync(() => taken.length === 0)).pipe(Effect.map(() => taken.shift()))
    })
  )
}

/** Waits until interrupted, or until the schedule has no more polls, and keeps the results. */
const wait = Effect.fnUntraced(
  function*(poller: Poller, schedule: PollSchedule, options?: Options) {
    const results: Array<PollResult<SenderPoolOperation.SenderPoolOperation> & { readonly cameAt: number }> = []
    const fiber = yield* Effect.forkChild(Effect.scoped(Effect.gen(function*() {
      const { next } = yield* subscribe(poller, schedule, options)
      for (let result = yield* next; result !== undefined; result = yield* next) {
        results.push({ ...result, cameAt: yield* Clock.currentTimeMillis })
      }
      return results.length
    })))
    yield* settle
    return { fiber, results, numbers: () => results.map(({ number }) => number), stop: Fiber.interrupt(fiber) }
  }
)

const inProgress = () => Effect.succeed(operationOf())

const slowly = () => Effect.delay(inProgress(), "3 seconds")

const isDefect = (exit: Exit.Exit<unknown, unknown>) => Exit.isFailure(exit) && Cause.hasDies(exit.cause)

describe("a waiter", () => {
  it.effect("polls at once, then as often as the schedule says", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver(inProgress)
      const waiter = yield* wait(makePoller(observer), spaced("5 seconds"))
      yield* pass(11_000, 500)
      assert.deepEqual(times(), [0, 5000, 10_000])
      assert.deepEqual(waiter.numbers(), [1, 2, 3])
    }))

  it.effect("polls ten times a second at most", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver(inProgress)
      yield* wait(makePoller(observer), Schedule.forever)
      yield* pass(401)
      assert.deepEqual(times(), [0, 100, 200, 300, 400])
    }))

  it.effect("ends when the schedule has no more polls", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver(inProgress)
      const poller = makePoller(observer)
      const waiter = yield* wait(poller, Schedule.max([Schedule.recurs(2), spaced("1 second")]))
      yield* pass(5000, 500)
      assert.strictEqual(yield* Fiber.join(waiter.fiber), 3)
      assert.deepEqual(times(), [0, 1000, 2000])
      assert.strictEqual(poller.size(), 0)
    }))

  it.effect("gives the schedule the polls, the failures and the progress", () =>
    Effect.gen(function*() {
      const polls: Array<Waiting.Poll> = []
      const { observer } = scriptedObserver(({ number }) =>
        number === 2 || number === 3 ? Effect.fail(unavailable) : Effect.succeed(operationOf({ created: number }))
      )
      const schedule = Schedule.spaced("1 second").pipe(
        Schedule.setInputType<Waiting.Poll>(),
        Schedule.tap(({ input }) => Effect.sync(() => polls.push(input)))
      )
      yield* wait(makePoller(observer), schedule)
      yield* pass(3500, 500)
      assert.deepEqual(polls.map(({ failures, polls, progress }) => [polls, failures, progress?.settled]), [
        [1, 0, 1],
        [2, 1, 1],
        [3, 2, 1],
        [4, 0, 4]
      ])
    }))

  it.effect("uses the creation time of a checkpoint", () =>
    Effect.gen(function*() {
      const targets: Array<number | undefined> = []
      const poller = makePoller<SenderPoolOperation.SenderPoolOperation>({
        observe: (all) => Effect.sync(() => void targets.push(...all.map(({ createdAt }) => createdAt)))
      })
      const seen = History.begin({ at: 0, operation: operationOf() })
      const { next } = yield* subscribe(poller, Schedule.forever, { seen })
      yield* Effect.forkScoped(next)
      yield* settle
      assert.deepEqual(targets, [0])
    }))
})

describe("waiters for one operation", () => {
  it.effect("share its polls, with one schedule or with several", () =>
    Effect.gen(function*() {
      for (const key of ["together", undefined]) {
        const { observer, times } = scriptedObserver(inProgress)
        const from = yield* Clock.currentTimeMillis
        const poller = makePoller(observer)
        const waiters = yield* Effect.forEach(Array.from({ length: 50 }), () =>
          wait(poller, spaced("5 seconds"), key === undefined ? {} : { key }))
        yield* pass(11_000, 500)
        assert.deepEqual(
          times().map((at) =>
            at - from
          ),
          [0, 5000, 10_000]
        )
        for (const { results } of waiters) assert.lengthOf(results, 3)
        yield* Effect.forEach(waiters, ({ stop }) => stop)
      }
    }))

  it.effect("poll as often as the shortest schedule says, until its waiter leaves", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver(inProgress)
      const poller = makePoller(observer)
      const slow = yield* wait(poller, spaced("10 seconds"))
      const fast = yield* wait(poller, spaced("2 seconds"))
      yield* pass(4500, 500)
      yield* fast.stop
      yield* pass(25_000, 500)
      assert.deepEqual(times(), [0, 2000, 4000, 10_000, 20_000])
      assert.lengthOf(slow.results, 5)
    }))

  it.effect("do not use up each other's schedules", () =>
    Effect.gen(function*() {
      const { observer } = scriptedObserver(inProgress)
      const poller = makePoller(observer)
      const ending = Schedule.max([Schedule.recurs(2), spaced("10 seconds")])
      const slow = yield* wait(poller, ending)
      yield* wait(poller, spaced("1 second"))
      yield* pass(7000, 500)
      const later = yield* wait(poller, ending)
      yield* pass(30_000, 500)
      assert.strictEqual(yield* Fiber.join(slow.fiber), 11)
      assert.strictEqual(yield* Fiber.join(later.fiber), 11)
      assert.deepEqual([slow, later].map(({ results }) => results.at(-1)?.at), [10_000, 17_000])
    }))

  it.effect("are not affected by another's schedule that dies or hangs", () =>
    Effect.gen(function*() {
      for (const trouble of [Effect.die("no"), Effect.never]) {
        const { observer, asked } = scriptedObserver(inProgress)
        const poller = makePoller(observer)
        const good = yield* wait(poller, spaced("1 second"))
        const bad = yield* wait(poller, spaced("1 second").pipe(Schedule.modifyDelay(() => trouble)))
        yield* pass(3500, 500)
        assert.lengthOf(good.results, 4)
        assert.isAtMost(asked.length, 5)
        yield* bad.stop
        assert.strictEqual(isDefect(yield* Fiber.await(bad.fiber)), trouble !== Effect.never)
        assert.strictEqual(poller.size(), 1)
        yield* good.stop
        assert.strictEqual(poller.size(), 0)
      }
    }))
})

describe("a waiter that leaves", () => {
  it.effect("does not stop a poll that others wait for", () =>
    Effect.gen(function*() {
      const { load, observer, times } = scriptedObserver(slowly)
      const poller = makePoller(observer)
      const first = yield* wait(poller, spaced("10 seconds"), { key: "" })
      const second = yield* wait(poller, spaced("10 seconds"), { key: "" })
      yield* advance("1 second")
      yield* first.stop
      yield* pass(14_000, 500)
      assert.deepEqual(times(), [0, 13_000])
      assert.lengthOf(second.results, 1)
      assert.strictEqual(load.interrupted, 0)
    }))

  it.effect("interrupts the request if it is the last, and the next waiter sends a new one", () =>
    Effect.gen(function*() {
      const { load, observer, times } = scriptedObserver(slowly)
      const poller = makePoller(observer)
      const first = yield* wait(poller, spaced("10 seconds"))
      yield* advance("1 second")
      yield* first.stop
      assert.deepEqual(load, { underWay: 0, interrupted: 1 })
      assert.strictEqual(poller.size(), 0)
      const second = yield* wait(poller, spaced("10 seconds"))
      yield* pass(4000, 500)
      assert.deepEqual(times(), [0, 1000])
      assert.lengthOf(second.results, 1)
    }))

  it.effect("does not interrupt the request for another operation", () =>
    Effect.gen(function*() {
      const { load, observer } = scriptedObserver(slowly)
      const poller = makePoller(observer)
      const [one, two] = [
        yield* wait(poller, spaced("10 seconds"), { of: 1 }),
        yield* wait(poller, spaced("10 seconds"), { of: 2 })
      ]
      yield* one.stop
      assert.deepEqual(load, { underWay: 1, interrupted: 1 })
      yield* pass(4000, 500)
      assert.lengthOf(two.results, 1)
    }))

  it.effect("leaves no state behind", () =>
    Effect.gen(function*() {
      const { asked, load, observer } = scriptedObserver(inProgress)
      const poller = makePoller(observer)
      for (let n = 0; n < 10_000; n++) {
        yield* Effect.scoped(
          Effect.flatMap(subscribe(poller, spaced("1 second"), { of: n }), ({ next }) => next)
        )
      }
      assert.lengthOf(asked, 10_000)
      assert.strictEqual(poller.size(), 0)
      assert.strictEqual(load.underWay, 0)
    }))
})

describe("a waiter that joins", () => {
  it.effect("shares the poll in progress", () =>
    Effect.gen(function*() {
      const { asked, observer } = scriptedObserver(() => Effect.delay(inProgress(), "3 seconds"))
      const poller = makePoller(observer)
      yield* wait(poller, spaced("10 seconds"))
      yield* advance("1 second")
      const later = yield* wait(poller, spaced("10 seconds"))
      yield* pass(3000, 500)
      assert.lengthOf(asked, 1)
      assert.deepEqual(later.results.map(({ cameAt }) => cameAt), [3000])
    }))

  it.effect("gets the last result if it is not older than its interval", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver(inProgress)
      const poller = makePoller(observer)
      yield* wait(poller, spaced("1 minute"))
      yield* advance("9 seconds")
      const patient = yield* wait(poller, spaced("10 seconds"))
      assert.deepEqual(patient.results.map(({ at, cameAt }) => [at, cameAt]), [[0, 9000]])
      assert.deepEqual(times(), [0])
      const impatient = yield* wait(poller, spaced("5 seconds"))
      assert.deepEqual(impatient.results.map(({ at }) => at), [9000])
      assert.deepEqual(times(), [0, 9000])
    }))

  it.effect("asks its schedule one time about each poll", () =>
    Effect.gen(function*() {
      const { observer } = scriptedObserver(inProgress)
      const poller = makePoller(observer)
      yield* wait(poller, spaced("1 minute"))
      const later = yield* wait(poller, Schedule.recurs(2))
      yield* pass(1000)
      assert.deepEqual(later.numbers(), [1, 2, 3])
    }))

  it.effect("polls at once when the last result is old", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver(inProgress)
      const poller = makePoller(observer)
      const slow = yield* subscribe(poller, Schedule.recurs(0))
      yield* slow.next
      yield* advance("1 hour")
      const later = yield* wait(poller, Schedule.recurs(0))
      assert.deepEqual(times(), [0, 3_600_000])
      assert.strictEqual(yield* Fiber.join(later.fiber), 1)
    }))

  it.effect("polls at once after a failed poll", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver(({ number }) =>
        number === 1 ? Effect.fail(unavailable) : inProgress()
      )
      const poller = makePoller(observer)
      yield* wait(poller, spaced("10 seconds"))
      const later = yield* wait(poller, spaced("10 seconds"))
      yield* pass(1000)
      assert.deepEqual(times(), [0, 100])
      assert.deepEqual(later.results.map(({ result }) => Result.isSuccess(result)), [true])
    }))
})

describe("a slow waiter", () => {
  it.effect("gets the newest result, and causes no polls while it does not ask", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver(inProgress)
      const poller = makePoller(observer)
      const slow = yield* subscribe(poller, spaced("1 second"))
      yield* slow.next
      yield* wait(poller, spaced("10 seconds"))
      yield* pass(25_000, 500)
      assert.deepEqual(times(), [0, 10_000, 20_000])
      const next = yield* slow.next
      assert.strictEqual(next?.number, 3)
      const fiber = yield* Effect.forkChild(slow.next)
      yield* settle
      assert.strictEqual((yield* Fiber.join(fiber))?.number, 4)
      assert.strictEqual(times().at(-1), 25_000)
    }))
})

describe("a defect", () => {
  it.effect("ends the waiters that ask, and no others", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver(({ number }) => number === 2 ? Effect.die("boom") : inProgress())
      const poller = makePoller(observer)
      const idle = yield* subscribe(poller, spaced("10 seconds"))
      yield* idle.next
      const waiters = [yield* wait(poller, spaced("1 second")), yield* wait(poller, spaced("5 seconds"))]
      yield* advance("1 second")
      for (const { fiber } of waiters) assert.isTrue(isDefect(yield* Fiber.await(fiber)))
      const later = yield* wait(poller, spaced("1 second"))
      yield* pass(1500, 500)
      assert.deepEqual(later.numbers(), [1, 2, 3])
      assert.strictEqual((yield* idle.next)?.number, 3)
      assert.deepEqual(times(), [0, 1000, 1000, 2000])
    }))

  it.effect("in a batch ends the waiters for all its operations", () =>
    Effect.gen(function*() {
      const { observer } = scriptedObserver<SenderPoolOperation.SenderPoolOperation>(({ key }) =>
        key === 3 ? Effect.die("boom") : Effect.never
      )
      const poller = makePoller(observer)
      const waiters = yield* Effect.forEach([1, 2, 3, 4].map((of) => ({ of })), (options) =>
        Effect.forkChild(Effect.scoped(Effect.flatMap(subscribe(poller, Schedule.forever, options), ({ next }) =>
          next))))
      yield* settle
      for (const fiber of waiters) {
        assert.isTrue(isDefect(yield* Fiber.await(fiber)))
      }
      assert.strictEqual(poller.size(), 0)
    }))
})

describe("Retry-After", () => {
  it.effect("is honoured when the interval is shorter", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver(({ number }) =>
        number === 1 ? Effect.fail(unavailableFor("30 seconds")) : inProgress()
      )
      const poller = makePoller(observer)
      yield* wait(poller, spaced("1 second"))
      yield* wait(poller, spaced("1 second"))
      yield* pass(31_500, 500)
      assert.deepEqual(times(), [0, 30_000, 31_000])
    }))

  it.effect("of ten years is honoured for a day", () =>
    Effect.gen(function*() {
      const { observer, times } = scriptedObserver<SenderPoolOperation.SenderPoolOperation>(() =>
        Effect.fail(unavailableFor("3650 days"))
      )
      yield* wait(makePoller(observer), spaced("1 second"))
      yield* TestClock.adjust("1 day")
      yield* settle
      assert.deepEqual(times(), [0, 86_400_000])
    }))
})

describe("a wall clock that is set", () => {
  it.effect.each([-86_400_000, 86_400_000])(
    "by %d ms does not change the times of polls",
    (by) =>
      Effect.gen(function*() {
        const { provide, set } = yield* makeWallClock
        const { observer, times } = scriptedObserver(({ number }) =>
          number === 3 ? Effect.fail(unavailableFor("30 seconds")) : inProgress()
        )
        const poller = makePoller(observer)
        yield* provide(wait(poller, spaced("10 seconds")))
        yield* pass(15_000, 500)
        yield* set(by)
        const later = yield* provide(wait(poller, spaced("5 seconds")))
        yield* pass(10_000, 500)
        yield* set(by)
        yield* pass(35_000, 500)
        assert.deepEqual(times(), [0, 10_000, 15_000, 45_000, 50_000, 55_000, 60_000])
        assert.lengthOf(later.results, 6)
      })
  )

  it.effect("does not change the delays of a schedule, which begins at its time", () =>
    Effect.gen(function*() {
      const { provide, set } = yield* makeWallClock
      const { observer, times } = scriptedObserver(inProgress)
      // As `Schedule.cron` does.
      const everyTenMinutes = Schedule.fromStep(
        Effect.succeed((now: number) =>
          Effect.succeed<[number, Duration.Duration]>([now, Duration.millis(600_000 - now % 600_000)])
        )
      )
      yield* set(7 * 60_000)
      yield* provide(wait(makePoller(observer), everyTenMinutes))
      yield* pass(200_000, 5000)
      yield* set(-3_600_000)
      yield* pass(1_200_000, 5000)
      assert.deepEqual(times(), [0, 180_000, 780_000, 1_380_000])
    }))
})

describe("the context of a caller", () => {
  const policyOf = Effect.gen(function*() {
    return (yield* RetryPolicy.CurrentRetryPolicy)?.callTimeout
  })

  it.effect("applies to its polls, which waiters with the same context share", () =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      const { asked, observer } = scriptedObserver(() =>
        Effect.andThen(Effect.tap(policyOf, (policy) => Effect.sync(() => seen.push(policy))), inProgress())
      )
      const poller = makePoller(observer)
      const strict = RetryPolicy.makeUnsafe({ callTimeout: "3 seconds" })
      const strictly = Effect.provideService(RetryPolicy.CurrentRetryPolicy, strict)
      yield* wait(poller, spaced("10 seconds"))
      yield* strictly(wait(poller, spaced("10 seconds")))
      yield* strictly(wait(poller, spaced("10 seconds")))
      yield* wait(poller, spaced("10 seconds"))
      assert.deepEqual(seen, [undefined, Duration.seconds(3)])
      const other = yield* Effect.provideService(
        wait(poller, spaced("10 seconds")),
        Attempts.OnRetry,
        () => Effect.void
      )
      assert.lengthOf(asked, 3)
      yield* other.stop
      assert.strictEqual(poller.size(), 2)
    }))

  it.effect("collects no attempts of polls, and is no parent of their spans", () =>
    Effect.gen(function*() {
      const spans: Array<unknown> = []
      const collected: Array<unknown> = []
      const { observer } = scriptedObserver(() =>
        Effect.gen(function*() {
          spans.push(yield* Effect.option(Effect.currentParentSpan))
          collected.push(yield* Attempts.CurrentAttempts)
          return operationOf()
        })
      )
      yield* Attempts.withAttempts(wait(makePoller(observer), spaced("10 seconds"))).pipe(Effect.withSpan("caller"))
      assert.deepEqual(spans.map(String), ["none()"])
      assert.deepEqual(collected, [undefined])
    }))
})

describe("many operations", () => {
  it.effect("are polled together when their times are near", () =>
    Effect.gen(function*() {
      const { batches, observer } = scriptedObserver(inProgress)
      const poller = makePoller(observer)
      yield* Effect.forEach([1, 2, 3, 4, 5], (of) => wait(poller, spaced(10_000 + of * 300), { of }))
      yield* pass(12_000, 100)
      assert.deepEqual(batches, [1, 1, 1, 1, 1, 5])
    }))

  it.effect("are polled alone when their times are far apart", () =>
    Effect.gen(function*() {
      const { asked, observer } = scriptedObserver(inProgress)
      const poller = makePoller(observer)
      yield* Effect.forEach([1, 2, 3], (of) => wait(poller, spaced("1 minute"), { of }))
      yield* Effect.forEach([4, 5], (of) => wait(poller, spaced("10 seconds"), { of }))
      yield* pass(21_000, 500)
      assert.lengthOf(asked.filter(({ key }) => key <= 3), 3)
      assert.lengthOf(asked.filter(({ key }) => key > 3), 6)
    }))

  it.effect("are not held up by a slow answer for another operation", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { observer } = scriptedObserver(({ key }) =>
        key === 1 ? Effect.andThen(Deferred.await(gate), inProgress()) : inProgress()
      )
      const poller = makePoller(observer)
      const stuck = yield* wait(poller, spaced("1 second"), { of: 1 })
      const others = yield* Effect.forEach([2, 3, 4], (of) => wait(poller, spaced("1 second"), { of }))
      yield* pass(3500, 500)
      assert.lengthOf(stuck.results, 0)
      for (const { results } of others) assert.lengthOf(results, 4)
    }))
})
