// Limits the number of concurrent requests and of requests per second.
//
// Effect's `RateLimiter` needs a store from a layer, and counts requests that are interrupted while they wait.
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import { monotonicMillis } from "../monotonic.ts"

export const makePace = (options: { readonly concurrency: number; readonly perSecond: number }) => {
  const slots = Semaphore.makeUnsafe(options.concurrency)
  const lock = Semaphore.makeUnsafe(1)
  // The times of the last `perSecond` requests.
  const sentAt: Array<number> = []

  const waitForTurn = lock.withPermits(1)(Effect.gen(function*() {
    const [oldest] = sentAt
    if (oldest !== undefined && sentAt.length === options.perSecond) {
      const wait = oldest + 1000 - (yield* monotonicMillis)
      if (wait > 0) yield* Effect.sleep(Duration.millis(Math.ceil(wait)))
      sentAt.shift()
    }
    sentAt.push(yield* monotonicMillis)
  }))

  return <A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    slots.withPermits(1)(Effect.andThen(waitForTurn, request))
}
