// The calls of one account and host, in the order in which they were made.
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { monotonicMillis } from "../monotonic.ts"
import type { Call, Gate, Options, Outcome, PaceStore, Ticket, Wait } from "./model.ts"

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
    return Effect.raceFirst(Effect.promise(() => woken), Effect.sleep(Math.ceil(millis)))
  })

export const makeGate = (key: string, options: typeof Options.Type, store: PaceStore<never>): Gate => {
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

  const wakeFirst = Effect.map(monotonicMillis, (now) => first(now)?.wake())

  const insert = (waiter: Waiter) => {
    // A new call goes to the end. Only retries have to find their place.
    if ((queue.at(-1)?.order ?? -1) < waiter.order) queue.push(waiter)
    else queue.splice(queue.findIndex((other) => other.order > waiter.order), 0, waiter)
  }

  const leave = (waiter: Waiter) =>
    Effect.suspend(() => {
      queue.splice(queue.indexOf(waiter), 1)
      return wakeFirst
    })

  // Calls that cannot wait this long fail immediately, not at their deadline.
  const parkUntil = (until: number, now: number) => {
    parkedUntil = until
    for (const waiter of queue) if (waiter.isTooLong(until, now)) waiter.wake()
  }

  // Uninterruptible, but for the wait itself.
  const enter = Effect.fnUntraced(function*<E>(
    restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
    waiter: Waiter,
    onCooldown: Wait<E>["onCooldown"]
  ) {
    while (true) {
      waiter.wakesAt = Infinity
      let now = yield* monotonicMillis
      let until = parkedUntil
      let wait = waiter.notBefore - now
      if (first(now) === waiter) {
        const turn = yield* store.take(key, waiter.resource)
        if (turn._tag === "Granted") {
          doubted = undefined
          return turn.ticket
        }
        wait = turn.wait
        now = yield* monotonicMillis
        parkUntil(turn.parked === "account" ? now + wait : -Infinity, now)
        if (turn.parked === "resource") waiter.notBefore = now + wait
        until = turn.parked === undefined ? -Infinity : now + wait
      } else if (wait <= 0) {
        wait = Math.max(lookAfter, lookAfterEach * queue.indexOf(waiter))
      }
      if (waiter.isTooLong(until, now)) {
        const left = Math.ceil(until - now)
        return yield* Effect.fail(onCooldown((yield* Clock.currentTimeMillis) + left, left))
      }
      if (waiter.notBefore > now) yield* wakeFirst
      yield* restore(pause(waiter, wait, now))
    }
  })

  const settle = Effect.fnUntraced(function*(ticket: Ticket, outcome: Outcome) {
    yield* store.settle(ticket, outcome, queue.length)
    if (outcome.status === 429 || outcome.status === 503) {
      doubted = lastRefused === ticket.resource ? ticket.resource : undefined
      lastRefused = ticket.resource
    }
    yield* wakeFirst
  })

  const call = Effect.sync((): Call => {
    const order = orders++
    quota = Math.min(maxQuota, quota + quotaPerCall)
    return {
      attempt: ({ deadline, maxWait, notBefore, onCooldown, resource, send, toOutcome }) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.suspend(() => {
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
            return Effect.onExit(enter(restore, waiter, onCooldown), () => leave(waiter))
          }).pipe(
            Effect.flatMap((ticket) => Effect.onExit(restore(send), (exit) => settle(ticket, toOutcome(exit))))
          )
        ),
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

  return { call, waiting: Effect.sync(() => queue.length) }
}
