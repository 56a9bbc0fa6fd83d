import { SenderPoolOperations, SenderPools, Senders } from "@effect-comms/client"
import type { Sender, SenderPool } from "@effect-comms/domain"
import type { Emulator, OperationPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import { createPool, held, inProcess, onPort, refsOf, senderIds, unknownPool, unknownSender } from "./utils/pools.ts"
import { assertTag, get, moving } from "./utils/wiring.ts"

const pools = SenderPools.SenderPools

const members = Effect.fnUntraced(function*(senderPoolId: string, params?: Sender.ListParams) {
  const { streamSenders } = yield* pools
  return (yield* Stream.runCollect(streamSenders({ senderPoolId, ...params }))).map(({ id }) => id)
})

const outcomeOf = (operationId: string) =>
  Effect.flatMap(
    SenderPoolOperations.SenderPoolOperations,
    ({ awaitCompletion }) => moving(awaitCompletion(operationId), "200 millis")
  )

const fetchOperation = (operationId: string) =>
  Effect.flatMap(SenderPoolOperations.SenderPoolOperations, ({ fetch }) => fetch(operationId))

/** The status for deleting what is at a path. */
const statusOf = (path: string) =>
  Effect.map(get(`/v1/SenderPools/${path}`, { method: "DELETE" }), ({ status }) => status)

const writes = (writes: Emulator.Writes): Emulator.Options => ({ writes })

describe.each([["in process", inProcess], ["on a port", onPort]] as const)("a new pool %s", (_, wiring) => {
  it.effect("appears with an operation, and its members appear as the operation moves", () =>
    Effect.gen(function*() {
      const ids = yield* senderIds(10)
      const { operationId, poolId } = yield* createPool([...ids.slice(0, 5), unknownSender, ...ids.slice(5)])
      assert.deepEqual({ ...(yield* fetchOperation(operationId)).stats }, {
        total: 11,
        queued: 11,
        created: 0,
        failed: 0
      })
      assert.deepEqual<ReadonlyArray<string>>(yield* members(poolId), [])
      yield* TestClock.adjust("1 second")
      const half = yield* fetchOperation(operationId)
      assert.strictEqual(half.status, "PROCESSING")
      assert.strictEqual(half.stats.created, 5)
      assert.deepEqual(yield* members(poolId), ids.slice(0, 5))
      yield* TestClock.adjust("1 second")
      const { stats, status } = yield* fetchOperation(operationId)
      assert.deepEqual([status, { ...stats }], ["COMPLETED", { total: 11, queued: 0, created: 10, failed: 1 }])
      assert.deepEqual(yield* members(poolId), ids)
      const { senderPools } = yield* Effect.flatMap(pools, ({ list }) => list({ operationId }))
      assert.deepEqual(senderPools.map(({ id, name }) => [id, name]), [[poolId, "Sales"]])
    }).pipe(Effect.provide(wiring())))
})

describe("a new pool", () => {
  it.effect("answers 202 with the operation in the body and in Location", () =>
    Effect.gen(function*() {
      const { body, headers, status } = yield* get("/v1/SenderPools", {
        method: "POST",
        body: JSON.stringify({ name: "Sales", tags: { region: "APAC" } })
      })
      assert.strictEqual(status, 202)
      const [created] = yield* held
      const { senderPools } = yield* Effect.flatMap(pools, ({ list }) => list())
      assert.deepEqual(senderPools.map(({ name, tags }) => ({ name, tags: { ...tags } })), [
        { name: "Sales", tags: { region: "APAC" } }
      ])
      const operationId = /comms_operation_\w+/.exec(body)?.[0] ?? ""
      const location = `https://comms.twilio.com/v1/SenderPools/Operations/${operationId}`
      assert.deepEqual(JSON.parse(body), { operationId, operationLocation: location })
      assert.strictEqual(headers["location"], location)
      assert.strictEqual((yield* outcomeOf(operationId))._tag, "Completed")
      assert.strictEqual(created?.pool.id, senderPools[0]?.id)
    }).pipe(Effect.provide(inProcess())))

  it.effect("needs neither a name nor Senders", () =>
    Effect.gen(function*() {
      const { operationId, poolId } = yield* createPool([])
      const { create, fetch } = yield* pools
      yield* create({})
      assert.strictEqual((yield* outcomeOf(operationId)).operation.stats.total, 0)
      assert.deepEqual(yield* members(poolId), [])
      assert.deepEqual((yield* held).map(({ pool }) => pool.name), ["Sales", ""])
      assert.strictEqual((yield* fetch(poolId)).name, "Sales")
    }).pipe(Effect.provide(inProcess())))

  const ends: ReadonlyArray<readonly [string, Omit<OperationPlan.OperationPlan, "total">, created: number]> = [
    ["canceled", { duration: Duration.seconds(2), end: "CANCELED", endsAt: 0.5 }, 5],
    ["never done", { duration: Duration.seconds(2), end: "PROCESSING", endsAt: 0.3 }, 3]
  ]

  it.effect.each(ends)(
    "has some of its members if its operation is %s, and the others can be added again",
    ([, plan, created]) =>
      Effect.gen(function*() {
        const ids = yield* senderIds(10)
        const { operationId, poolId } = yield* createPool(ids)
        yield* TestClock.adjust("1 hour")
        const { stats } = yield* fetchOperation(operationId)
        assert.deepEqual({ ...stats }, { total: 10, queued: 10 - created, created, failed: 0 })
        assert.deepEqual(yield* members(poolId), ids.slice(0, created))
        const { addSenders } = yield* pools
        const added = yield* addSenders(poolId, refsOf(ids.slice(created, created + 5)))
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* fetchOperation(added.operationId)).stats.failed, 0)
        assert.isAbove((yield* members(poolId)).length, created)
      }).pipe(Effect.provide(inProcess(writes({ plan }))))
  )
})

describe("added Senders", () => {
  it.effect("appear with their own operation, after those before them", () =>
    Effect.gen(function*() {
      const ids = yield* senderIds(6)
      const { poolId } = yield* createPool(ids.slice(0, 2))
      const { addSenders } = yield* pools
      const { operationId, operationLocation } = yield* addSenders(poolId, refsOf([unknownSender, ...ids.slice(2)]))
      assert.strictEqual(
        operationLocation,
        `https://comms.twilio.com/v1/SenderPools/${poolId}/Senders/Operations/${operationId}`
      )
      assert.strictEqual((yield* outcomeOf(operationId)).operation.stats.failed, 1)
      assert.deepEqual(yield* members(poolId), ids)
      const { senderPools } = yield* Effect.flatMap(pools, ({ list }) => list({ operationId }))
      assert.deepEqual(senderPools, [])
    }).pipe(Effect.provide(inProcess())))

  it.effect.each(["created", "failed"] as const)(
    "that are members already are %s, and stay members once",
    (addTwice) =>
      Effect.gen(function*() {
        const ids = yield* senderIds(4)
        const { poolId } = yield* createPool(ids.slice(0, 2))
        const { addSenders, removeSender } = yield* pools
        const twice = yield* addSenders(poolId, refsOf([...ids.slice(1), ...ids.slice(2)]))
        yield* TestClock.adjust("1 hour")
        const { stats } = yield* fetchOperation(twice.operationId)
        const failed = addTwice === "failed" ? 3 : 0
        assert.deepEqual({ ...stats }, { total: 5, queued: 0, created: 5 - failed, failed })
        assert.deepEqual(yield* members(poolId), ids)
        yield* removeSender(poolId, ids[0] ?? "")
        assert.deepEqual(yield* members(poolId), ids.slice(1))
        const again = yield* addSenders(poolId, refsOf(ids.slice(0, 1)))
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* fetchOperation(again.operationId)).stats.created, 1)
        assert.deepEqual(yield* members(poolId), [...ids.slice(1), ids[0]])
      }).pipe(Effect.provide(inProcess(writes({ addTwice }))))
  )

  it.effect("are listed in pages, by channel, by status and by their creation", () =>
    Effect.gen(function*() {
      const { list } = yield* Senders.Senders
      const { poolId } = yield* createPool(yield* senderIds(100))
      yield* TestClock.adjust("1 hour")
      const { senders: all } = yield* list({ pageSize: 1000 })
      const [start, end] = [all[20]?.createdAt, all[60]?.createdAt]
      const filters: ReadonlyArray<readonly [Sender.ListParams, (sender: Sender.Sender) => boolean]> = [
        [{ pageSize: 7 }, () => true],
        [{ pageSize: 7, channel: "EMAIL" }, ({ channel }) => channel === "EMAIL"],
        [{ status: "DEACTIVATED" }, ({ status }) => status === "DEACTIVATED"],
        [{ startDate: start, endDate: end }, (sender) => all.indexOf(sender) >= 20 && all.indexOf(sender) < 60]
      ]
      for (const [params, matches] of filters) {
        const expected = all.filter(matches).map(({ id }) => id)
        assert.isAbove(expected.length, 0)
        assert.deepEqual(yield* members(poolId, params), expected)
      }
      const { pagination } = yield* Effect.flatMap(pools, ({ listSenders }) =>
        listSenders({ senderPoolId: poolId, pageSize: 7 }))
      const other = (yield* createPool([])).poolId
      const error = yield* Effect.flip(Effect.flatMap(pools, ({ listSenders }) =>
        listSenders({ senderPoolId: other, pageToken: pagination.next ?? "" })))
      assertTag(error, "BadRequest")
    }).pipe(Effect.provide(inProcess())))

  it.effect("stay in place while others are removed between two pages", () =>
    Effect.gen(function*() {
      const ids = yield* senderIds(20)
      const { poolId } = yield* createPool(ids)
      yield* TestClock.adjust("1 hour")
      const { listSenders, removeSender } = yield* pools
      const first = yield* listSenders({ senderPoolId: poolId, pageSize: 10 })
      for (const id of ids.slice(0, 5)) yield* removeSender(poolId, id)
      const second = yield* listSenders({ senderPoolId: poolId, pageToken: first.pagination.next ?? "" })
      assert.deepEqual([...first.senders, ...second.senders].map(({ id }) => id), ids)
    }).pipe(Effect.provide(inProcess())))
})

describe("changes of a pool", () => {
  it.effect.each([["merge", { a: "1", b: "3", c: "4" }], ["replace", { b: "3", c: "4" }]] as const)(
    "%s the tags of an update, and leave absent fields",
    ([tags, expected]) =>
      Effect.gen(function*() {
        const { create, fetch, update } = yield* pools
        yield* create({ name: "Sales", tags: { a: "1", b: "2" } })
        const id = (yield* held)[0]?.pool.id ?? ""
        yield* TestClock.adjust("1 minute")
        const accepted = yield* update(id, { tags: { b: "3", c: "4" } })
        assert.deepEqual({ ...accepted }, {
          resourceId: id,
          resourceLocation: `https://comms.twilio.com/v1/SenderPools/${id}`
        })
        const updated = yield* fetch(id)
        assert.deepEqual<object>({ ...updated.tags }, expected)
        assert.strictEqual(updated.name, "Sales")
        assert.strictEqual(
          DateTime.toEpochMillis(updated.updatedAt) - DateTime.toEpochMillis(updated.createdAt),
          60_000
        )
        yield* update(id, { name: "Support" })
        const renamed = yield* fetch(id)
        assert.deepEqual<unknown>([renamed.name, { ...renamed.tags }], ["Support", expected])
      }).pipe(Effect.provide(inProcess(writes({ tags }))))
  )

  it.effect.each([202, 404] as const)(
    "answer %s when something is deleted twice",
    (deleteTwice) =>
      Effect.gen(function*() {
        const [id = "", other = ""] = yield* senderIds(2)
        const { poolId } = yield* createPool([id])
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(yield* statusOf(`${poolId}/Senders/${id}`), 202)
        assert.deepEqual(yield* members(poolId), [])
        assert.strictEqual(yield* statusOf(`${poolId}/Senders/${id}`), deleteTwice)
        for (const unknown of [other, unknownSender]) {
          assert.strictEqual(yield* statusOf(`${poolId}/Senders/${unknown}`), 404)
        }
        assert.strictEqual(yield* statusOf(poolId), 202)
        assert.strictEqual(yield* statusOf(poolId), deleteTwice)
        assert.strictEqual(yield* statusOf(`${poolId}/Senders/${id}`), 404)
        assert.strictEqual(yield* statusOf(unknownPool), 404)
        assert.deepEqual(yield* held, [])
      }).pipe(Effect.provide(inProcess(writes({ deleteTwice }))))
  )

  it.effect("are read after the delay, but seen by other writes immediately", () =>
    Effect.gen(function*() {
      const { addSenders, delete: remove, fetch, list, removeSender, update } = yield* pools
      const ids = yield* senderIds(3)
      const { operationId, poolId } = yield* createPool(ids.slice(0, 2))
      const count = Effect.map(list({ operationId }), ({ senderPools }) => senderPools.length)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* fetchOperation(operationId)).status, "COMPLETED")
      assert.strictEqual(yield* count, 0)
      assertTag(yield* Effect.flip(fetch(poolId)), "NotFound")
      assertTag(yield* Effect.flip(members(poolId)), "NotFound")
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* count, 1)
      assert.deepEqual(yield* members(poolId), [])
      yield* TestClock.adjust("1 second")
      assert.deepEqual(yield* members(poolId), ids.slice(0, 1))
      yield* TestClock.adjust("1 second")
      yield* update(poolId, { name: "Support" })
      yield* removeSender(poolId, ids[0] ?? "")
      yield* addSenders(poolId, refsOf(ids.slice(2)))
      assertTag(yield* Effect.flip(removeSender(poolId, ids[0] ?? "")), "NotFound")
      yield* TestClock.adjust("4999 millis")
      assert.strictEqual((yield* fetch(poolId)).name, "Sales")
      assert.deepEqual(yield* members(poolId), ids.slice(0, 2))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* fetch(poolId)).name, "Support")
      assert.deepEqual(yield* members(poolId), ids.slice(1, 2))
      yield* TestClock.adjust("2 seconds")
      assert.deepEqual(yield* members(poolId), ids.slice(1))
      yield* remove(poolId)
      assertTag(yield* Effect.flip(remove(poolId)), "NotFound")
      assertTag(yield* Effect.flip(addSenders(poolId, refsOf(ids))), "NotFound")
      assertTag(yield* Effect.flip(update(poolId, { name: "x" })), "NotFound")
      assert.strictEqual((yield* fetch(poolId)).name, "Support")
      yield* TestClock.adjust("5 seconds")
      assertTag(yield* Effect.flip(fetch(poolId)), "NotFound")
      assert.strictEqual(yield* count, 0)
    }).pipe(Effect.provide(inProcess(writes({ readDelay: "5 seconds" })))))
})

describe("pools", () => {
  it.effect("are listed in pages, by operation and by their creation", () =>
    Effect.gen(function*() {
      const { delete: remove, list, stream } = yield* pools
      const created: Array<SenderPool.SenderPool> = []
      for (let i = 0; i < 12; i++) {
        yield* createPool([], `Pool ${i}`)
        yield* TestClock.adjust("1 minute")
      }
      created.push(...(yield* list()).senderPools)
      assert.deepEqual(created.map(({ name }) => name), Array.from({ length: 12 }, (_, i) => `Pool ${i}`))
      assert.strictEqual(new Set(created.map(({ id }) => id)).size, 12)
      assert.deepEqual(yield* Stream.runCollect(stream({ pageSize: 5 })), created)
      const range = { startDate: created[3]?.createdAt, endDate: created[7]?.createdAt }
      assert.deepEqual((yield* list(range)).senderPools, created.slice(3, 7))
      const first = yield* list({ pageSize: 5 })
      yield* remove(created[2]?.id ?? "")
      const second = yield* list({ pageToken: first.pagination.next ?? "" })
      assert.deepEqual(second.senderPools, created.slice(5))
    }).pipe(Effect.provide(inProcess())))
})
