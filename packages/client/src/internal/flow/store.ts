import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { monotonicMillis } from "../monotonic.ts"
import * as Learner from "./learner.ts"
import type { Options, PaceStore, Ticket, Turn } from "./model.ts"

/** The pace of one process, kept in memory. */
export const makeMemoryStore = ({ limit, maxConcurrency = 64 }: typeof Options.Type): PaceStore<never> => {
  const limits: Learner.Limits = {
    maxConcurrency,
    limit: limit === undefined
      ? undefined
      : { requests: limit.requests, window: Duration.toMillis(limit.window) }
  }
  const states = new Map<string, Learner.State>()
  const stateOf = (key: string) => states.get(key) ?? Learner.initial(limits)
  return {
    take: Effect.fnUntraced(function*(key, resource) {
      const now = yield* monotonicMillis
      const decision = Learner.take(limits, stateOf(key), resource, now, yield* Random.next)
      if (decision._tag === "Wait") {
        const { for: wait, parked } = decision
        return parked === undefined ? { _tag: "Later", wait } : { _tag: "Later", wait, parked }
      }
      states.set(key, decision.state)
      return { _tag: "Granted", ticket: { key, resource, sentAt: now } }
    }),
    settle: Effect.fnUntraced(function*(ticket, { retryAfter, status }, waiting) {
      const now = yield* monotonicMillis
      const asked = retryAfter === undefined ? 0 : Duration.toMillis(retryAfter)
      states.set(
        ticket.key,
        Learner.settle(limits, stateOf(ticket.key), ticket, { status, asked, waiting }, now)
      )
    })
  }
}

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
        ask(Effect.asSome(shared.take(key, resource)), Effect.succeedNone),
        (turn) => {
          if (turn._tag === "None") return own.take(key, resource)
          if (turn.value._tag === "Granted") granted.add(turn.value.ticket)
          return Effect.succeed<Turn>(turn.value)
        }
      ),
    settle: (ticket, outcome, waiting) =>
      granted.delete(ticket)
        ? ask(shared.settle(ticket, outcome, waiting), Effect.void)
        : own.settle(ticket, outcome, waiting)
  }
}
