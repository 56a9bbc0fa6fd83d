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

// Requests under way at once, at the start; and how many successes make it one more.
const initialConcurrency = 4
const successesPerStep = 4

// The share of what the server took that is sent, and by how much of it a second it grows: little when several refusals
// agree, more when it rests on one.
const caution = 0.9
const growthWhenSure = 0.02
const growthWhenUnsure = 0.25
const backOff = 0.8
const forgetAfter = 60_000
const relatedWithin = 10_000

// Idle time is no proof that the server takes more: it counts as a second.
const maxGrowth = 1000

// Later than the server says by up to a tenth of the interval, so that several processes do not stay in step.
const spread = 0.1

const minLearningTime = 1000
const maxTaken = 4096

// A refusal that asks for ages must not stop an account until the program ends: after a day it is asked again.
const maxPark = 86_400_000

export const makeGate = Effect.fnUntraced(function*(
  key: string,
  options: typeof Options.Type,
  store: CooldownStore
): Effect.fn.Return<Gate, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const random = yield* Random.Random
  const { limit, maxConcurrency = 64, quota: maxQuota = 50, quotaPerCall = 0.15 } = options
  // Requests a millisecond. A hundredth less than the limit, since networks do not keep distances exactly.
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
  // When those requests were sent that the server took, of the last while.
  let taken: Array<number> = []
  let wakeAt = Infinity

  let isOpen = true

  const isFree = (now: number) => !isOpen || (now >= parkedUntil && now >= nextAt && underWay < Math.floor(concurrency))

  const admit = (now: number) => {
    underWay++
    // A whole millisecond: a clock that counts in them would wake a hair too early, and again at once, without end.
    if (rate !== undefined) nextAt = Math.ceil(now + (1 + spread * random.nextDoubleUnsafe()) / rate)
  }

  // Those who cannot wait so long learn it now, not when their time is over.
  const parkUntil = (until: number, now: number) => {
    if (until <= parkedUntil) return
    parkedUntil = until
    const tooLong = queue.filter((waiter) => waiter.isTooLong(until, now))
    queue = queue.filter((waiter) => !waiter.isTooLong(until, now))
    for (const waiter of tooLong) waiter.refuse(until, now)
  }

  // Lets go whoever may, in order, and sees to it that somebody wakes for the next one.
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

  // What a refusal teaches: how many requests the server took in the time before it.
  const learn = (sentAt: number, now: number, asked: number) => {
    // Those that were under way together are refused together: one event, and the surer for it.
    if (sentAt <= refusedAt) {
      growth = growthWhenSure
      return
    }
    const isNew = now - refusedAt > relatedWithin
    const isAlone = underWay === 0 && queue.length === 0
    refusedAt = now
    rateAt = now
    concurrency = Math.max(minConcurrency, concurrency / 2)
    // One call after another, and one refusal: a limit would be met again soon, so nothing is known yet.
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

  // The most requests that the server took in any such time of late: its limit is no less than that.
  const mostWithin = (time: number, now: number): number => {
    const recent = Arr.sort(taken.filter((at) => at > now - forgetAfter - time), Order.Number)
    let most = 0
    for (let from = 0, to = 0; to < recent.length; to++) {
      while ((recent[from] ?? 0) <= (recent[to] ?? 0) - time) from++
      most = Math.max(most, to - from + 1)
    }
    return most
  }

  // A little more each second, up to the limit that is known; without one, until there is none any more.
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
    // A new call goes to the end; only retries look for their place.
    if ((queue.at(-1)?.order ?? -1) < waiter.order) queue.push(waiter)
    else queue.splice(queue.findIndex((other) => other.order > waiter.order), 0, waiter)
  }

  const leave = (waiter: Waiter) =>
    Effect.suspend(() => {
      queue = queue.filter((other) => other !== waiter)
      // It was let go, and interrupted before it went.
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

  // Nobody wakes a queue whose layer has ended: who waits is let go, and who calls later is not paced.
  yield* Scope.addFinalizer(
    scope,
    Effect.suspend(() => {
      isOpen = false
      return dispatch
    })
  )

  return { call, waiting: Effect.sync(() => queue.length) }
})
