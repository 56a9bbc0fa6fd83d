import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Ref, Scope } from "effect"
import { TestClock } from "effect/testing"
import { prefetch } from "../../../src/internal/paging/prefetch.ts"
import { settle } from "../../utils/script.ts"

/** Counts from 1 to an end, and how often it was asked. */
const counter = Effect.fnUntraced(function*(end: number) {
  const asked = yield* Ref.make(0)
  const next = Effect.map(Ref.updateAndGet(asked, (n) => n + 1), (n) => n > end ? undefined : n)
  return { asked: Ref.get(asked), next }
})

describe("ahead", () => {
  it.effect.each([0, 1, 2, 5])("is never more than %d ahead", (count) =>
    Effect.gen(function*() {
      const { asked, next } = yield* counter(20)
      const take = yield* prefetch(next, count)
      yield* settle
      assert.strictEqual(yield* asked, 0)
      for (let n = 1; n <= 20; n++) {
        assert.strictEqual(yield* take, n)
        yield* settle
        assert.strictEqual(yield* asked, Math.min(n + count, 21))
      }
      assert.isUndefined(yield* take)
      assert.strictEqual(yield* asked, 21)
    }))

  it.effect("does not ask for more because somebody stopped waiting", () =>
    Effect.gen(function*() {
      const { asked, next } = yield* counter(20)
      const take = yield* prefetch(Effect.andThen(Effect.sleep("1 second"), next), 1)
      for (let n = 0; n < 5; n++) {
        const fiber = yield* Effect.forkChild(take)
        yield* settle
        yield* Fiber.interrupt(fiber)
      }
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* asked, 2)
      assert.strictEqual(yield* take, 1)
    }))

  it.effect.each([0, 1, 3])("gives a failure in its turn, %d ahead", (count) =>
    Effect.gen(function*() {
      const { next } = yield* counter(20)
      const take = yield* prefetch(Effect.filterOrFail(next, (n) => n !== 3, () => "no"), count)
      yield* take
      yield* settle
      assert.strictEqual(yield* take, 2)
      assert.strictEqual(yield* Effect.flip(take), "no")
    }))

  it.effect("gives a defect in its turn", () =>
    Effect.gen(function*() {
      const { next } = yield* counter(20)
      const take = yield* prefetch(Effect.filterOrElse(next, (n) => n !== 2, () => Effect.die("bug")), 1)
      assert.strictEqual(yield* take, 1)
      assert.isTrue(Exit.hasDies(yield* Effect.exit(take)))
    }))

  it.effect("ends with its scope, whatever is under way", () =>
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
