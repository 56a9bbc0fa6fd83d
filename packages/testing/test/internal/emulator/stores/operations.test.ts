import { Operation, SenderPoolOperation } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Array, DateTime, Duration, Option, Order, Schema } from "effect"
import { memoryUsage } from "node:process"
import * as OperationStore from "../../../../src/internal/emulator/stores/operations.ts"
import type * as Listing from "../../../../src/internal/listing.ts"
import "../../../utils/limits.ts"

const newest = Date.UTC(2024, 3, 5, 6, 20)

const store = (options?: Partial<OperationStore.Options<SenderPoolOperation.SenderPoolOperation>>) =>
  OperationStore.make({
    family: SenderPoolOperation.family,
    seed: 1,
    operations: 1000,
    newest,
    span: Duration.days(7),
    readDelay: Duration.zero,
    ...options
  })

const list = (
  store: OperationStore.OperationStore<SenderPoolOperation.SenderPoolOperation>,
  query?: Partial<Listing.Query>,
  now = newest
) => store.list({ from: 0, limit: Infinity, ...query }, now).items

const idsOf = (...args: Parameters<typeof list>) => list(...args).map(({ id }) => id)

const plan = { total: 10, duration: Duration.seconds(10) }

const createdIds = () => {
  const operations = store({ operations: 3 })
  return [operations.create(plan, newest).id, operations.create(plan, newest + 1).id]
}

const seeds = Schema.Int

const isOperationId = Schema.is(Operation.OperationId)

describe("a seed", () => {
  it.prop("determines ids, times and stats", [seeds], ([seed]) => {
    assert.deepEqual(list(store({ seed, operations: 50 })), list(store({ seed, operations: 50 })))
  })

  it.prop("gives other ids than another seed", [seeds, seeds], ([one, other]) => {
    if (one === other) return
    const ids = new Set(idsOf(store({ seed: one, operations: 50 })))
    assert.isTrue(idsOf(store({ seed: other, operations: 50 })).every((id) => !ids.has(id)))
  })

  it.prop("gives valid, distinct ids that are found", [seeds], ([seed]) => {
    const operations = store({ seed, operations: 200 })
    const all = list(operations)
    assert.isTrue(all.every(({ id }) => isOperationId(id)))
    assert.strictEqual(new Set(all.map(({ id }) => id)).size, 200)
    for (const operation of all) assert.deepEqual(operations.get(operation.id, newest), Option.some(operation))
  })

  it("determines the ids of created operations", () => {
    assert.deepEqual(createdIds(), createdIds())
  })

  it("gives every status, failures, and completed operations with queued items", () => {
    const all = list(store())
    assert.sameMembers([...new Set(all.map(({ status }) => status))], ["PROCESSING", "COMPLETED", "CANCELED"])
    assert.isTrue(all.some(({ stats }) => stats.failed > 0))
    assert.isTrue(all.some(({ stats, status }) => status === "COMPLETED" && stats.queued > 0))
  })
})

describe("ids", () => {
  it("of another store are not found", () => {
    const operations = store()
    for (const id of idsOf(store({ seed: 2 }))) assert.deepEqual(operations.get(id, newest), Option.none())
  })

  it("beyond the last operation are not found", () => {
    const operations = store({ operations: 10 })
    const ids = idsOf(store({ operations: 20 }))
    assert.deepEqual(ids.map((id) => Option.isSome(operations.get(id, newest))), ids.map((_, i) => i < 10))
  })

  it.each([
    "",
    "comms_operation_",
    "comms_operation_01h9krwprkeee8fzqspvwy6nq8",
    "comms_operation_\u{1f600}",
    "x".repeat(500)
  ])(
    "that are invalid are not found: %j",
    (id) => {
      const operations = store()
      assert.deepEqual(operations.get(id, newest), Option.none())
      assert.deepEqual(operations.advance(id, Duration.zero, newest), Option.none())
    }
  )
})

describe("times", () => {
  it("end at the newest and cover the span", () => {
    const times = list(store({ span: Duration.seconds(10) })).map(({ createdAt }) => DateTime.toEpochMillis(createdAt))
    assert.strictEqual(times[999], newest)
    assert.isAtLeast(times[0] ?? 0, newest - 10_000)
    assert.deepEqual(times, Array.sort(times, Order.Number))
  })

  it.prop("of creation, change and now are in order", [
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e9 }))
  ], ([after]) => {
    const now = newest + after
    for (const { createdAt, updatedAt } of list(store({ operations: 100 }), {}, now)) {
      assert.isTrue(DateTime.isLessThanOrEqualTo(createdAt, updatedAt))
      assert.isAtMost(DateTime.toEpochMillis(updatedAt), now)
    }
  })

  it("are whole milliseconds", () => {
    for (const { updatedAt } of list(store())) assert.isTrue(Number.isInteger(DateTime.toEpochMillis(updatedAt)))
  })

  it("in the future leave an operation in its initial state", () => {
    for (
      const { createdAt, stats, updatedAt } of list(store({ operations: 10, span: Duration.zero }), {}, newest - 1)
    ) {
      assert.strictEqual(stats.queued, stats.total)
      assert.deepEqual(updatedAt, createdAt)
    }
  })
})

describe("list", () => {
  it("includes startDate and excludes endDate", () => {
    const operations = store({ operations: 0 })
    const ids = [0, 1, 1, 2, 3].map((after) => operations.create(plan, newest + after).id)
    const between = (start: number, end: number) =>
      idsOf(operations, {
        startDate: DateTime.makeUnsafe(newest + start),
        endDate: DateTime.makeUnsafe(newest + end)
      }, newest + 10)
    assert.deepEqual(between(0, 4), ids)
    assert.deepEqual(between(1, 3), ids.slice(1, 4))
    assert.deepEqual(between(1, 1), [])
    assert.deepEqual(between(2, 1), [])
    assert.deepEqual(between(4, 9), [])
  })

  it("has a next position only if more items match", () => {
    const operations = store({ operations: 10 })
    assert.deepEqual(operations.list({ from: 0, limit: 10 }, newest).next, Option.none())
    assert.deepEqual(operations.list({ from: 0, limit: 9 }, newest).next, Option.some(9))
    assert.deepEqual(operations.list({ from: 10, limit: 1 }, newest), { items: [], next: Option.none() })
  })

  it("fills a page with matching items", () => {
    const operations = store()
    const slice = operations.list({ from: 0, limit: 5, status: "CANCELED" }, newest)
    assert.lengthOf(slice.items, 5)
    assert.isTrue(slice.items.every(({ status }) => status === "CANCELED"))
  })
})

describe("create", () => {
  it("adds an operation that changes over time", () => {
    const operations = store({ operations: 5 })
    const created = operations.create(plan, newest + 100)
    assert.strictEqual(operations.size(), 6)
    assert.deepEqual({ ...created.stats }, { total: 10, queued: 10, created: 0, failed: 0 })
    assert.strictEqual(DateTime.toEpochMillis(created.createdAt), newest + 100)
    const later = Option.getOrThrow(operations.get(created.id, newest + 3100))
    assert.deepEqual({ ...later.stats }, { total: 10, queued: 7, created: 3, failed: 0 })
    assert.strictEqual(DateTime.toEpochMillis(later.updatedAt), newest + 3100)
    assert.strictEqual(Option.getOrThrow(operations.get(created.id, newest + 10_100)).status, "COMPLETED")
    assert.strictEqual(idsOf(operations, {}, newest + 3100)[5], created.id)
  })

  it("keeps the order of creation when the clock goes back", () => {
    const operations = store({ operations: 0 })
    operations.create(plan, newest)
    assert.strictEqual(DateTime.toEpochMillis(operations.create(plan, newest - 1).createdAt), newest)
  })

  it("makes an operation visible after the delay", () => {
    const operations = store({ operations: 2, readDelay: Duration.seconds(2) })
    const { id } = operations.create(plan, newest)
    assert.deepEqual(operations.get(id, newest + 1999), Option.none())
    assert.lengthOf(list(operations, {}, newest + 1999), 2)
    assert.isTrue(Option.isSome(operations.get(id, newest + 2000)))
    assert.lengthOf(list(operations, {}, newest + 2000), 3)
  })
})

describe("advance", () => {
  it("keeps the time of earlier changes", () => {
    const operations = store({ operations: 0 })
    const { id } = operations.create({ total: 10, duration: Duration.seconds(10) }, newest)
    const updatedAfter = (millis: number) =>
      DateTime.toEpochMillis(Option.getOrThrow(operations.get(id, newest + millis)).updatedAt) - newest
    assert.deepEqual([updatedAfter(0), updatedAfter(2500)], [0, 2000])
    operations.advance(id, Duration.millis(1400), newest + 2500)
    assert.deepEqual([updatedAfter(2500), updatedAfter(2550)], [2500, 2500])
    assert.deepEqual([updatedAfter(2600), updatedAfter(3599), updatedAfter(3600)], [2600, 2600, 3600])
    operations.advance(id, Duration.minutes(1), newest + 4000)
    assert.deepEqual([updatedAfter(4000), updatedAfter(90_000)], [4000, 4000])
  })

  it("moves a created operation ahead, repeatedly", () => {
    const operations = store()
    const { id } = operations.create(plan, newest)
    const once = Option.getOrThrow(operations.advance(id, Duration.seconds(4), newest))
    assert.strictEqual(once.stats.created, 4)
    assert.strictEqual(DateTime.toEpochMillis(once.updatedAt), newest)
    assert.strictEqual(Option.getOrThrow(operations.advance(id, Duration.seconds(6), newest)).status, "COMPLETED")
    assert.strictEqual(Option.getOrThrow(operations.get(id, newest)).status, "COMPLETED")
  })

  it("ignores seeded operations", () => {
    const operations = store()
    for (const id of idsOf(operations).slice(0, 3)) {
      assert.deepEqual(operations.advance(id, Duration.days(1), newest), Option.none())
    }
  })
})

describe("a million operations", () => {
  it("take no memory, and are found at any position", () => {
    const before = memoryUsage().heapUsed
    const operations = store({ operations: 1_000_000 })
    const ids: globalThis.Array<string> = []
    for (const from of [0, 123_456, 999_990]) {
      const slice = operations.list({ from, limit: 10 }, newest)
      ids.push(...slice.items.map(({ id }) => id))
    }
    assert.isBelow(memoryUsage().heapUsed - before, 8_000_000)
    assert.strictEqual(operations.size(), 1_000_000)
    assert.strictEqual(new Set(ids).size, 30)
    for (const id of ids) assert.isTrue(Option.isSome(operations.get(id, newest)))
  })

  it("are listed in one loop", () => {
    const operations = store({ operations: 1_000_000 })
    let from = Option.some(0)
    let count = 0
    let last = -Infinity
    while (Option.isSome(from)) {
      const slice = operations.list({ from: from.value, limit: 1000 }, newest)
      for (const { createdAt } of slice.items) {
        const time = DateTime.toEpochMillis(createdAt)
        if (time < last) assert.fail("out of order")
        last = time
        count++
      }
      from = slice.next
    }
    assert.strictEqual(count, 1_000_000)
  })
})
