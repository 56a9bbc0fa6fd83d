// At most so many requests at a time, and so many in any second, over all that share the pace.
//
// Not Effect's `RateLimiter`: that one is built by an effect, from a store that a layer makes, and a request that is
// interrupted while it waits for its turn stays counted.
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

export interface Pace {
  <A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R>
}

export const makePace = (options: { readonly concurrency: number; readonly perSecond: number }): Pace => {
  const atOnce = Semaphore.makeUnsafe(options.concurrency)
  const oneByOne = Semaphore.makeUnsafe(1)
  // When the last of them were sent, as many as may be sent in a second.
  const sentAt: Array<number> = []

  const turn = oneByOne.withPermits(1)(Effect.gen(function*() {
    const [oldest] = sentAt
    if (oldest !== undefined && sentAt.length === options.perSecond) {
      const wait = oldest + 1000 - (yield* Clock.currentTimeMillis)
      // A clock that is set back must not stop anybody for longer than the second that there is to wait.
      if (wait > 0) yield* Effect.sleep(Duration.millis(Math.min(wait, 1000)))
      sentAt.shift()
    }
    sentAt.push(yield* Clock.currentTimeMillis)
  }))

  return (request) => atOnce.withPermits(1)(Effect.andThen(turn, request))
}
