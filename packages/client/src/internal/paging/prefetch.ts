import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/**
 * Makes an effect that takes the next result and prefetches `count` more. The first take starts the work; a failure or
 * `undefined` ends it, after all earlier results. Closing the scope interrupts it.
 */
export const prefetch = <A, E, R>(
  next: Effect.Effect<A | undefined, E, R>,
  count: number
): Effect.Effect<Effect.Effect<A | undefined, E, R>, never, Scope.Scope> =>
  count === 0 ? Effect.succeed(next) : Effect.map(
    Effect.all([Effect.scope, Queue.unbounded<Exit.Exit<A | undefined, E>>(), Semaphore.make(0)]),
    // The permits are the total number of results that may be requested. They are never released.
    ([scope, results, allowed]) => {
      const work = allowed.take(1).pipe(
        Effect.andThen(Effect.exit(next)),
        Effect.tap((exit) => Queue.offer(results, exit)),
        Effect.repeat({ while: (exit) => Exit.isSuccess(exit) && exit.value !== undefined })
      )
      let isStarted = false
      let taken = 0
      return Effect.gen(function*() {
        yield* allowed.resize(taken + 1 + count)
        if (!isStarted) {
          isStarted = true
          yield* Effect.forkIn(work, scope)
        }
        const exit = yield* Queue.take(results)
        taken++
        return yield* exit
      })
    }
  )
