// Waits that end early. `Effect.raceFirst` would run two more fibers for each, and a call has one or two such waits.
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

// The longest time that timers of a platform take.
const maxMillis = 2 ** 31 - 1

/** Calls a function after a time. Returns the function that cancels that. */
const schedule = ({ context }: Fiber.Fiber<unknown, unknown>, millis: number, f: () => void): () => void => {
  if (Context.getOrUndefined(context, Clock.Clock) === undefined && millis <= maxMillis) {
    // The program has no clock of its own. Effect's default clock would use this timer too, in one more fiber.
    const timer = setTimeout(f, millis)
    return () => clearTimeout(timer)
  }
  const sleeping = Effect.runForkWith(context)(Effect.sleep(Duration.millis(millis)))
  sleeping.addObserver((exit) => {
    if (Exit.isSuccess(exit)) f()
  })
  return () => sleeping.interruptUnsafe()
}

/** Sleeps until the time is over or the promise resolves. */
export const sleepUnless = (woken: Promise<void>, millis: number): Effect.Effect<void> =>
  Effect.withFiber((fiber) =>
    Effect.callback<void>((resume) => {
      const cancel = schedule(fiber, millis, () => resume(Effect.void))
      void woken.then(() => {
        cancel()
        resume(Effect.void)
      })
      return Effect.sync(cancel)
    })
  )

/** Interrupts an effect that takes longer than the time, and fails. */
export const failAfter = <A, E, E2>(
  effect: Effect.Effect<A, E>,
  millis: number,
  toError: () => E2
): Effect.Effect<A, E | E2> =>
  Effect.withFiber((fiber) =>
    Effect.callback<A, E | E2>((resume) => {
      const running = Effect.runForkWith(fiber.context)(effect)
      const cancel = schedule(fiber, millis, () =>
        resume(Effect.andThen(
          Fiber.interrupt(running),
          Effect.suspend(() => Effect.fail(toError()))
        )))
      running.addObserver((exit) => {
        cancel()
        resume(exit)
      })
      return Effect.suspend(() => {
        cancel()
        return Fiber.interrupt(running)
      })
    })
  )
