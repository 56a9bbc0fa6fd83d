// first.test.ts
import { SenderPoolOperations } from "@effect-comms/client"
import { SenderPoolOperationsTest } from "@effect-comms/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

const countFailed = SenderPoolOperations.SenderPoolOperations.use(({ stream }) =>
  Stream.runFold(stream(), () => 0, (sum, { stats }) => sum + stats.failed)
)

it.effect("counts the failed items", () =>
  Effect.gen(function*() {
    const test = yield* SenderPoolOperationsTest.SenderPoolOperationsTest
    yield* test.takes({ polls: 1, failed: 2 })
    assert.strictEqual(yield* countFailed, 2)
  }).pipe(Effect.provide(SenderPoolOperationsTest.layer())))
