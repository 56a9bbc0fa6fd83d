import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Order from "effect/Order"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import type { Call, CooldownStore, Gate, Options, Outcome, Wait } from "./model.ts"

export const makeMemoryStore = (): CooldownStore => {
  const untils = new Map<string, number>()
  return {
    read: (key) => Effect.sync(() => untils.get(key) ?? 0),
    write: (key, until) => Effect.sync(() => void untils.set(key, Math.max(until, untils.get(key) ?? 0)))
  }
}

interface Waiter {
  readonly order: number
  readonly isTooLong: (until: number, now: number) => boolean
  readonly go: () => void
  readonly refuse: (until: number, now: number) => void
  isAdmitted: boolean
}

// The number of concurrent requests at the start, and how many successes add one.
const initialConcurrency = 4
const successesPerStep = 4

// The share of the learned rate that is sent, and its growth per second: slow when several refusals agree.
const caution = 0.9
const growthWhenSure = 0.02
const growthWhenUnsure = 0.25
const backOff = 0.8
const forgetAfter = 60_000
const relatedWithin = 10_000

// Idle time does not show that the server accepts more. It counts as a second.
const maxGrowth = 1000

// Up to a tenth of the interval later than the server says, so that processes do not stay in step.
const spread = 0.1

const minLearningTime = 1000
const maxTaken = 4096

// A very long `Retry-After` is honoured for a day, so that it does not stop the account until the program ends.
const maxPark = 86_400_000

export const makeGate = Effect.fnUntraced(function*(
  key: string,
  options: typeof Options.Type,
  store: CooldownStore
): Effect.fn.Return<Gate, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const random = yield* Random.Random
  const { limit, maxConcurrency = 64, quota: maxQuota = 50, quotaPerCall = 0.15 } = options
  // Requests per millisecond: one per cent below the limit, since the network does not keep distances exactly.
  const known = limit === undefined ? undefined : 0.99 * limit.requests / Duration.toMillis(limit.window)

  let orders = 0
  let queue: Array<Waiter> = []
  let underWay = 0
  const minConcurrency = Math.min(initialConcurrency, maxConcurrency)
  let concurrency = minConcurrency
  let rate = known
  let rateAt = 0
  let growth = growthWhenSure
  let refusedAt = -Infinity
  let nextAt = 0
  let parkedUntil = 0
  let quota = maxQuota
  // When the recently accepted requests were sent.
  let taken: Array<number> = []
  let wakeAt = Infinity

  let isOpen = true

  const isFree = (now: number) => !isOpen || (now >= parkedUntil && now >= nextAt && underWay < Math.floor(concurrency))

  const admit = (now: number) => {
    underWay++
    // A whole millisecond, since a clock that counts in milliseconds would wake too early, again and again.
    if (rate !== undefined) nextAt = Math.ceil(now + (1 + spread * random.nextDoubleUnsafe()) / rate)
  }

  // Fail calls that cannot wait this long immediately, not at their deadline.
  const parkUntil = (until: number, now: number) => {
    if (until <= parkedUntil) return
    parkedUntil = until
    const tooLong = queue.filter((waiter) => waiter.isTooLong(until, now))
    queue = queue.filter((waiter) => !waiter.isTooLong(until, now))
    for (const waiter of tooLong) waiter.refuse(until, now)
  }

  // Sends the calls that are due, in order, and wakes for the next one.
  const dispatch: Effect.Effect<void> = Effect.gen(function*() {
    const until = yield* store.read(key)
    const now = yield* Clock.currentTimeMillis
    parkUntil(until, now)
    while (queue.length > 0 && isFree(now)) {
      admit(now)
      queue.shift()?.go()
    }
    if (queue.length === 0 || underWay >= Math.floor(concurrency)) return
    const at = Math.max(parkedUntil, nextAt)
    if (at >= wakeAt && wakeAt > now) return
    wakeAt = at
    yield* Effect.sleep(Duration.millis(Math.max(0, at - now))).pipe(
      Effect.andThen(Effect.suspend(() => {
        if (wakeAt === at) wakeAt = Infinity
        return dispatch
      })),
      Effect.forkIn(scope)
    )
  })

  // Learns from a refusal how many requests the server accepted in the time before it.
  const learn = (sentAt: number, now: number, asked: number) => {
    // Concurrent requests are refused together. They count as one event, which is more certain.
    if (sentAt <= refusedAt) {
      growth = growthWhenSure
      return
    }
    const isNew = now - refusedAt > relatedWithin
    const isAlone = underWay === 0 && queue.length === 0
    refusedAt = now
    rateAt = now
    concurrency = Math.max(minConcurrency, concurrency / 2)
    // One refusal among sequential calls teaches nothing: a real limit would be met again soon.
    if (isNew && isAlone && rate === undefined) return
    growth = isNew ? growthWhenUnsure : growthWhenSure
    if (rate !== undefined) {
      rate = rate * backOff
      return
    }
    const time = Math.max(minLearningTime, asked)
    const count = mostWithin(time, now)
    if (count > 0) rate = caution * count / time
  }

  // The most requests that the server accepted recently in a period of this length. Its limit is at least that.
  const mostWithin = (time: number, now: number): number => {
    const recent = Arr.sort(taken.filter((at) => at > now - forgetAfter - time), Order.Number)
    let most = 0
    for (let from = 0, to = 0; to < recent.length; to++) {
      while ((recent[from] ?? 0) <= (recent[to] ?? 0) - time) from++
      most = Math.max(most, to - from + 1)
    }
    return most
  }

  // Raises the rate every second, up to the known limit, or until no rate is left.
  const grow = (now: number) => {
    if (rate === undefined) return
    rate = Math.min(known ?? Infinity, rate * (1 + growth * Math.min(now - rateAt, maxGrowth) / 1000))
    rateAt = now
    if (known === undefined && now - refusedAt > forgetAfter) rate = undefined
  }

  const settle = Effect.fnUntraced(function*(sentAt: number, { retryAfter, status }: Outcome) {
    const now = yield* Clock.currentTimeMillis
    const asked = retryAfter === undefined ? 0 : Duration.toMillis(retryAfter)
    underWay--
    if (status === 429) learn(sentAt, now, asked)
    else if (status === 503) concurrency = 1
    else if (status !== undefined) {
      if (status < 500) concurrency = Math.min(maxConcurrency, concurrency + 1 / successesPerStep)
      taken.push(sentAt)
      if (taken.length > maxTaken) taken = taken.slice(maxTaken / 2)
      grow(now)
    }
    if ((status === 429 || status === 503) && asked > 0) {
      const until = Math.ceil(now + Math.min(asked, maxPark))
      parkUntil(until, now)
      yield* store.write(key, until)
    }
    yield* dispatch
  })

  const insert = (waiter: Waiter) => {
    // A new call goes to the end. Only a retry returns to its place.
    if ((queue.at(-1)?.order ?? -1) < waiter.order) queue.push(waiter)
    else queue.splice(queue.findIndex((other) => other.order > waiter.order), 0, waiter)
  }

  const leave = (waiter: Waiter) =>
    Effect.suspend(() => {
      queue = queue.filter((other) => other !== waiter)
      // It was admitted, and interrupted before it was sent.
      if (waiter.isAdmitted) underWay--
      return dispatch
    })

  // Uninterruptible, but for the wait itself.
  const enter = Effect.fnUntraced(function*<E2>(
    restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
    order: number,
    { deadline, maxWait, onCooldown }: Wait<E2>
  ) {
    const isTooLong: Waiter["isTooLong"] = (until, now) => until - now > maxWait || (until > now && until >= deadline)
    const read = yield* store.read(key)
    const now = yield* Clock.currentTimeMillis
    parkUntil(read, now)
    if (isTooLong(parkedUntil, now)) return yield* Effect.fail(onCooldown(parkedUntil, parkedUntil - now))
    if (queue.length === 0 && isFree(now)) return admit(now)
    const turn = Deferred.makeUnsafe<void, E2>()
    const waiter: Waiter = {
      order,
      isTooLong,
      isAdmitted: false,
      go: () => {
        waiter.isAdmitted = true
        Deferred.doneUnsafe(turn, Exit.void)
      },
      refuse: (until, now) => Deferred.doneUnsafe(turn, Exit.fail(onCooldown(until, until - now)))
    }
    insert(waiter)
    yield* dispatch
    yield* Effect.onInterrupt(restore(Deferred.await(turn)), () => leave(waiter))
  })

  const call = Effect.sync((): Call => {
    const order = orders++
    quota = Math.min(maxQuota, quota + quotaPerCall)
    return {
      attempt: ({ send, toOutcome, ...wait }) =>
        Effect.uninterruptibleMask((restore) =>
          enter(restore, order, wait).pipe(
            Effect.andThen(Clock.currentTimeMillis),
            Effect.flatMap((sentAt) => Effect.onExit(restore(send), (exit) => settle(sentAt, toOutcome(exit))))
          )
        ),
      isParkedUntil: (at) => parkedUntil >= at,
      takeRetry: () => {
        if (quota < 1) return false
        quota--
        return true
      },
      returnRetry: () => {
        quota = Math.min(maxQuota, quota + 1)
      }
    }
  })

  // After its layer has ended, the queue cannot wake up. It sends waiting and later calls without pacing.
  yield* Scope.addFinalizer(
    scope,
    Effect.suspend(() => {
      isOpen = false
      return dispatch
    })
  )

  return { call, waiting: Effect.sync(() => queue.length) }
})
