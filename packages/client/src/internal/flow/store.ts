import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { monotonicMillis } from "../monotonic.ts"
import * as Learner from "./learner.ts"
import type { Options, Outcome, PaceStore, Ticket, Turn } from "./model.ts"

/** The pace of one process. It decides at once, so that a call that need not wait costs little. */
export interface OwnPace {
  /** Times are in monotonic milliseconds, `random` is a number from 0 to 1. */
  readonly take: (key: string, resource: string, now: number, random: number) => Turn
  readonly settle: (ticket: Ticket, outcome: Outcome, waiting: number, now: number) => void
  /** Whether more requests may be in progress. */
  readonly hasRoom: (key: string, now: number) => boolean
}

/** The pace of one process, kept in memory. */
export const makeOwnPace = ({ limit, maxConcurrency = 64 }: typeof Options.Type): OwnPace => {
  const limits: Learner.Limits = {
    maxConcurrency,
    limit: limit === undefined
      ? undefined
      : { requests: limit.requests, window: Duration.toMillis(limit.window) }
  }
  const states = new Map<string, Learner.State>()
  const stateOf = (key: string) => states.get(key) ?? Learner.initial(limits)
  return {
    take: (key, resource, now, random) => {
      const decision = Learner.take(limits, stateOf(key), resource, now, random)
      if (decision._tag === "Wait") {
        const { for: wait, parked } = decision
        return parked === undefined ? { _tag: "Later", wait } : { _tag: "Later", wait, parked }
      }
      states.set(key, decision.state)
      return { _tag: "Granted", ticket: { key, resource, sentAt: now } }
    },
    settle: (ticket, { retryAfter, status }, waiting, now) => {
      const asked = retryAfter === undefined ? 0 : Duration.toMillis(retryAfter)
      states.set(ticket.key, Learner.settle(limits, stateOf(ticket.key), ticket, { status, asked, waiting }, now))
    },
    hasRoom: (key, now) => Learner.hasRoom(stateOf(key), now)
  }
}

/** The pace of one process as a store. */
export const toStore = (own: OwnPace): PaceStore<never> => ({
  take: (key, resource) =>
    Effect.zipWith(monotonicMillis, Random.next, (now, random) => own.take(key, resource, now, random)),
  settle: (ticket, outcome, waiting) => Effect.map(monotonicMillis, (now) => own.settle(ticket, outcome, waiting, now))
})

const patience = "250 millis"

// A store that failed is not asked again for a while. Otherwise every call would wait for it.
const pause = 10_000

/** A store that uses its own pace when the shared store fails or does not respond in time. */
export const withFallback = (shared: PaceStore, own: PaceStore<never>): PaceStore<never> => {
  let pausedUntil = -Infinity
  const granted = new Set<Ticket>()
  const ask = <A>(effect: Effect.Effect<A, unknown>, orElse: Effect.Effect<A>): Effect.Effect<A> =>
    Effect.flatMap(monotonicMillis, (now) =>
      now < pausedUntil
        ? orElse
        : effect.pipe(
          Effect.interruptible,
          Effect.timeout(patience),
          Effect.catchCause(() => {
            pausedUntil = now + pause
            return orElse
          })
        ))
  return {
    take: (key, resource) =>
      Effect.flatMap(
        ask(Effect.asSome(Effect.suspend(() => shared.take(key, resource))), Effect.succeedNone),
        (turn) => {
          if (turn._tag === "None") return own.take(key, resource)
          if (turn.value._tag === "Granted") granted.add(turn.value.ticket)
          return Effect.succeed<Turn>(turn.value)
        }
      ),
    settle: (ticket, outcome, waiting) =>
      granted.delete(ticket)
        ? ask(Effect.suspend(() => shared.settle(ticket, outcome, waiting)), Effect.void)
        : own.settle(ticket, outcome, waiting)
  }
}
