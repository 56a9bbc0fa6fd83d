import { SenderPoolOperations } from "@effect-comms/client"
import { Operation, Pagination } from "@effect-comms/domain"
import { Emulator } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import {
  Array as Arr,
  Clock,
  Data,
  DateTime,
  Duration,
  Effect,
  Fiber,
  Layer,
  Order,
  Random,
  Result,
  Schema
} from "effect"
import { TestClock } from "effect/testing"
import { wholeMillis } from "../../../src/internal/monotonic.ts"
import { makeObserver, type Observer, type Query, type Target } from "../../../src/internal/observing/observer.ts"
import { settle } from "../../utils/script.ts"
import { makeWallClock } from "../../utils/wallClock.ts"

const idOf = (n: number) => Operation.OperationId.make(`comms_operation_0${String(n).padStart(25, "0")}`)

const start = Date.UTC(2024, 0, 15)
const hour = 3_600_000
const week = 168 * hour

interface Item {
  readonly id: Operation.OperationId
  readonly createdAt: DateTime.Utc
  readonly status: string
}

const itemAt = (n: number, createdAt: number, status = "PROCESSING"): Item => ({
  id: idOf(n),
  createdAt: DateTime.makeUnsafe(createdAt),
  status
})

/** Operations that were created at equal distances over a period. */
const spread = (count: number, from: number, over: number, first = 0, status = "PROCESSING") =>
  Array.from({ length: count }, (_, n) => itemAt(first + n, Math.floor(from + n * over / count), status))

const byCreation = Order.mapInput(DateTime.Order, ({ createdAt }: Item) => createdAt)

const targetOf = ({ createdAt, id }: Item): Target => ({ id, createdAt: DateTime.toEpochMillis(createdAt) })

const unknownTargetOf = ({ id }: Item): Target => ({ id, createdAt: undefined })

class RequestError extends Data.TaggedError("RequestError")<{ readonly of: "fetch" | "list" }> {}

interface Sent {
  readonly of: "fetch" | "list"
  readonly at: number
  readonly query?: Query
}

interface Options {
  /** The order of lists. Default the order of creation. */
  readonly arrange?: (items: ReadonlyArray<Item>) => ReadonlyArray<Item>
  readonly isInclusive?: boolean
  readonly pageSize?: number
  readonly delay?: Duration.Input
  readonly fails?: (sent: Sent) => Effect.Effect<boolean>
  readonly next?: (to: number | null) => Pagination.PageToken | null
}

const tokenOf = (to: number | null) => to === null ? null : Pagination.PageToken.make(String(to))

const makeServer = (all: ReadonlyArray<Item>, options: Options = {}) => {
  const { arrange = (items) => items, delay = 0, isInclusive = true, next = tokenOf, pageSize = 1000 } = options
  const fails = options.fails ?? (() => Effect.succeed(false))
  const items = new Map(all.map((item) => [item.id, item]))
  const sent: Array<Sent> = []
  const load = { underWay: 0, most: 0, interrupted: 0 }

  const serve = <A>(request: Omit<Sent, "at">, answer: () => A | undefined) =>
    Effect.gen(function*() {
      const made = { ...request, at: yield* wholeMillis }
      sent.push(made)
      load.most = Math.max(load.most, ++load.underWay)
      if (Duration.toMillis(delay) > 0) yield* Effect.sleep(delay)
      const found = (yield* fails(made)) ? undefined : answer()
      return found === undefined ? yield* new RequestError({ of: request.of }) : found
    }).pipe(
      Effect.onInterrupt(() => Effect.sync(() => load.interrupted++)),
      Effect.ensuring(Effect.sync(() => load.underWay--))
    )

  const isWithin = (item: Item, { endDate, startDate, status }: Query) => {
    const [at, from, to] = [item.createdAt, startDate, endDate].map(DateTime.toEpochMillis)
    if (at === undefined || from === undefined || to === undefined) return false
    return (status === undefined || item.status === status) &&
      (isInclusive ? from <= at && at <= to : from < at && at < to)
  }

  const list = (query: Query) =>
    serve({ of: "list", query }, () => {
      const listed = arrange([...items.values()].filter((item) => isWithin(item, query)))
      const from = Number(query.pageToken ?? 0)
      const to = from + Math.min(query.pageSize, pageSize)
      return {
        items: listed.slice(from, to),
        pagination: { next: next(to < listed.length ? to : null), self: Pagination.PageToken.make("self") }
      }
    })

  const observer = makeObserver({
    call: "Things.observe",
    fetch: (id) => serve({ of: "fetch" }, () => items.get(id)),
    list,
    items: (page) => page.items
  })
  const countOf = (of: Sent["of"]) => sent.filter((request) => request.of === of).length

  return {
    observer,
    sent,
    load,
    item: (id: Operation.OperationId) => items.get(id),
    set: (item: Item) => void items.set(item.id, item),
    counts: () => ({ fetches: countOf("fetch"), lists: countOf("list") }),
    reset: () => void sent.splice(0)
  }
}

const end = (item: Item, status = "COMPLETED"): Item => ({ ...item, status })

/** Runs an effect and advances the clock until it ends. */
const finish = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    for (;;) {
      yield* settle
      if (fiber.pollUnsafe() !== undefined) return yield* Fiber.join(fiber)
      yield* TestClock.adjust("250 millis")
    }
  })

type Seen = ReadonlyMap<Operation.OperationId, Result.Result<Item, RequestError>>

/** The results of one call of `observe`. */
const observe = (observer: Observer<Item, RequestError>, targets: ReadonlyArray<Target>) =>
  Effect.gen(function*() {
    const seen = new Map<Operation.OperationId, Result.Result<Item, RequestError>>()
    yield* finish(observer.observe(targets, (id, result) => {
      assert.isFalse(seen.has(id), `${id} was delivered twice`)
      seen.set(id, result)
    }))
    assert.strictEqual(seen.size, new Set(targets.map(({ id }) => id)).size)
    return seen as Seen
  })

const assertCurrent = (server: ReturnType<typeof makeServer>, seen: Seen) => {
  for (const [id, result] of seen) assert.strictEqual(Result.getOrUndefined(result), server.item(id))
}

const failuresOf = (seen: Seen, of: Sent["of"]) =>
  [...seen.values()].filter((result) => Result.isFailure(result) && result.failure.of === of).length

/** Observes the targets, checks the results, and counts the requests. */
const round = (server: ReturnType<typeof makeServer>, targets: ReadonlyArray<Target>) =>
  Effect.gen(function*() {
    server.reset()
    assertCurrent(server, yield* observe(server.observer, targets))
    return server.counts()
  })

describe("operations created together", () => {
  const items = spread(1000, start, 60_000)
  const targets = items.map(targetOf)

  it.effect("take one request while all are in progress", () =>
    Effect.gen(function*() {
      const server = makeServer(items)
      assert.deepEqual(yield* round(server, targets), { fetches: 0, lists: 1 })
      assert.deepEqual(yield* round(server, targets), { fetches: 0, lists: 1 })
      const [first] = server.sent
      assert.strictEqual(first?.query?.status, "PROCESSING")
      assert.strictEqual(first?.query?.pageSize, 1000)
    }))

  it.effect.each([
    { ended: 2, expected: { fetches: 2, lists: 1 } },
    { ended: 3, expected: { fetches: 0, lists: 2 } },
    { ended: 50, expected: { fetches: 0, lists: 2 } },
    { ended: 950, expected: { fetches: 0, lists: 2 } },
    { ended: 1000, expected: { fetches: 0, lists: 2 } }
  ])("take few requests when $ended of them end", ({ ended, expected }) =>
    Effect.gen(function*() {
      const server = makeServer(items)
      yield* round(server, targets)
      for (const item of items.slice(0, ended)) server.set(end(item))
      assert.deepEqual(yield* round(server, targets), expected)
    }))

  it.effect.each([["inclusive", true], ["exclusive", false]] as const)(
    "take few requests among 20,000 others, with %s ends",
    ([, isInclusive]) =>
      Effect.gen(function*() {
        const others = spread(20_000, start - week / 2, week, 1000)
        const ended = spread(20_000, start - week / 2, week, 21_000, "COMPLETED")
        const server = makeServer([...others, ...ended, ...items], {
          isInclusive,
          arrange: (items) => Arr.reverse(items)
        })
        const { fetches, lists } = yield* round(server, targets)
        assert.isAtMost(fetches + lists, 5)
        for (const item of items.slice(0, 400)) server.set(end(item))
        for (let n = 0; n < 2; n++) {
          const { fetches, lists } = yield* round(server, targets)
          assert.isAtMost(fetches + lists, 5)
        }
      })
  )

  it.effect.each([0, 1, 20, 3000, 5000, 9000, 10_000])(
    "by 10,000 take a request for each page and two more when %d of them end",
    (ended) =>
      Effect.gen(function*() {
        const items = Array.from({ length: 10_000 }, (_, n) => itemAt(n, start))
        const server = makeServer(items)
        const targets = items.map(targetOf)
        for (const item of items.slice(0, ended)) server.set(end(item))
        for (let n = 0; n < 2; n++) {
          const { fetches, lists } = yield* round(server, targets)
          assert.isAtMost(lists, 12)
          assert.strictEqual(fetches, 0)
        }
        for (let left = 10_000; left > 1; left = Math.floor(left / 2)) {
          const { lists } = yield* round(server, targets.slice(0, left))
          assert.isAtMost(lists, 12)
        }
      }),
    60_000
  )

  it.effect(
    "by thousands among many others are read from the PROCESSING list after the first round",
    () =>
      Effect.gen(function*() {
        const items = spread(3000, start, 60_000)
        const server = makeServer([...spread(100_000, start, 60_000, 3000, "COMPLETED"), ...items])
        const targets = items.map(targetOf)
        assert.isAtMost((yield* round(server, targets)).lists, 120)
        assert.isAtMost((yield* round(server, targets)).lists, 4)
      }),
    60_000
  )

  it.effect("are found at the end of a list whose length is known", () =>
    Effect.gen(function*() {
      const items = Array.from({ length: 1000 }, (_, n) => itemAt(n, start))
      const server = makeServer(items, { pageSize: 20 })
      const targets = items.map(targetOf)
      assert.deepEqual(yield* round(server, targets), { fetches: 0, lists: 50 })
      assert.deepEqual(yield* round(server, targets.slice(-60)), { fetches: 0, lists: 50 })
    }))

  it.effect("at the same millisecond are found with exclusive ends", () =>
    Effect.gen(function*() {
      const items = Array.from({ length: 5 }, (_, n) => itemAt(n, start))
      const server = makeServer(items, { isInclusive: false })
      assert.deepEqual(yield* round(server, items.map(targetOf)), { fetches: 0, lists: 1 })
    }))

  it.effect("are found if they have an unknown status", () =>
    Effect.gen(function*() {
      const server = makeServer(items.map((item) => end(item, "PAUSED")))
      assert.deepEqual(yield* round(server, targets), { fetches: 0, lists: 2 })
    }))

  it.effect("are read to the end if the server has smaller pages", () =>
    Effect.gen(function*() {
      const server = makeServer(items, { pageSize: 50 })
      assert.deepEqual(yield* round(server, targets), { fetches: 0, lists: 20 })
      assert.deepEqual(yield* round(server, targets), { fetches: 0, lists: 20 })
      const [, second] = server.sent
      assert.strictEqual(second?.query?.pageToken, "50")
      assert.strictEqual(second?.query?.status, "PROCESSING")
    }))

  it.effect("in several groups take one list per group after the first round", () =>
    Effect.gen(function*() {
      const groups = [0, 1, 2].flatMap((n) => spread(300, start + n * week, 10_000, n * 300))
      const others = spread(60_000, start, 2 * week, 900)
      const server = makeServer(Arr.sort([...groups, ...others], byCreation), { pageSize: 100 })
      const first = yield* round(server, groups.map(targetOf))
      assert.isAtMost(first.lists, 100)
      const { fetches, lists } = yield* round(server, groups.map(targetOf))
      assert.strictEqual(fetches, 0)
      assert.isAtMost(lists, 12)
    }))
})

describe("operations created apart", () => {
  it.effect.each([1, 2])("are fetched if there are %d", (count) =>
    Effect.gen(function*() {
      const items = spread(count, start, 1000)
      const server = makeServer(items)
      assert.deepEqual(yield* round(server, items.map(targetOf)), { fetches: count, lists: 0 })
    }))

  it.effect("take no request if there are none", () =>
    Effect.gen(function*() {
      assert.deepEqual(yield* round(makeServer([]), []), { fetches: 0, lists: 0 })
    }))

  it.effect("among many others are fetched after the first round, and a list is tried again later", () =>
    Effect.gen(function*() {
      const items = spread(40, start, week)
      const targets = items.filter((_, n) => n % 4 !== 1).map(targetOf)
      const server = makeServer(Arr.sort([...items, ...spread(60_000, start, week, 40)], byCreation))
      const first = yield* round(server, targets)
      assert.isAtLeast(first.lists, 1)
      assert.isAtMost(first.fetches + first.lists, 60)
      assert.deepEqual(yield* round(server, targets), { fetches: 30, lists: 0 })
      assert.deepEqual(yield* round(server, items.map(targetOf)), { fetches: 40, lists: 0 })
      yield* TestClock.adjust("6 minutes")
      assert.isAtLeast((yield* round(server, targets)).lists, 1)
    }))

  it.effect("among many ended ones are read from the PROCESSING list", () =>
    Effect.gen(function*() {
      const items = spread(40, start, week).map((item, n) => n % 4 === 0 ? end(item) : item)
      const others = spread(60_000, start, week, 40, "COMPLETED")
      const server = makeServer(Arr.sort([...items, ...others], byCreation))
      yield* round(server, items.map(targetOf))
      assert.deepEqual(yield* round(server, items.map(targetOf)), { fetches: 10, lists: 1 })
    }))

  it.effect("are read from a list again when it has become short", () =>
    Effect.gen(function*() {
      const items = spread(100, start, hour)
      const others = spread(400, start, hour, 100)
      const targets = items.map(targetOf)
      const server = makeServer(Arr.sort([...items, ...others], byCreation), { pageSize: 10 })
      assert.deepEqual(yield* round(server, targets), { fetches: 0, lists: 50 })
      assert.deepEqual(yield* round(server, targets.filter((_, n) => n % 3 === 0)), { fetches: 34, lists: 0 })
      for (const item of others) server.set(end(item))
      assert.deepEqual(yield* round(server, targets), { fetches: 0, lists: 10 })
      assert.deepEqual(yield* round(server, targets.filter((_, n) => n % 3 === 0)), { fetches: 0, lists: 10 })
    }))

  it.effect("do not affect operations created together", () =>
    Effect.gen(function*() {
      const together = spread(500, start, 2000)
      const alone = spread(20, start + hour, week, 500)
      const server = makeServer(
        Arr.sort([...together, ...alone, ...spread(60_000, start, week + hour, 520)], byCreation)
      )
      const targets = [...alone, ...together].map(targetOf)
      yield* round(server, targets)
      const { fetches, lists } = yield* round(server, targets)
      assert.isAtMost(fetches + lists, 22)
    }))
})

describe("operations missing from lists", () => {
  it.effect("fail with the error of their fetch", () =>
    Effect.gen(function*() {
      const items = spread(20, start, 1000)
      const server = makeServer(items.slice(5))
      const seen = yield* observe(server.observer, items.map(targetOf))
      assert.strictEqual(failuresOf(seen, "fetch"), 5)
      assert.deepEqual(server.counts(), { fetches: 5, lists: 2 })
    }))

  it.effect.each([Number.NaN, Infinity, -Infinity, 8.64e15, -8.64e15, 253_402_300_799_999, -62_167_219_200_000, 0.5])(
    "with a creation time of %d are fetched",
    (createdAt) =>
      Effect.gen(function*() {
        const items = spread(5, start, 1000)
        const server = makeServer(items)
        yield* round(server, items.map(({ id }) => ({ id, createdAt })))
        assert.strictEqual(server.counts().fetches, 5)
        for (const { query } of server.sent) {
          for (const date of query === undefined ? [] : [query.startDate, query.endDate]) {
            assert.match(DateTime.formatIso(date), /^\d{4}-/)
            assert.isTrue(Number.isInteger(DateTime.toEpochMillis(date)))
          }
        }
      })
  )
})

describe("operations without a creation time", () => {
  it.effect("are fetched if they are few", () =>
    Effect.gen(function*() {
      const items = spread(8, start, 1000)
      const server = makeServer(items)
      assert.deepEqual(yield* round(server, items.map(unknownTargetOf)), { fetches: 8, lists: 0 })
    }))

  it.effect("are searched around the first of them", () =>
    Effect.gen(function*() {
      const items = spread(1000, start, 60_000).map((item, n) => n % 3 === 0 ? end(item) : item)
      const server = makeServer(items)
      assert.deepEqual(yield* round(server, items.map(unknownTargetOf)), { fetches: 1, lists: 1 })
    }))

  it.effect("are searched in several places", () =>
    Effect.gen(function*() {
      const items = [0, 1, 2].flatMap((n) => spread(100, start + n * hour, 60_000, n * 100))
      const server = makeServer(items)
      assert.deepEqual(yield* round(server, items.map(unknownTargetOf)), { fetches: 3, lists: 3 })
    }))

  it.effect("are fetched if they were created apart", () =>
    Effect.gen(function*() {
      const items = spread(100, start, week)
      const server = makeServer([...items, ...spread(100_000, start, 2 * hour, 100)])
      const { fetches, lists } = yield* round(server, items.map(unknownTargetOf))
      assert.strictEqual(fetches, 100)
      assert.isAtMost(lists, 32)
    }))

  it.effect("are searched if the first fetches do not find an operation", () =>
    Effect.gen(function*() {
      const items = spread(100, start, 1000)
      const server = makeServer(items.slice(2))
      const seen = yield* observe(server.observer, items.map(unknownTargetOf))
      assert.strictEqual(failuresOf(seen, "fetch"), 2)
      assert.deepEqual(server.counts(), { fetches: 3, lists: 1 })
    }))

  it.effect("are fetched if the first three do not exist", () =>
    Effect.gen(function*() {
      const items = spread(100, start, 1000)
      const server = makeServer(items.slice(3))
      yield* observe(server.observer, items.map(unknownTargetOf))
      assert.deepEqual(server.counts(), { fetches: 100, lists: 0 })
    }))

  it.effect("are fetched if a list cannot be filtered by the creation year of the first", () =>
    Effect.gen(function*() {
      const [first, ...rest] = spread(20, start, 1000)
      if (first === undefined) return assert.fail()
      const server = makeServer([{ ...first, createdAt: DateTime.makeUnsafe(8.64e15) }, ...rest])
      const targets = [first, ...rest].map(unknownTargetOf)
      assert.deepEqual(yield* round(server, targets), { fetches: 20, lists: 0 })
    }))

  it.effect("are found in the lists of other targets", () =>
    Effect.gen(function*() {
      const items = spread(1000, start, 1000)
      const server = makeServer(items, { delay: 10 })
      const targets = items.map((item, n) => n % 2 === 0 ? targetOf(item) : unknownTargetOf(item))
      const { fetches, lists } = yield* round(server, targets)
      assert.isAtMost(fetches + lists, 3)
    }))
})

describe("operations found in the list of other targets", () => {
  it.effect("are not fetched", () =>
    Effect.gen(function*() {
      const items = spread(80, start, 1000)
      const [first, ...rest] = items.slice(40)
      if (first === undefined) return assert.fail()
      const odd = { ...first, createdAt: DateTime.makeUnsafe(8.64e15) }
      const server = makeServer([...items.slice(0, 40), odd, ...rest], { delay: 100 })
      const targets = [...[odd, ...rest].map(unknownTargetOf), ...items.slice(0, 40).map(targetOf)]
      assert.deepEqual(yield* round(server, targets), { fetches: 1, lists: 1 })
    }))
})

describe("a duplicate target", () => {
  it.effect("is delivered once", () =>
    Effect.gen(function*() {
      const items = spread(5, start, 1000)
      const server = makeServer(items, { arrange: (items) => [...items, ...items] })
      const targets = [...items.map(unknownTargetOf), ...items.map(targetOf), ...items.map(unknownTargetOf)]
      assert.deepEqual(yield* round(server, targets), { fetches: 0, lists: 1 })
    }))
})

const failsAt = (isAt: (sent: Sent) => boolean): Options => ({ fails: (sent) => Effect.sync(() => isAt(sent)) })

describe("a failure", () => {
  const items = spread(1000, start, 60_000)
  const targets = items.map(targetOf)

  it.effect("of a list fails all its targets, and nothing else is sent", () =>
    Effect.gen(function*() {
      const server = makeServer(items, failsAt(() => true))
      const seen = yield* observe(server.observer, targets)
      assert.strictEqual(failuresOf(seen, "list"), 1000)
      assert.deepEqual(server.counts(), { fetches: 0, lists: 1 })
    }))

  it.effect("of a page does not affect the pages before it", () =>
    Effect.gen(function*() {
      const server = makeServer(items, { ...failsAt(({ query }) => query?.pageToken === "400"), pageSize: 200 })
      const seen = yield* observe(server.observer, targets)
      assert.strictEqual(failuresOf(seen, "list"), 600)
      assert.deepEqual(server.counts(), { fetches: 0, lists: 3 })
    }))

  it.effect("of the unfiltered list fails the operations missing from the PROCESSING list", () =>
    Effect.gen(function*() {
      const ended = items.map((item, n) => n < 300 ? end(item) : item)
      const server = makeServer(ended, failsAt(({ query }) => query !== undefined && query.status === undefined))
      const seen = yield* observe(server.observer, targets)
      assert.strictEqual(failuresOf(seen, "list"), 300)
      assert.deepEqual(server.counts(), { fetches: 0, lists: 2 })
    }))

  it.effect("of lists alone leads to fetches after a minute", () =>
    Effect.gen(function*() {
      const server = makeServer(items.slice(0, 50), failsAt(({ of }) => of === "list"))
      const targets = items.slice(0, 50).map(targetOf)
      for (let n = 0; n < 2; n++) {
        assert.strictEqual(failuresOf(yield* observe(server.observer, targets), "list"), 50)
        yield* TestClock.adjust("30 seconds")
      }
      assert.deepEqual(yield* round(server, targets), { fetches: 50, lists: 1 })
    }))

  it.effect.each([-hour, hour])(
    "of lists alone leads to fetches at the same time when the wall clock is set by %d ms",
    (by) =>
      Effect.gen(function*() {
        const { provide, set } = yield* makeWallClock
        const server = makeServer(items.slice(0, 50), failsAt(({ of }) => of === "list"))
        const targets = items.slice(0, 50).map(targetOf)
        for (let n = 0; n < 2; n++) {
          assert.strictEqual(failuresOf(yield* provide(observe(server.observer, targets)), "list"), 50)
          yield* TestClock.adjust("30 seconds")
          yield* set(by)
        }
        assert.deepEqual(yield* provide(round(server, targets)), { fetches: 50, lists: 1 })
      })
  )

  it.effect("of the PROCESSING list does not count for the unfiltered list", () =>
    Effect.gen(function*() {
      const filtered = { is: true }
      const server = makeServer(
        items.map((item) => end(item)),
        failsAt(({ query }) => query !== undefined && (query.status !== undefined) === filtered.is)
      )
      assert.strictEqual(failuresOf(yield* observe(server.observer, targets), "list"), 1000)
      filtered.is = false
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(failuresOf(yield* observe(server.observer, targets), "list"), 1000)
    }))

  it.effect("of all requests takes one additional fetch", () =>
    Effect.gen(function*() {
      const server = makeServer(items, failsAt(() => true))
      for (let n = 0; n < 10; n++) {
        yield* observe(server.observer, targets)
        yield* TestClock.adjust("30 seconds")
      }
      server.reset()
      const seen = yield* observe(server.observer, targets)
      assert.strictEqual(failuresOf(seen, "list"), 999)
      assert.deepEqual(server.counts(), { fetches: 1, lists: 1 })
    }))

  it.effect("long ago or of another list is not counted", () =>
    Effect.gen(function*() {
      const failing = { is: true }
      const server = makeServer(items, failsAt(({ of }) => of === "list" && failing.is))
      const fail = Effect.map(observe(server.observer, targets), (seen) => failuresOf(seen, "list"))
      assert.strictEqual(yield* fail, 1000)
      yield* TestClock.adjust("6 minutes")
      assert.strictEqual(yield* fail, 1000)
      failing.is = false
      yield* round(server, targets)
      failing.is = true
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* fail, 1000)
      yield* TestClock.adjust("1 minute")
      const elsewhere = items.slice(0, 10).map(({ id }) => ({ id, createdAt: start + week }))
      assert.strictEqual(failuresOf(yield* observe(server.observer, elsewhere), "list"), 10)
    }))
})

describe("a long list", () => {
  const items = spread(100, start, 1000)
  const targets = items.map(targetOf)

  it.effect.each(
    [
      ["the same token", () => Pagination.PageToken.make("0")],
      ["two alternating tokens", (to: number | null) => Pagination.PageToken.make(to === 20 ? "40" : "20")]
    ] as const
  )("with %s is abandoned, and the missing operations are fetched", ([, next]) =>
    Effect.gen(function*() {
      const server = makeServer(items, { pageSize: 20, next })
      const { fetches, lists } = yield* round(server, targets)
      assert.isAtLeast(fetches, 40)
      assert.isAtMost(lists, 8)
    }))

  it.effect("with a new token on every page is abandoned", () =>
    Effect.gen(function*() {
      const tokens = { last: 1000 }
      const next = () => Pagination.PageToken.make(String(++tokens.last))
      const server = makeServer(items.map((item) => end(item)), { next })
      assert.deepEqual(yield* round(server, targets), { fetches: 100, lists: 32 })
      assert.deepEqual(yield* round(server, targets), { fetches: 100, lists: 0 })
    }))

  it.effect("is read for up to 32 pages without a target", () =>
    Effect.gen(function*() {
      const filler = spread(40, start - 500, 400, 100)
      const server = makeServer([...filler, ...items], { pageSize: 1 })
      assert.deepEqual(yield* round(server, targets), { fetches: 100, lists: 32 })
      const larger = makeServer([...filler, ...items], { pageSize: 2 })
      assert.deepEqual(yield* round(larger, targets), { fetches: 0, lists: 70 })
    }))
})

describe("the pace", () => {
  const items = spread(120, start, 1000)
  const targets = items.map(unknownTargetOf)

  const halves = (server: ReturnType<typeof makeServer>) =>
    Effect.forEach([targets.slice(0, 60), targets.slice(60)], (targets) => observe(server.observer, targets), {
      concurrency: 2,
      discard: true
    })

  it.effect("is eight concurrent requests across all calls", () =>
    Effect.gen(function*() {
      const server = makeServer([], { delay: "700 millis" })
      yield* halves(server)
      assert.lengthOf(server.sent, 120)
      assert.strictEqual(server.load.most, 8)
    }))

  it.effect("is twenty requests per second across all calls", () =>
    Effect.gen(function*() {
      const server = makeServer([])
      yield* halves(server)
      const times = server.sent.map(({ at }) => at)
      const within = times.map((from) => times.filter((at) => at >= from && at < from + 1000).length)
      assert.strictEqual(Math.max(...within), 20)
      assert.deepEqual([times[0], times[119]], [0, 5000])
    }))

  it.effect.each([-hour, hour])("is the same when the wall clock is set by %d ms", (by) =>
    Effect.gen(function*() {
      const { provide, set } = yield* makeWallClock
      const server = makeServer([])
      yield* provide(observe(server.observer, targets.slice(0, 40)))
      yield* set(by)
      yield* provide(observe(server.observer, targets.slice(0, 40)))
      assert.deepEqual(server.sent.map(({ at }) => at), Array.from({ length: 80 }, (_, n) => Math.floor(n / 20) * 1000))
    }))
})

describe("an interruption", () => {
  it.effect("interrupts the requests and frees their slots", () =>
    Effect.gen(function*() {
      const items = spread(40, start, 1000)
      const server = makeServer(items, { delay: "1 minute" })
      const fiber = yield* Effect.forkChild(
        server.observer.observe(items.map(unknownTargetOf).slice(0, 8), () => assert.fail("Nothing is delivered"))
      )
      yield* settle
      assert.strictEqual(server.load.underWay, 8)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(server.load.underWay, 0)
      assert.strictEqual(server.load.interrupted, 8)
      yield* round(server, items.map(targetOf))
    }))

  it.effect("of a waiting request does not use up its turn", () =>
    Effect.gen(function*() {
      const items = spread(40, start, 1000)
      const server = makeServer(items)
      const targets = items.map(unknownTargetOf).slice(0, 8)
      yield* Effect.forEach([1, 2, 3], () => observe(server.observer, targets))
      for (let n = 0; n < 20; n++) {
        const fiber = yield* Effect.forkChild(server.observer.observe(targets, () => {}))
        yield* settle
        yield* Fiber.interrupt(fiber)
      }
      const from = yield* Clock.currentTimeMillis
      yield* round(server, targets)
      assert.isAtMost((yield* Clock.currentTimeMillis) - from, 1000)
    }))
})

describe("delivery", () => {
  it.effect("does not wait for other results", () =>
    Effect.gen(function*() {
      const [slow, quick] = [itemAt(0, start), itemAt(1, start)]
      const { observe } = makeObserver({
        call: "Things.observe",
        fetch: (id) => id === slow.id ? Effect.never : Effect.succeed(quick),
        list: () => Effect.never,
        items: () => []
      })
      const seen: Array<string> = []
      const fiber = yield* Effect.forkChild(
        observe([slow, quick].map(targetOf), (id) => void seen.push(id))
      )
      yield* settle
      assert.deepEqual(seen, [quick.id])
      yield* Fiber.interrupt(fiber)
      const known = [10, 11, 12].map((n) => targetOf(itemAt(n, start)))
      const other = yield* Effect.forkChild(
        observe([...known, unknownTargetOf(quick)], (id) => void seen.push(id))
      )
      yield* settle
      assert.deepEqual(seen, [quick.id, quick.id])
      yield* Fiber.interrupt(other)
    }))
})

const between = Random.nextIntBetween

const oneOf = <A>(...values: Arr.NonEmptyReadonlyArray<A>) => Random.choice(values)

/** Operations created together, in groups, apart, or at one time. */
const anyItems = Effect.fnUntraced(function*(count: number, first: number) {
  const [groups, over, width] = [yield* between(1, 4), yield* oneOf(0, 1000, hour, week), yield* oneOf(0, 10, 60_000)]
  return yield* Effect.forEach(Array.from({ length: count }), (_, n) =>
    Effect.gen(function*() {
      const at = start + Math.floor((n % groups) * over / groups) + Math.floor(width * (yield* Random.next))
      return itemAt(first + n, at, yield* oneOf("PROCESSING", "PROCESSING", "COMPLETED", "CANCELED", "PAUSED"))
    }))
})

const anyCase = Effect.gen(function*() {
  const items = yield* anyItems(yield* oneOf(0, 1, 2, 3, 9, 40, 80), 0)
  const others = yield* anyItems(yield* between(0, 300), 1000)
  const absent = new Set(items.filter((_, n) => n % 7 === 3).map(({ id }) => id))
  const exists = ({ id }: Item) => !absent.has(id)
  const failing = yield* oneOf(0, 0, 0.1, 0.5, 1)
  const failingOf = yield* oneOf<ReadonlyArray<Sent["of"]>>(["list"], ["fetch"], ["list", "fetch"])
  const server = makeServer(yield* Random.shuffle([...items.filter(exists), ...others]), {
    isInclusive: yield* Random.nextBoolean,
    pageSize: yield* oneOf(1, 7, 50, 1000),
    delay: yield* oneOf(0, 30, 400),
    fails: ({ of }) => Effect.map(Random.next, (chance) => failingOf.includes(of) && chance < failing)
  })
  const unknown = yield* oneOf(0, 0.1, 1)
  const targets = yield* Effect.forEach(
    items,
    (item) => Effect.map(Random.next, (chance) => chance < unknown ? unknownTargetOf(item) : targetOf(item))
  )
  return { absent, failing, items: items.filter(exists), server, targets }
})

describe("for random servers", () => {
  it.effect.prop(
    "every operation is delivered once and correctly, with at most two requests each",
    { seed: Schema.Int },
    ({ seed }) =>
      Effect.gen(function*() {
        const { absent, failing, items, server, targets } = yield* anyCase
        const limit = targets.length <= 2 ? targets.length : 2 * targets.length
        for (let n = 0; n < 4; n++) {
          server.reset()
          const seen = yield* observe(server.observer, [...targets, ...targets.slice(0, n)])
          for (const [id, result] of seen) {
            if (Result.isSuccess(result)) assert.strictEqual(result.success, server.item(id))
            else if (failing === 0) assert.isTrue(absent.has(id))
          }
          assert.isAtMost(server.sent.length, limit)
          for (const item of items) {
            if ((yield* Random.next) < 0.3) server.set(end(item, yield* oneOf("COMPLETED", "PAUSED")))
          }
          yield* TestClock.adjust(yield* oneOf(1000, 60_000, 600_000))
        }
      }).pipe(Random.withSeed(seed))
  )
})

describe("the service", () => {
  it.effect("takes few requests for 1,000 operations among 20,000 others", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      yield* Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        const { fetch, list } = yield* SenderPoolOperations.SenderPoolOperations
        const created = yield* Effect.forEach(Array.from({ length: 1000 }), (_, n) =>
          Effect.andThen(
            n % 10 === 0 ? TestClock.adjust(50) : Effect.void,
            emulator.create({ total: 10, duration: Duration.minutes(n < 20 ? 5 : n < 900 ? 10 : 20) })
          ))
        const { observe } = makeObserver({
          call: "SenderPoolOperations.observe",
          fetch,
          list,
          items: (page) => page.operations
        })
        const poll = (targets: ReadonlyArray<Target>) =>
          Effect.gen(function*() {
            yield* emulator.resetReport
            const statuses: Record<string, number> = {}
            yield* finish(observe(targets, (_, result) => {
              const status = Result.isSuccess(result) ? result.success.status : result.failure._tag
              statuses[status] = (statuses[status] ?? 0) + 1
            }))
            return { statuses, requests: (yield* emulator.report).requests.length }
          })
        const targets = created.map(({ createdAt, id }) => ({ id, createdAt: DateTime.toEpochMillis(createdAt) }))

        const unknown = created.map(({ id }) => ({ id, createdAt: undefined }))
        assert.deepEqual(yield* poll(unknown), { statuses: { PROCESSING: 1000 }, requests: 3 })
        assert.deepEqual(yield* poll(targets), { statuses: { PROCESSING: 1000 }, requests: 2 })
        yield* TestClock.adjust("6 minutes")
        assert.deepEqual(yield* poll(targets), { statuses: { PROCESSING: 980, COMPLETED: 20 }, requests: 2 })
        yield* TestClock.adjust("5 minutes")
        assert.deepEqual(yield* poll(targets), { statuses: { PROCESSING: 100, COMPLETED: 900 }, requests: 2 })
      }).pipe(
        Effect.provide(
          SenderPoolOperations.layer.pipe(
            Layer.provide(Emulator.layerClient),
            Layer.provideMerge(Emulator.layer({ operations: 20_000 }))
          )
        )
      )
    }))
})
