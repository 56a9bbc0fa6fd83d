import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber, Latch } from "effect"
import { failAfter, sleepUnless } from "../../src/internal/timer.ts"
import { advance, settle } from "../utils/script.ts"

const makeProbe = () => {
  const probe = { interrupted: 0 }
  return {
    probe,
    endless: Effect.onInterrupt(Effect.never, () =>
      Effect.sync(() => {
        probe.interrupted++
      }))
  }
}

/** Runs an effect that ends after a time, and holds that it is still running a millisecond earlier. */
const after = Effect.fnUntraced(function*<A, E>(millis: number, effect: Effect.Effect<A, E>) {
  const fiber = yield* Effect.forkChild(effect)
  yield* advance(millis - 1)
  assert.isUndefined(fiber.pollUnsafe())
  yield* advance(1)
  return yield* Fiber.join(fiber)
})

describe("failAfter", () => {
  it.effect("fails at the time to the millisecond, after the effect was interrupted", () =>
    Effect.gen(function*() {
      const { endless, probe } = makeProbe()
      const failed = Effect.flip(failAfter(endless, 1500, () => probe.interrupted))
      assert.strictEqual(yield* after(1500, failed), 1)
    }))

  it.effect("gives the exit of an effect that ends before", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* failAfter(Effect.succeed(1), 1000, () => "late"), 1)
      assert.strictEqual(yield* Effect.flip(failAfter(Effect.fail("no"), 1000, () => "late")), "no")
      const died = yield* Effect.exit(failAfter(Effect.die("bug"), 1000, () => "late"))
      assert.isTrue(Exit.hasDies(died))
      const fiber = yield* Effect.forkChild(failAfter(Effect.as(Effect.sleep(999), 2), 1000, () => "late"))
      yield* advance(5000)
      assert.strictEqual(yield* Fiber.join(fiber), 2)
    }))

  it.effect("interrupts the effect when it is interrupted", () =>
    Effect.gen(function*() {
      const { endless, probe } = makeProbe()
      const fiber = yield* Effect.forkChild(failAfter(endless, 1000, () => "late"))
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(probe.interrupted, 1)
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
    }))

  it.live("uses the timer of the platform with Effect's own clock", () =>
    Effect.gen(function*() {
      const { endless, probe } = makeProbe()
      assert.strictEqual(yield* Effect.flip(failAfter(endless, 0, () => "late")), "late")
      assert.strictEqual(probe.interrupted, 1)
    }))
})

describe("sleepUnless", () => {
  const never = new Promise<void>(() => {})

  it.effect("sleeps for the time", () =>
    Effect.gen(function*() {
      const slept = Effect.andThen(sleepUnless(never, 1000), Clock.currentTimeMillis)
      assert.strictEqual(yield* after(1000, slept), 1000)
    }))

  it.effect("ends when the promise resolves", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make()
      const fiber = yield* Effect.forkChild(sleepUnless(Effect.runPromise(latch.await), 1000))
      yield* settle
      assert.isUndefined(fiber.pollUnsafe())
      yield* latch.open
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    }))

  it.effect("can be interrupted", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(sleepUnless(never, 1000))
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    }))

  it.live("uses the timer of the platform with Effect's own clock", () => sleepUnless(never, 0))
})
