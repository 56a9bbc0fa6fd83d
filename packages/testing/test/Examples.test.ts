import { RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import { Emulator, Examples, type FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"

const { id } = Examples.senderPoolOperation

const answering = (status: number, body: unknown) => {
  const faults: FaultPlan.FaultPlan = { rules: [{ do: { _tag: "Status", status, body: JSON.stringify(body) } }] }
  return SenderPoolOperations.layer.pipe(
    Layer.provide(Emulator.layerClient),
    Layer.provide(Emulator.layer({ faults })),
    Layer.provideMerge(Layer.succeed(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none))
  )
}

describe("the documented examples, through the whole client", () => {
  it.effect("an operation", () =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const operation = yield* operations.fetch(id)
      assert.strictEqual<string>(operation.id, id)
      assert.strictEqual(operation.status, "COMPLETED")
      assert.isTrue(operation.isTerminal)
      assert.deepStrictEqual(operation.stats, { total: 1, queued: 0, created: 1, failed: 0 })
      assert.strictEqual(DateTime.formatIso(operation.createdAt), "2024-04-05T06:20:00.000Z")
    }).pipe(Effect.provide(answering(200, Examples.senderPoolOperation))))

  it.effect("a page with a completed operation that has queued items", () =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const page = yield* operations.list()
      assert.deepStrictEqual(page.operations.map(({ stats }) => [stats.total, stats.queued]), [[1, 0], [888, 111]])
      assert.isNull(page.pagination.next)
      assert.strictEqual<string>(page.pagination.self, Examples.senderPoolOperationPage.pagination.self)
    }).pipe(Effect.provide(answering(200, Examples.senderPoolOperationPage))))

  it.effect.each(
    [
      { status: 400, tag: "BadRequest" },
      { status: 404, tag: "NotFound" },
      { status: 409, tag: "Conflict" },
      { status: 429, tag: "TooManyRequests" },
      { status: 500, tag: "InternalServerError" },
      { status: 503, tag: "ServiceUnavailable" }
    ] as const
  )("$status is a $tag", ({ status, tag }) =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const error = yield* Effect.flip(operations.fetch(id))
      assert.strictEqual(error._tag, tag)
      const [{ code, message }] = Examples.errors[status].errors
      assert.deepStrictEqual("errors" in error && error.errors.map((error) => ({ ...error })), [
        { code, message, infoUrl: `https://www.twilio.com/docs/api/errors/${code}`, context: null }
      ])
    }).pipe(Effect.provide(answering(status, Examples.errors[status]))))
})
