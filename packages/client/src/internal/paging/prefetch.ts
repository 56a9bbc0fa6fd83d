// Works ahead of whoever takes the results, by so many and no more.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"

/**
 * Makes the effect that takes the next result. Nothing is begun before the first is taken; `undefined` and a failure are
 * the last, and come in their turn. The scope's end interrupts what is under way.
 */
export const prefetch = <A, E, R>(
  next: Effect.Effect<A | undefined, E, R>,
  count: number
): Effect.Effect<Effect.Effect<A | undefined, E, R>, never, Scope.Scope> =>
  count === 0 ? Effect.succeed(next) : Effect.map(
    Effect.all([Effect.scope, Queue.unbounded<Exit.Exit<A | undefined, E>>(), Semaphore.make(0)]),
    // The permits are how many results may be asked for in all, and none is given back.
    ([scope, results, turns]) => {
      const work = turns.take(1).pipe(
        Effect.andThen(Effect.exit(next)),
        Effect.tap((exit) => Queue.offer(results, exit)),
        Effect.repeat({ while: (exit) => Exit.isSuccess(exit) && exit.value !== undefined })
      )
      let begun = false
      let taken = 0
      return Effect.gen(function*() {
        yield* turns.resize(taken + 1 + count)
        if (!begun) {
          begun = true
          yield* Effect.forkIn(work, scope)
        }
        const exit = yield* Queue.take(results)
        taken++
        return yield* exit
      })
    }
  )
