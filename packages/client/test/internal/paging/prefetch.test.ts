import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Ref, Scope } from "effect"
import { TestClock } from "effect/testing"
import { prefetch } from "../../../src/internal/paging/prefetch.ts"
import { settle } from "../../utils/script.ts"

/** Counts from 1 to an end, and records how often it ran. */
const counter = Effect.fnUntraced(function*(end: number) {
  const runs = yield* Ref.make(0)
  const next = Effect.map(Ref.updateAndGet(runs, (n) => n + 1), (n) => n > end ? undefined : n)
  return { runs: Ref.get(runs), next }
})

describe("prefetch", () => {
  it.effect.each([0, 1, 2, 5])("is at most %d results ahead", (count) =>
    Effect.gen(function*() {
      const { runs, next } = yield* counter(20)
      const take = yield* prefetch(next, count)
      yield* settle
      assert.strictEqual(yield* runs, 0)
      for (let n = 1; n <= 20; n++) {
        assert.strictEqual(yield* take, n)
        yield* settle
        assert.strictEqual(yield* runs, Math.min(n + count, 21))
      }
      assert.isUndefined(yield* take)
      assert.strictEqual(yield* runs, 21)
    }))

  it.effect("does not prefetch more after interrupted takes", () =>
    Effect.gen(function*() {
      const { runs, next } = yield* counter(20)
      const take = yield* prefetch(Effect.andThen(Effect.sleep("1 second"), next), 1)
      for (let n = 0; n < 5; n++) {
        const fiber = yield* Effect.forkChild(take)
        yield* settle
        yield* Fiber.interrupt(fiber)
      }
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* runs, 2)
      assert.strictEqual(yield* take, 1)
    }))

  it.effect.each([0, 1, 3])("of %d delivers a failure after the results before it", (count) =>
    Effect.gen(function*() {
      const { next } = yield* counter(20)
      const take = yield* prefetch(Effect.filterOrFail(next, (n) => n !== 3, () => "no"), count)
      yield* take
      yield* settle
      assert.strictEqual(yield* take, 2)
      assert.strictEqual(yield* Effect.flip(take), "no")
    }))

  it.effect("delivers a defect after the results before it", () =>
    Effect.gen(function*() {
      const { next } = yield* counter(20)
      const take = yield* prefetch(Effect.filterOrElse(next, (n) => n !== 2, () => Effect.die("bug")), 1)
      assert.strictEqual(yield* take, 1)
      assert.isTrue(Exit.hasDies(yield* Effect.exit(take)))
    }))

  it.effect("interrupts its work when the scope closes", () =>
    Effect.gen(function*() {
      const interrupted = yield* Ref.make(false)
      const scope = yield* Scope.make()
      const take = yield* Scope.provide(
        prefetch(Effect.onInterrupt(Effect.never, () => Ref.set(interrupted, true)), 1),
        scope
      )
      yield* Effect.forkChild(take)
      yield* settle
      assert.isFalse(yield* Ref.get(interrupted))
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(yield* Ref.get(interrupted))
    }))
})
