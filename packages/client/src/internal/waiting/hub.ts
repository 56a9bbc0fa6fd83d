// Operations that are looked at, each once for everybody who asks. Those whose turn is near go along when others are
// looked at, since a list costs the same for one more.
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Result from "effect/Result"
import type * as Schedule from "effect/Schedule"
import * as Tracer from "effect/Tracer"
import * as Attempts from "../../Attempts.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { Observer } from "../observing/observer.ts"
import * as Progress from "./history.ts"
import type { Poll, PollError } from "./model.ts"
import * as Driver from "./timer.ts"

/** What a look at an operation came to. */
export interface Look<A extends Operation> {
  /** The operation's looks are counted from 1. */
  readonly number: number
  readonly at: number
  readonly result: Result.Result<A, PollError>
  readonly history: Progress.History | undefined
}

interface Round {
  left: number
  fiber: Fiber.Fiber<void> | undefined
}

interface Entry<A extends Operation> {
  readonly id: OperationId
  readonly drivers: Map<unknown, Driver.Driver>
  answer: Deferred.Deferred<Look<A>>
  look: Look<A> | undefined
  history: Progress.History | undefined
  failures: number
  notBefore: number
  round: Round | undefined
}

/** One waiter's place among those who wait for an operation. */
export interface Place<A extends Operation> {
  readonly entry: Entry<A>
  readonly key: unknown
  readonly driver: Driver.Driver
}

/** However short a schedule's delays are, an operation is not looked at more often than this, in milliseconds. */
export const minInterval = 100

// What asks for longer is asked again after a day, as the account itself is.
const maxWait = 86_400_000

// With fewer than this, each is fetched, and one more costs one more.
const fewest = 3

const makeEntry = <A extends Operation>(id: OperationId, seen: Progress.History | undefined): Entry<A> => ({
  id,
  drivers: new Map(),
  answer: Deferred.makeUnsafe(),
  look: undefined,
  history: seen,
  failures: 0,
  notBefore: 0,
  round: undefined
})

export const makeHub = <A extends Operation>(observer: Observer<A, PollError>) => {
  const entries = new Map<OperationId, Entry<A>>()
  const changed = Latch.makeUnsafe(false)
  let running: { fiber: Fiber.Fiber<never> | undefined } | undefined
  let lastNow = 0

  const asking = (entry: Entry<A>): ReadonlyArray<Driver.Driver> =>
    entry.round === undefined ? [...entry.drivers.values()].filter(({ asking }) => asking > 0) : []

  const dueAt = (entry: Entry<A>): number =>
    asking(entry).reduce((due, driver) => Math.min(due, Math.max(driver.dueAt, entry.notBefore)), Infinity)

  const isNear = (entry: Entry<A>, now: number): boolean =>
    entry.notBefore <= now && asking(entry).some((driver) => Driver.isNear(driver, now))

  const plan = (now: number): { readonly batches: ReadonlyArray<ReadonlyArray<Entry<A>>>; readonly next: number } => {
    const all = [...entries.values()]
    const next = all.reduce((next, entry) => Math.min(next, dueAt(entry)), Infinity)
    if (next > now) return { batches: [], next }
    const near = all.filter((entry) => isNear(entry, now))
    return {
      batches: near.length < fewest ? near.flatMap((entry) => dueAt(entry) <= now ? [[entry]] : []) : [near],
      next
    }
  }

  const leaveRound = (entry: Entry<A>): Round | undefined => {
    const { round } = entry
    entry.round = undefined
    if (round !== undefined) round.left--
    return round
  }

  const takeAnswer = (entry: Entry<A>): Deferred.Deferred<Look<A>> => {
    const { answer } = entry
    entry.answer = Deferred.makeUnsafe()
    return answer
  }

  const deliver = Effect.fnUntraced(function*(entry: Entry<A>, result: Result.Result<A, PollError>) {
    const now = yield* Clock.currentTimeMillis
    leaveRound(entry)
    let asked = 0
    if (Result.isSuccess(result)) {
      const seen = { at: now, operation: result.success }
      entry.history = entry.history === undefined ? Progress.begin(seen) : Progress.add(entry.history, seen)
      entry.failures = 0
    } else {
      asked = Duration.toMillis(RetryPolicy.retryAfter(result.failure) ?? Duration.zero)
      entry.failures++
    }
    entry.notBefore = Math.ceil(now + Math.min(Math.max(minInterval, asked), maxWait))
    entry.look = { number: (entry.look?.number ?? 0) + 1, at: now, result, history: entry.history }
    yield* Deferred.succeed(takeAnswer(entry), entry.look)
  })

  const lookAt = (batch: ReadonlyArray<Entry<A>>) => {
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
          return Deferred.failCause(takeAnswer(entry), cause)
        }, { discard: true })
      )
    )
  }

  const startRound = Effect.fnUntraced(function*(batch: ReadonlyArray<Entry<A>>) {
    const round: Round = { left: batch.length, fiber: undefined }
    for (const entry of batch) entry.round = round
    round.fiber = yield* Effect.forkChild(lookAt(batch))
    if (round.left === 0) yield* Fiber.interrupt(round.fiber)
  })

  const shiftAll = (by: number): void => {
    for (const entry of entries.values()) {
      entry.notBefore -= by
      for (const driver of entry.drivers.values()) Driver.shift(driver, by)
    }
  }

  const run: Effect.Effect<never> = Effect.gen(function*() {
    while (true) {
      yield* changed.close
      const now = yield* Clock.currentTimeMillis
      if (now < lastNow) shiftAll(lastNow - now)
      lastNow = now
      const { batches, next } = plan(now)
      if (batches.length > 0) yield* Effect.forEach(batches, startRound, { discard: true })
      else if (next === Infinity) yield* changed.await
      else yield* Effect.timeoutOption(changed.await, next - now)
    }
  })

  // The polls are nobody's own: they belong to no caller's span, and are collected for nobody.
  const loop = Effect.updateContext(run, (context: Context.Context<never>) => Context.omit(Tracer.ParentSpan)(context))
    .pipe(
      Effect.provideService(Attempts.CurrentAttempts, undefined)
    )

  const enter = Effect.fnUntraced(function*(
    id: OperationId,
    key: unknown,
    schedule: Schedule.Schedule<unknown, Poll>,
    seen: Progress.History | undefined
  ): Effect.fn.Return<Place<A>> {
    const entry = entries.get(id) ?? makeEntry(id, seen)
    const driver = entry.drivers.get(key) ?? Driver.make(schedule)
    driver.users++
    entries.set(id, entry)
    entry.drivers.set(key, driver)
    if (running === undefined) {
      running = { fiber: undefined }
      lastNow = 0
      running.fiber = yield* Effect.forkDetach(loop)
    }
    return { entry, key, driver }
  })

  const leave = ({ driver, entry, key }: Place<A>): Effect.Effect<void> =>
    Effect.suspend(() => {
      driver.users--
      if (driver.users === 0) entry.drivers.delete(key)
      if (entry.drivers.size > 0) return Effect.void
      entries.delete(entry.id)
      const round = leaveRound(entry)
      if (entries.size === 0 && running?.fiber !== undefined) {
        const { fiber } = running
        running = undefined
        return Fiber.interrupt(fiber)
      }
      return round?.fiber !== undefined && round.left === 0 ? Fiber.interrupt(round.fiber) : Effect.void
    })

  const ask = ({ driver, entry }: Place<A>, after: number): Effect.Effect<Look<A>> =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        driver.asking++
        return entry.look !== undefined && entry.look.number > after
          ? Effect.succeed(entry.look)
          : Deferred.await(entry.answer)
      }),
      (answer) => Effect.andThen(changed.open, answer),
      () =>
        Effect.sync(() => {
          driver.asking--
        })
    )

  const pollOf = ({ failures, history, look }: Entry<A>): Poll => ({
    polls: look?.number ?? 0,
    failures,
    progress: history === undefined ? undefined : Progress.toProgress(history)
  })

  /**
   * The newest look after the given one, as soon as there is one; undefined when the schedule has no more. One who has
   * had none gets the last one, as long as it is not older than his schedule would have it.
   */
  const next = Effect.fnUntraced(function*(place: Place<A>, after: number | undefined) {
    const { driver, entry } = place
    const { look } = entry
    if (look === undefined) return yield* ask(place, 0)
    if (after !== undefined && look.number > after) return look
    if (after !== undefined) yield* Driver.follow(driver, look, pollOf(entry))
    else if (Result.isSuccess(look.result)) {
      yield* Driver.follow(driver, look, pollOf(entry))
      if (Driver.isFresh(driver, yield* Clock.currentTimeMillis)) return look
      if (driver.users === 1) Driver.restart(driver)
    }
    return driver.dueAt === Infinity ? undefined : yield* ask(place, look.number)
  })

  return { enter, leave, next, size: () => entries.size }
}
