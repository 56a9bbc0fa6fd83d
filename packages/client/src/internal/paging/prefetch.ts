import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

/**
 * Makes an effect that takes the next result and prefetches `count` more. The first take starts the work; a failure or
 * `undefined` ends it, after all earlier results. Closing the scope interrupts it.
 */
export const prefetch = <A, E, R>(
  next: Effect.Effect<A | undefined, E, R>,
  count: number
): Effect.Effect<Effect.Effect<A | undefined, E, R>, never, Scope.Scope> =>
  count === 0 ? Effect.succeed(next) : Effect.map(Effect.scope, (scope) => {
    const fibers: Array<Fiber.Fiber<A | undefined, E>> = []
    const nextAfter = (last: Fiber.Fiber<A | undefined, E> | undefined) =>
      last === undefined
        ? next
        : Effect.flatMap(Fiber.await(last), (exit) => Exit.isSuccess(exit) && exit.value !== undefined ? next : exit)
    return Effect.gen(function*() {
      while (fibers.length <= count) {
        fibers.push(yield* Effect.forkIn(nextAfter(fibers.at(-1)), scope, { startImmediately: true }))
      }
      const [first] = fibers
      if (first === undefined) return undefined
      const exit = yield* Fiber.await(first)
      fibers.shift()
      return yield* exit
    })
  })
