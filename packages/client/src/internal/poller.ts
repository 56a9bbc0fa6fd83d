// The polls that all who wait for an operation share: each operation is looked at once for everybody who asks, and those
// whose turn is near go along when many are looked at, since a list costs the same for one more.
import type { OperationId } from "@effect-comms/domain/Operation"
import type { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as RetryPolicy from "../RetryPolicy.ts"
import type { Poll, PollError } from "../Waiting.ts"
import type { Observer } from "./observe.ts"
import * as Progress from "./progress.ts"

/** What a look at an operation came to. */
export interface Look {
  /** The operation's looks are counted from 1. */
  readonly number: number
  readonly at: number
  readonly result: Result.Result<SenderPoolOperation, PollError>
  readonly history: Progress.History | undefined
}

/** One waiter's share in the polls of an operation. */
export interface Subscription {
  /** The number of the look behind which this waiter begins. */
  readonly from: number
  /** The newest look after the given one, as soon as there is one; undefined when the schedule has no more. */
  readonly next: (after: number) => Effect.Effect<Look | undefined>
}

interface Driver {
  readonly step: (now: number, poll: Poll) => Pull.Pull<[unknown, Duration.Duration], never, unknown>
  users: number
  dueAt: number
}

interface Round {
  left: number
  fiber: Fiber.Fiber<void> | undefined
}

interface Entry {
  readonly id: OperationId
  readonly drivers: Map<unknown, Driver>
  answer: Deferred.Deferred<Look>
  look: Look | undefined
  history: Progress.History | undefined
  failures: number
  notBefore: number
  users: number
  asking: number
  round: Round | undefined
}

/** However short a schedule's delays are, an operation is not looked at more often than this, in milliseconds. */
export const minInterval = 100

// With fewer than this, each is fetched, and one more costs one more.
const fewest = 3

export const makePoller = (observer: Observer<SenderPoolOperation, PollError>) => {
  const entries = new Map<OperationId, Entry>()
  const changed = Latch.makeUnsafe(false)
  let running: { fiber: Fiber.Fiber<never> | undefined } | undefined

  const dueAt = (entry: Entry): number => {
    let due = Infinity
    for (const driver of entry.drivers.values()) due = Math.min(due, driver.dueAt)
    return Math.max(due, entry.notBefore)
  }

  const isWanted = (entry: Entry): boolean => entry.asking > 0 && entry.round === undefined

  const goesAlong = (entry: Entry, now: number): boolean => {
    const due = dueAt(entry)
    return due < Infinity && entry.look !== undefined && entry.notBefore <= now &&
      due - now <= (due - entry.look.at) / 2
  }

  const plan = (now: number): { readonly batch: ReadonlyArray<Entry>; readonly next: number } => {
    const wanted = [...entries.values()].filter(isWanted)
    const due = wanted.filter((entry) => dueAt(entry) <= now)
    return {
      batch: due.length < fewest ? due : wanted.filter((entry) => dueAt(entry) <= now || goesAlong(entry, now)),
      next: wanted.reduce((next, entry) => Math.min(next, dueAt(entry)), Infinity)
    }
  }

  const stepDriver = (driver: Driver, entry: Entry, now: number): Effect.Effect<void> =>
    driver.step(now, {
      polls: entry.look?.number ?? 0,
      failures: entry.failures,
      progress: entry.history === undefined ? undefined : Progress.toProgress(entry.history)
    }).pipe(
      Effect.map(([, delay]) => {
        driver.dueAt = now + Math.max(minInterval, Duration.toMillis(delay))
      }),
      Pull.catchDone(() =>
        Effect.sync(() => {
          driver.dueAt = Infinity
        })
      )
    )

  const leaveRound = (entry: Entry): Round | undefined => {
    const { round } = entry
    entry.round = undefined
    if (round !== undefined) round.left--
    return round
  }

  const deliver = Effect.fnUntraced(function*(entry: Entry, result: Result.Result<SenderPoolOperation, PollError>) {
    const now = yield* Clock.currentTimeMillis
    leaveRound(entry)
    if (Result.isSuccess(result)) {
      const seen = { at: now, operation: result.success }
      entry.history = entry.history === undefined ? Progress.begin(seen) : Progress.add(entry.history, seen)
      entry.failures = 0
    } else {
      entry.failures++
      const asked = RetryPolicy.retryAfter(result.failure)
      if (asked !== undefined) entry.notBefore = now + Duration.toMillis(asked)
    }
    const look: Look = { number: (entry.look?.number ?? 0) + 1, at: now, result, history: entry.history }
    entry.look = look
    yield* Effect.forEach(entry.drivers.values(), (driver) => stepDriver(driver, entry, now), { discard: true })
    const { answer } = entry
    entry.answer = Deferred.makeUnsafe()
    yield* Deferred.succeed(answer, look)
    yield* changed.open
  })

  const lookAt = (batch: ReadonlyArray<Entry>) => {
    const left = new Map(batch.map((entry) => [entry.id, entry]))
    return observer.observe(
      batch.map(({ history, id }) => ({ id, createdAt: history?.last.operation.createdAt.epochMilliseconds })),
      (id, result) => {
        const entry = left.get(id)
        left.delete(id)
        return entry === undefined ? Effect.void : deliver(entry, result)
      }
    ).pipe(
      Effect.catchCause((cause) =>
        Effect.forEach(left.values(), (entry) => {
          leaveRound(entry)
          return Deferred.failCause(entry.answer, cause)
        }, { discard: true })
      )
    )
  }

  const loop: Effect.Effect<never> = Effect.gen(function*() {
    while (true) {
      yield* changed.close
      const now = yield* Clock.currentTimeMillis
      const { batch, next } = plan(now)
      if (batch.length > 0) {
        const round: Round = { left: batch.length, fiber: undefined }
        for (const entry of batch) entry.round = round
        round.fiber = yield* Effect.forkChild(lookAt(batch))
        if (round.left === 0) yield* Fiber.interrupt(round.fiber)
      } else if (next === Infinity) {
        yield* changed.await
      } else {
        yield* Effect.raceFirst(Effect.sleep(next - now), changed.await)
      }
    }
  })

  const isFresh = (entry: Entry, now: number): boolean =>
    entry.look !== undefined && Result.isSuccess(entry.look.result) && now <= dueAt(entry)

  const makeEntry = (id: OperationId, seen: Progress.History | undefined): Entry => ({
    id,
    drivers: new Map(),
    answer: Deferred.makeUnsafe(),
    look: undefined,
    history: seen,
    failures: 0,
    notBefore: 0,
    users: 0,
    asking: 0,
    round: undefined
  })

  const enter = Effect.fnUntraced(function*(
    id: OperationId,
    key: unknown,
    schedule: Schedule.Schedule<unknown, Poll>,
    seen: Progress.History | undefined
  ) {
    const step = yield* Schedule.toStep(schedule)
    const now = yield* Clock.currentTimeMillis
    const entry = entries.get(id) ?? makeEntry(id, seen)
    const fresh = isFresh(entry, now)
    const driver = entry.drivers.get(key) ?? { step, users: 0, dueAt: now }
    entry.users++
    driver.users++
    entries.set(id, entry)
    entry.drivers.set(key, driver)
    const from = (entry.look?.number ?? 0) - (fresh ? 1 : 0)
    const isFirst = running === undefined
    const hub = running ??= { fiber: undefined }
    if (isFirst) hub.fiber = yield* Effect.forkDetach(loop)
    if (fresh && driver.step === step) yield* stepDriver(driver, entry, now)
    return { entry, driver, from }
  })

  const leave = (key: unknown) => ({ driver, entry }: { readonly driver: Driver; readonly entry: Entry }) =>
    Effect.suspend(() => {
      driver.users--
      entry.users--
      if (driver.users === 0) entry.drivers.delete(key)
      if (entry.users > 0) return Effect.void
      entries.delete(entry.id)
      const round = leaveRound(entry)
      if (entries.size === 0 && running?.fiber !== undefined) {
        const { fiber } = running
        running = undefined
        return Fiber.interrupt(fiber)
      }
      return round?.fiber !== undefined && round.left === 0 ? Fiber.interrupt(round.fiber) : Effect.void
    })

  /**
   * Takes part in the polls of an operation, until the scope is closed. Those with the same key share one schedule.
   * `seen` is what is known of the operation already.
   */
  return (
    id: OperationId,
    key: unknown,
    schedule: Schedule.Schedule<unknown, Poll>,
    seen: Progress.History | undefined
  ): Effect.Effect<Subscription, never, Scope.Scope> =>
    Effect.map(
      Effect.acquireRelease(enter(id, key, schedule, seen), leave(key)),
      ({ driver, entry, from }): Subscription => ({
        from,
        next: (after) =>
          Effect.suspend(() => {
            if (entry.look !== undefined && entry.look.number > after) return Effect.succeed(entry.look)
            if (driver.dueAt === Infinity) return Effect.succeed(undefined)
            entry.asking++
            return Effect.ensuring(
              Effect.andThen(changed.open, Deferred.await(entry.answer)),
              Effect.sync(() => {
                entry.asking--
              })
            )
          })
      })
    )
}
