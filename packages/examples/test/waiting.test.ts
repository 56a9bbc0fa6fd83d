import { SenderPoolOperations } from "@effect-comms/client"
import { SenderPoolOperationsTest } from "@effect-comms/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

const report = Effect.fn("report")(function*(id: string) {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  const outcome = yield* operations.awaitCompletion(id)
  return outcome._tag === "CompletedWithFailures" ? `${outcome.failed} failed` : outcome._tag
})

it.effect("says how many failed", () =>
  Effect.gen(function*() {
    const test = yield* SenderPoolOperationsTest.SenderPoolOperationsTest
    const { id } = yield* test.takes({ polls: 3, failed: 2 })
    const fiber = yield* Effect.forkChild(report(id))
    yield* Effect.repeat(TestClock.adjust("1 second"), { times: 60 })
    assert.strictEqual(yield* Fiber.join(fiber), "2 failed")
  }).pipe(Effect.provide(SenderPoolOperationsTest.layer())))
