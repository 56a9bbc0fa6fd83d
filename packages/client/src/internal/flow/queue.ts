// The calls of one account and host, in the order in which they were made.
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import { monotonicMillisOf } from "../monotonic.ts"
import { sleepUnless } from "../timer.ts"
import type { Attempting, Call, Gate, Options, Outcome, PaceStore, Ticket, Turn, Wait } from "./model.ts"
import type { OwnPace } from "./store.ts"

interface Waiter {
  readonly order: number
  readonly resource: string
  readonly isTooLong: (until: number, now: number) => boolean
  notBefore: number
  wakesAt: number
  wake: () => void
}

// The event of a waiter whose timer is this late has ended, so the next waiter takes its turn.
const grace = 1000

// Only the first waiter asks for a turn. The others check from time to time whether they are first, less often the more
// of them there are.
const lookAfter = 1000
const lookAfterEach = 10

/**
 * Waits for a time, or until the waiter is woken.
 *
 * Runtimes such as Cloudflare's workerd bind timers and requests to the event that started them, and drop them when it
 * ends. So each waiter has its own timer, and is woken by a native promise, which resumes in the event that made it.
 */
const pause = (waiter: Waiter, millis: number, now: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    waiter.wakesAt = now + millis
    const woken = new Promise<void>((resolve) => {
      waiter.wake = resolve
    })
    // Timers count whole milliseconds, so a fraction would wake too early.
    return sleepUnless(woken, Math.ceil(millis))
  })

/** Makes the queue of a key. `shared` is the store that decides instead of `own`, if there is one. */
export const makeGate = (
  key: string,
  options: typeof Options.Type,
  own: OwnPace,
  shared: PaceStore<never> | undefined
): Gate => {
  const { quota: maxQuota = 50, quotaPerCall = 0.15 } = options
  let orders = 0
  let quota = maxQuota
  let parkedUntil = -Infinity
  let lastRefused: string | undefined
  let doubted: string | undefined
  const queue: Array<Waiter> = []

  // After a second refusal of one resource, another one shows whether the account is refused.
  const first = (now: number): Waiter | undefined => {
    const isReady = ({ notBefore, wakesAt }: Waiter) => notBefore <= now && wakesAt + grace >= now
    return (doubted === undefined
      ? undefined
      : queue.find((waiter) => waiter.resource !== doubted && isReady(waiter))) ?? queue.find(isReady)
  }

  const wakeFirst = (clock: Clock.Clock) => {
    if (queue.length > 0) first(monotonicMillisOf(clock))?.wake()
  }

  const insert = (waiter: Waiter) => {
    // A new call goes to the end. Only retries have to find their place.
    if ((queue.at(-1)?.order ?? -1) < waiter.order) queue.push(waiter)
    else queue.splice(queue.findIndex((other) => other.order > waiter.order), 0, waiter)
  }

  const leave = (waiter: Waiter, clock: Clock.Clock, isGranted: boolean) => {
    if (queue[0] === waiter) queue.shift()
    else queue.splice(queue.indexOf(waiter), 1)
    // Without room, the end of a request wakes the next waiter.
    if (!isGranted || shared !== undefined || own.hasRoom(key, monotonicMillisOf(clock))) wakeFirst(clock)
  }

  // Calls that cannot wait this long fail immediately, not at their deadline.
  const parkUntil = (until: number, now: number) => {
    if (until === parkedUntil) return
    parkedUntil = until
    for (const waiter of queue) if (waiter.isTooLong(until, now)) waiter.wake()
  }

  const takeOwn = (resource: string, fiber: Fiber.Fiber<unknown, unknown>): Turn =>
    own.take(
      key,
      resource,
      monotonicMillisOf(fiber.getRef(Clock.Clock)),
      fiber.getRef(Random.Random).nextDoubleUnsafe()
    )

  const take = (resource: string): Effect.Effect<Turn> =>
    shared === undefined
      ? Effect.withFiber((fiber) => Effect.succeed(takeOwn(resource, fiber)))
      : shared.take(key, resource)

  // Uninterruptible, but for the wait itself.
  const enter = Effect.fnUntraced(function*<E>(
    restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
    clock: Clock.Clock,
    waiter: Waiter,
    limits: Wait<E>
  ) {
    const { deadline } = limits
    while (true) {
      waiter.wakesAt = Infinity
      let now = monotonicMillisOf(clock)
      let until = parkedUntil
      let wait = waiter.notBefore - now
      if (now >= deadline) return yield* Effect.fail(limits.onTimeout())
      if (first(now) === waiter) {
        const turn = yield* take(waiter.resource)
        if (turn._tag === "Granted") {
          doubted = undefined
          return turn.ticket
        }
        wait = turn.wait
        now = monotonicMillisOf(clock)
        parkUntil(turn.parked === "account" ? now + wait : -Infinity, now)
        if (turn.parked === "resource") waiter.notBefore = now + wait
        until = turn.parked === undefined ? -Infinity : now + wait
      } else if (wait <= 0) {
        // A new waiter is the last one. Timers of few different lengths cost less.
        const place = lookAfterEach * queue.lastIndexOf(waiter) / lookAfter
        wait = lookAfter * 2 ** Math.ceil(Math.log2(Math.max(1, place)))
      }
      if (waiter.isTooLong(until, now)) {
        const left = Math.ceil(until - now)
        return yield* Effect.fail(limits.onCooldown(clock.currentTimeMillisUnsafe() + left, left))
      }
      if (waiter.notBefore > now) wakeFirst(clock)
      yield* restore(pause(waiter, Math.min(wait, deadline - now), now))
    }
  })

  const settled = (ticket: Ticket, { status }: Outcome, clock: Clock.Clock) => {
    if (status === 429 || status === 503) {
      doubted = lastRefused === ticket.resource ? ticket.resource : undefined
      lastRefused = ticket.resource
    }
    wakeFirst(clock)
  }

  const settle = (ticket: Ticket, outcome: Outcome, clock: Clock.Clock): Effect.Effect<void> => {
    if (shared !== undefined) {
      return Effect.map(shared.settle(ticket, outcome, queue.length), () => settled(ticket, outcome, clock))
    }
    own.settle(ticket, outcome, queue.length, monotonicMillisOf(clock))
    settled(ticket, outcome, clock)
    return Effect.void
  }

  // Most calls find no queue and a free place. They need no waiter.
  const takeAtOnce = <A, E>(
    { deadline, notBefore, resource }: Attempting<A, E>,
    fiber: Fiber.Fiber<unknown, unknown>
  ): Ticket | undefined => {
    if (shared !== undefined || queue.length > 0) return undefined
    const now = monotonicMillisOf(fiber.getRef(Clock.Clock))
    if (notBefore > now || now >= deadline) return undefined
    const turn = takeOwn(resource, fiber)
    if (turn._tag === "Later") return undefined
    doubted = undefined
    return turn.ticket
  }

  const wait = <A, E>(
    restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
    clock: Clock.Clock,
    order: number,
    attempting: Attempting<A, E>
  ): Effect.Effect<Ticket, E> => {
    const { deadline, maxWait, notBefore, resource } = attempting
    const waiter: Waiter = {
      order,
      resource,
      notBefore,
      // A millisecond more, which is what fractions add up to.
      isTooLong: (until, now) => until > now && (until - now > maxWait + 1 || until >= deadline),
      wakesAt: Infinity,
      wake: () => {}
    }
    insert(waiter)
    return Effect.onExit(enter(restore, clock, waiter, attempting), (exit) => {
      leave(waiter, clock, Exit.isSuccess(exit))
      return Effect.void
    })
  }

  const attempt = <A, E>(order: number, attempting: Attempting<A, E>): Effect.Effect<A, E> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.withFiber((fiber) => {
        const clock = fiber.getRef(Clock.Clock)
        const go = (ticket: Ticket) =>
          Effect.onExit(restore(attempting.send), (exit) => settle(ticket, attempting.toOutcome(exit), clock))
        const ticket = takeAtOnce(attempting, fiber)
        return ticket === undefined ? Effect.flatMap(wait(restore, clock, order, attempting), go) : go(ticket)
      })
    )

  const takeRetry = () => {
    if (quota < 1) return false
    quota--
    return true
  }

  const returnRetry = () => {
    quota = Math.min(maxQuota, quota + 1)
  }

  const call = Effect.sync((): Call => {
    const order = orders++
    quota = Math.min(maxQuota, quota + quotaPerCall)
    return { attempt: (attempting) => attempt(order, attempting), takeRetry, returnRetry }
  })

  return { call, waiting: Effect.sync(() => queue.length) }
}
