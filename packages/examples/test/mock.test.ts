import { SenderPoolOperations } from "@effect-comms/client"
import { CommsError, Operation, SenderPoolOperation } from "@effect-comms/domain"
import { SenderPoolOperationsTest } from "@effect-comms/testing"
import { assert, it } from "@effect/vitest"
import { DateTime, Effect, Stream } from "effect"

const countFailed = Effect.gen(function*() {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  return yield* operations.stream().pipe(Stream.runFold(() => 0, (sum, { stats }) => sum + stats.failed))
})

const operation = new SenderPoolOperation.SenderPoolOperation({
  id: Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq8"),
  status: "COMPLETED",
  stats: { total: 10, queued: 0, created: 8, failed: 2 },
  createdAt: DateTime.makeUnsafe("2024-04-05T06:20:00Z"),
  updatedAt: DateTime.makeUnsafe("2024-04-05T06:21:00Z")
})

it.effect("counts the failed items, and fails if the API is unavailable", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* countFailed, 2)
    const test = yield* SenderPoolOperationsTest.SenderPoolOperationsTest
    yield* test.failNextList(new CommsError.ServiceUnavailable({ errors: [] }))
    assert.strictEqual((yield* Effect.flip(countFailed))._tag, "ServiceUnavailable")
  }).pipe(Effect.provide(SenderPoolOperationsTest.layer([operation]))))
