import { SenderPoolOperations } from "@effect-comms/client"
import { CommsError, Operation, type OperationFamily, SenderPoolOperation } from "@effect-comms/domain"
import { SenderPoolOperationsTest } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Stream } from "effect"

const at = (minute: number) => DateTime.makeUnsafe(`2024-04-05T06:${String(minute).padStart(2, "0")}:00Z`)

const operation = (n: number, status: Operation.OperationStatus = "COMPLETED") =>
  new SenderPoolOperation.SenderPoolOperation({
    id: Operation.OperationId.make(`comms_operation_01h9krwprkeee8fzqspvwy6n${String(n).padStart(2, "0")}`),
    status,
    stats: { total: n, queued: 0, created: n, failed: 0 },
    createdAt: at(n),
    updatedAt: at(n)
  })

const three = [operation(3), operation(1, "PROCESSING"), operation(2)]

const numbers = (operations: ReadonlyArray<SenderPoolOperation.SenderPoolOperation>) =>
  operations.map(({ stats }) => stats.total)

const collect = (params?: OperationFamily.ListParams<Operation.KnownOperationStatus>) =>
  Effect.gen(function*() {
    const operations = yield* SenderPoolOperations.SenderPoolOperations
    return numbers(yield* Stream.runCollect(operations.stream(params)))
  })

const both = Effect.all({
  operations: SenderPoolOperations.SenderPoolOperations,
  test: SenderPoolOperationsTest.SenderPoolOperationsTest
})

describe("SenderPoolOperationsTest", () => {
  it.effect("lists in the order of creation, page by page", () =>
    Effect.gen(function*() {
      const { operations, test } = yield* both
      const first = yield* operations.list({ pageSize: 2 })
      assert.deepStrictEqual(numbers(first.operations), [1, 2])
      const pageToken = first.pagination.next ?? ""
      const second = yield* operations.list({ pageSize: 2, pageToken })
      assert.deepStrictEqual(numbers(second.operations), [3])
      assert.isNull(second.pagination.next)
      assert.deepStrictEqual(yield* collect({ pageSize: 1 }), [1, 2, 3])
      assert.deepStrictEqual(yield* test.calls, { fetch: 0, list: 5 })
    }).pipe(Effect.provide(SenderPoolOperationsTest.layer(three))))

  it.effect.each<
    {
      readonly params: OperationFamily.ListParams<Operation.KnownOperationStatus>
      readonly expected: ReadonlyArray<number>
    }
  >([
    { params: { status: "COMPLETED" }, expected: [2, 3] },
    { params: { status: "CANCELED" }, expected: [] },
    { params: { startDate: at(2) }, expected: [2, 3] },
    { params: { endDate: at(2) }, expected: [1] },
    { params: { startDate: at(2), endDate: at(3) }, expected: [2] }
  ])("filters by $params", ({ expected, params }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* collect(params), expected)
    }).pipe(Effect.provide(SenderPoolOperationsTest.layer(three))))

  it.effect("fetches existing operations only", () =>
    Effect.gen(function*() {
      const { operations, test } = yield* both
      assert.deepStrictEqual(yield* operations.fetch(operation(2).id), operation(2))
      assert.strictEqual((yield* Effect.flip(operations.fetch(operation(9).id)))._tag, "NotFound")
      yield* test.put(operation(9))
      assert.deepStrictEqual(yield* operations.fetch(operation(9).id), operation(9))
      yield* test.put(operation(9, "CANCELED"))
      assert.strictEqual((yield* operations.fetch(operation(9).id)).status, "CANCELED")
      yield* test.set([])
      assert.deepStrictEqual(yield* collect(), [])
    }).pipe(Effect.provide(SenderPoolOperationsTest.layer(three))))

  it.effect("checks input as the client does", () =>
    Effect.gen(function*() {
      const { operations, test } = yield* both
      const errors = yield* Effect.all([
        Effect.flip(operations.fetch("bad")),
        Effect.flip(operations.list({ pageSize: 0 })),
        Effect.flip(operations.list({ startDate: at(2), endDate: at(1) }))
      ])
      assert.deepStrictEqual(
        errors.map((error) => error._tag === "InvalidInput" ? error.field : error._tag),
        ["operationId", "pageSize", "startDate"]
      )
      assert.deepStrictEqual(yield* test.calls, { fetch: 0, list: 0 })
      assert.strictEqual((yield* Effect.flip(operations.list({ pageToken: "another" })))._tag, "BadRequest")
    }).pipe(Effect.provide(SenderPoolOperationsTest.layer(three))))

  it.effect("refuses a token of a list with other filters, as the API does", () =>
    Effect.gen(function*() {
      const { operations } = yield* both
      const { pagination } = yield* operations.list({ pageSize: 1 })
      const pageToken = pagination.next ?? ""
      assert.deepStrictEqual(numbers((yield* operations.list({ pageToken })).operations), [2, 3])
      const error = yield* Effect.flip(operations.list({ pageToken, status: "COMPLETED" }))
      assert.strictEqual(error._tag, "BadRequest")
    }).pipe(Effect.provide(SenderPoolOperationsTest.layer(three))))

  it.effect("fails once for each requested failure", () =>
    Effect.gen(function*() {
      const { operations, test } = yield* both
      yield* test.failNextFetch(new CommsError.Conflict({ errors: [] }))
      yield* test.failNextFetch(new CommsError.InternalServerError({ errors: [] }))
      yield* test.failNextList(new CommsError.ServiceUnavailable({ errors: [] }))
      assert.strictEqual((yield* Effect.flip(operations.fetch(operation(1).id)))._tag, "Conflict")
      assert.strictEqual((yield* Effect.flip(operations.fetch(operation(1).id)))._tag, "InternalServerError")
      assert.deepStrictEqual(yield* operations.fetch(operation(1).id), operation(1, "PROCESSING"))
      assert.strictEqual((yield* Effect.flip(collect()))._tag, "ServiceUnavailable")
      assert.deepStrictEqual(yield* collect(), [1, 2, 3])
    }).pipe(Effect.provide(SenderPoolOperationsTest.layer(three))))

  it.effect("delivers the items before a failure", () =>
    Effect.gen(function*() {
      const { operations, test } = yield* both
      const seen: Array<number> = []
      const error = yield* operations.stream({ pageSize: 2 }, { prefetch: 0 }).pipe(
        Stream.tap(({ stats }) =>
          Effect.andThen(
            Effect.sync(() => seen.push(stats.total)),
            stats.total === 2 ? test.failNextList(new CommsError.TooManyRequests({ errors: [] })) : Effect.void
          )
        ),
        Stream.runDrain,
        Effect.flip
      )
      assert.strictEqual(error._tag, "TooManyRequests")
      assert.deepStrictEqual(seen, [1, 2])
    }).pipe(Effect.provide(SenderPoolOperationsTest.layer(three))))
})
