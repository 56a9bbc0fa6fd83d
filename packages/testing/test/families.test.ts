import {
  type CommsClient,
  EmailOperations,
  MessageOperations,
  type Operations,
  SenderPoolOperations
} from "@effect-comms/client"
import { CommsError, EmailOperation, MessageOperation, type Operation, SenderPoolOperation } from "@effect-comms/domain"
import {
  EmailOperationsTest,
  Emulator,
  FaultPlan,
  MessageOperationsTest,
  type OperationsTest,
  SenderPoolOperationsTest
} from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, type Context, DateTime, Duration, Effect, Layer, Schema, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as Pages from "../src/internal/emulator/pages.ts"
import * as Fourth from "./utils/fourth.ts"
import { assertTag, get, moving, once, Target, withIdentity } from "./utils/wiring.ts"

const families = [
  SenderPoolOperation.family,
  MessageOperation.family,
  EmailOperation.family,
  Fourth.family
] as const

const newest = Date.UTC(2024, 0, 15)

const wire = <I>(layer: Layer.Layer<I, never, CommsClient.CommsClient>, options?: Emulator.Options) =>
  layer.pipe(
    Layer.provide(withIdentity(Emulator.layerClient)),
    Layer.merge(Emulator.layerHttpClient),
    Layer.merge(Layer.succeed(Target, { url: Emulator.baseUrl })),
    Layer.provideMerge(Layer.unwrap(
      Effect.as(TestClock.setTime(newest), Emulator.layer({ families, operations: 20, ...options }))
    ))
  )

const services = Layer.mergeAll(
  SenderPoolOperations.layer,
  MessageOperations.layer,
  EmailOperations.layer,
  Fourth.layer
)

const plan = { total: 10, failed: 2, scheduled: Duration.minutes(10), duration: Duration.minutes(5) }

const under = (fault: FaultPlan.Fault, when: FaultPlan.Condition = {}): Emulator.Options => ({
  faults: { rules: [{ do: fault, when }] }
})

const admin = (path: string, body: string) =>
  get(`/_emulator/operations${path}`, { method: "POST", body, anonymous: true })

const report = Effect.flatMap(Emulator.Emulator, ({ report }) => report)

/** The smoke test of a family with the status SCHEDULED. */
const smoke = <A extends Operation.Operation, I, T>({ family, layer, layerTest, service, test }: {
  readonly family: { readonly resource: string; readonly path: string; readonly succeeded: string }
  readonly service: Context.Key<I, Operations.Operations<A, Operation.KnownCommunicationOperationStatus>>
  readonly layer: Layer.Layer<I, never, CommsClient.CommsClient>
  readonly test: Context.Key<T, OperationsTest.Service<A>>
  readonly layerTest: () => Layer.Layer<I | T>
}) => {
  const { path, resource, succeeded } = family
  const create = Effect.flatMap(Emulator.Emulator, ({ create }) => create(plan, resource))

  describe(`${resource} on the emulator`, () => {
    it.effect("fetches, lists, streams and scans", () =>
      Effect.gen(function*() {
        const operations = yield* service
        const page = yield* operations.list({ pageSize: 3 })
        assert.lengthOf(page.operations, 3)
        const [first] = page.operations
        if (first === undefined) return assert.fail("The page is empty")
        assert.deepEqual(yield* operations.fetch(first.id), first)
        assert.sameMembers(Object.keys(first.stats), ["total", "queued", succeeded, "failed"])
        const ids = (yield* Stream.runCollect(operations.stream({ pageSize: 7 }))).map(({ id }) => id)
        assert.strictEqual(new Set(ids).size, 20)
        const scan = operations.scan({ startDate: new Date(newest - 8 * 86_400_000), endDate: new Date(newest) }, {
          windows: 2
        })
        assert.sameMembers((yield* Stream.runCollect(scan)).map(({ id }) => id), ids)
        assertTag(yield* Effect.flip(once(operations.fetch(`${first.id}z`))), "NotFound")
      }).pipe(Effect.provide(wire(layer))))

    it.effect("waits through SCHEDULED to the outcome", () =>
      Effect.gen(function*() {
        const operations = yield* service
        const { id } = yield* create
        const snapshots = yield* moving(
          Stream.runCollect(operations.watch(id, { interval: { initial: "1 minute", max: "1 minute" } })),
          "20 seconds"
        )
        const statuses = snapshots.map(({ operation }) => operation.status)
        assert.deepEqual([...new Set(statuses)], ["SCHEDULED", "PROCESSING", "COMPLETED"])
        assert.strictEqual(statuses[0], "SCHEDULED")
        const outcome = yield* moving(operations.awaitCompletion(id))
        assert.strictEqual(outcome._tag, "CompletedWithFailures")
        assert.deepEqual({ ...outcome.operation.stats }, { total: 10, queued: 0, [succeeded]: 8, failed: 2 })
        const later = yield* create
        const awaited = yield* moving(
          operations.awaitCompletion(later.id, { interval: { initial: "1 minute", max: "1 minute" } }),
          "20 seconds"
        )
        assert.strictEqual(awaited.operation.id, later.id)
        assert.isAtLeast(yield* Clock.currentTimeMillis, DateTime.toEpochMillis(later.createdAt) + 15 * 60_000)
      }).pipe(Effect.provide(wire(layer, { operations: 0 }))))

    it.effect("follows changes from SCHEDULED to the end", () =>
      Effect.gen(function*() {
        const operations = yield* service
        const { id } = yield* create
        const changes = yield* operations.changes({ since: new Date(newest) }, { interval: "1 minute" }).pipe(
          Stream.takeUntil(({ operation }) => operation.isTerminal),
          Stream.runCollect,
          (feed) => moving(feed, "20 seconds")
        )
        const statuses = changes.map(({ operation }) => operation.status)
        assert.isTrue(changes.every(({ operation }) => operation.id === id))
        assert.deepEqual([...new Set(statuses)], ["SCHEDULED", "PROCESSING", "COMPLETED"])
        assert.deepEqual(changes.map(({ kind }) => kind), statuses.map((_, i) => i === 0 ? "new" : "changed"))
      }).pipe(Effect.provide(wire(layer, { operations: 0 }))))

    it.effect("filters by SCHEDULED, and advances a created operation", () =>
      Effect.gen(function*() {
        const operations = yield* service
        const { advance } = yield* Emulator.Emulator
        const { id } = yield* create
        const scheduled = Effect.map(operations.list({ status: "SCHEDULED" }), ({ operations }) =>
          operations.map(({ id }) => id))
        assert.deepEqual<ReadonlyArray<string>>(yield* scheduled, [id])
        assert.strictEqual((yield* advance(id, "10 minutes")).status, "PROCESSING")
        assert.deepEqual(yield* scheduled, [])
      }).pipe(Effect.provide(wire(layer, { operations: 0 }))))
  })

  describe(`${resource} under faults`, () => {
    const id = Effect.gen(function*() {
      const { create } = yield* Emulator.Emulator
      return (yield* create(plan, resource)).id
    })

    const fetchFailure = Effect.gen(function*() {
      const operations = yield* service
      return yield* Effect.flip(once(operations.fetch(yield* id)))
    })

    const listFailure = Effect.flatMap(service, ({ list }) => Effect.flip(once(list())))

    const streamed = Effect.flatMap(
      service,
      ({ stream }) =>
        Effect.map(Stream.runCollect(stream({ pageSize: 5 })), (operations) => operations.map(({ id }) => id))
    )

    const loop = Effect.gen(function*() {
      assertTag(yield* Effect.flip(streamed), "PaginationLoop")
    })

    const takes = (millis: number) =>
      Effect.gen(function*() {
        const start = yield* Clock.currentTimeMillis
        yield* moving(Effect.flatMap(service, ({ list }) => list()))
        assert.isAtLeast((yield* Clock.currentTimeMillis) - start, millis)
      })

    const requests = (count: number) =>
      Effect.gen(function*() {
        assert.strictEqual(new Set(yield* streamed).size, 20)
        const { summary } = yield* report
        assert.strictEqual(summary.requests, count)
      })

    type Case<Tag extends FaultPlan.Fault["_tag"]> = {
      readonly fault: Omit<Extract<FaultPlan.Fault, { readonly _tag: Tag }>, "_tag">
      readonly when?: FaultPlan.Condition
      readonly effect: Effect.Effect<
        unknown,
        unknown,
        I | Emulator.Emulator | Target | HttpClient.HttpClient
      >
    }

    const cases: { readonly [Tag in FaultPlan.Fault["_tag"]]: Case<Tag> } = {
      Status: {
        fault: { status: 503 },
        effect: Effect.gen(function*() {
          assertTag(yield* fetchFailure, "ServiceUnavailable")
          assertTag(yield* listFailure, "ServiceUnavailable")
        })
      },
      RateLimit: {
        fault: { limit: 1, window: Duration.seconds(10) },
        effect: Effect.gen(function*() {
          assert.strictEqual((yield* get(path)).status, 200)
          const error = assertTag(yield* listFailure, "TooManyRequests")
          assert.deepEqual(error.retryAfter, Duration.seconds(10))
        })
      },
      Delay: { fault: { duration: Duration.seconds(3) }, effect: takes(3000) },
      SlowBody: { fault: { duration: Duration.seconds(3), pieces: 3 }, effect: takes(3000) },
      Drop: {
        fault: {},
        effect: Effect.gen(function*() {
          assertTag(yield* fetchFailure, "TransportFailure")
          assertTag(yield* listFailure, "TransportFailure")
        })
      },
      Body: {
        fault: { body: "{}" },
        effect: Effect.gen(function*() {
          assert.strictEqual((yield* get(path)).body, "{}")
          assertTag(yield* fetchFailure, "InvalidResponse")
        })
      },
      Truncate: {
        fault: { bytes: 12 },
        effect: Effect.gen(function*() {
          assert.lengthOf((yield* get(path)).body, 12)
          assertTag(yield* fetchFailure, "InvalidResponse")
        })
      },
      UnknownStatus: {
        fault: { status: "PAUSED" },
        effect: Effect.gen(function*() {
          const operations = yield* service
          assert.strictEqual((yield* operations.fetch(yield* id)).status, "PAUSED")
          const page = yield* operations.list()
          assert.lengthOf(page.operations, 21)
          assert.isTrue(page.operations.every(({ status }) => status === "PAUSED"))
        })
      },
      WrongShape: {
        fault: {},
        effect: Effect.gen(function*() {
          assert.include(assertTag(yield* fetchFailure, "InvalidResponse").problem, `["stats"]`)
          const { list, stream } = yield* service
          const page = yield* list()
          assert.lengthOf(page.operations, 0)
          assert.lengthOf(page.invalid, 21)
          assert.include(page.invalid[20]?.problem, `["stats"]`)
          const error = yield* Effect.flip(Stream.runDrain(stream({}, { invalidItems: "fail" })))
          assert.strictEqual(assertTag(error, "InvalidItem").index, 0)
        })
      },
      SameToken: { fault: { token: "same=" }, effect: loop },
      TokenCycle: { fault: { length: 3 }, effect: loop },
      EmptyPage: { fault: {}, when: { nth: [2] }, effect: requests(5) },
      RepeatPage: { fault: {}, when: { nth: [2] }, effect: requests(5) },
      ClockSkew: {
        fault: { by: 3_600_000 },
        effect: Effect.gen(function*() {
          const { headers } = yield* get(path)
          assert.strictEqual(Date.parse(headers["date"] ?? ""), (yield* Clock.currentTimeMillis) + 3_600_000)
        })
      }
    }

    const isFault = Schema.is(Schema.toType(FaultPlan.Fault))

    it.effect.each(Object.entries(cases))(
      "%s has its effect",
      ([_tag, { effect, fault, when }]) =>
        Effect.gen(function*() {
          const whole: unknown = { _tag, ...fault }
          if (!isFault(whole)) return assert.fail(`${_tag} is no fault`)
          yield* Effect.provide(effect, wire(layer, under(whole, when)))
        })
    )

    it.effect("a condition on the call leaves every other call alone", () =>
      Effect.gen(function*() {
        const operations = yield* service
        assertTag(yield* listFailure, "ServiceUnavailable")
        assert.strictEqual((yield* operations.fetch(yield* id)).status, "SCHEDULED")
        const others = families.filter((family) => family.resource !== resource)
        for (const other of others) assert.strictEqual((yield* get(other.path)).status, 200)
      }).pipe(Effect.provide(wire(layer, under({ _tag: "Status", status: 503 }, { call: `${resource}.list` })))))
  })

  describe(`${resource} as a mock`, () => {
    it.effect("takes a course, fails on demand, and counts calls", () =>
      Effect.gen(function*() {
        const operations = yield* service
        const mock = yield* test
        const { createdAt, id } = yield* mock.takes({ polls: 3, failed: 2, status: "SCHEDULED" })
        yield* mock.failNextFetch(new CommsError.NotFound({ errors: [] }))
        assertTag(yield* Effect.flip(operations.fetch(id)), "NotFound")
        yield* mock.failNextList(new CommsError.ServiceUnavailable({ errors: [] }))
        assertTag(yield* Effect.flip(operations.list()), "ServiceUnavailable")
        assert.deepEqual((yield* operations.list({ status: "SCHEDULED" })).operations.map(({ id }) => id), [id])
        const outcome = yield* moving(operations.awaitCompletion(id), "1 second")
        assert.strictEqual(outcome._tag, "CompletedWithFailures")
        assert.deepEqual({ ...outcome.operation.stats }, { total: 10, queued: 0, [succeeded]: 8, failed: 2 })
        const [change] = yield* operations.changes({ since: createdAt }).pipe(Stream.take(1), Stream.runCollect)
        assert.deepEqual(change, { kind: "new", operation: outcome.operation })
        const { fetch, list } = yield* mock.calls
        assert.isAbove(fetch, 2)
        assert.isAbove(list, 2)
        yield* mock.set([])
        assert.deepEqual((yield* operations.list()).operations, [])
        yield* mock.put(outcome.operation)
        assert.deepEqual(yield* operations.fetch(id), outcome.operation)
      }).pipe(Effect.provide(layerTest())))
  })
}

smoke({
  family: Fourth.family,
  service: Fourth.FaxOperations,
  layer: Fourth.layer,
  test: Fourth.Test,
  layerTest: Fourth.layerTest
})

smoke({
  family: MessageOperation.family,
  service: MessageOperations.MessageOperations,
  layer: MessageOperations.layer,
  test: MessageOperationsTest.MessageOperationsTest,
  layerTest: MessageOperationsTest.layer
})

smoke({
  family: EmailOperation.family,
  service: EmailOperations.EmailOperations,
  layer: EmailOperations.layer,
  test: EmailOperationsTest.EmailOperationsTest,
  layerTest: EmailOperationsTest.layer
})

describe("families side by side", () => {
  it.effect("have their own ids, times and counters, and SenderPool operations keep those of the seed", () =>
    Effect.gen(function*() {
      const all = yield* Effect.all([
        Effect.flatMap(SenderPoolOperations.SenderPoolOperations, ({ list }) => list()),
        Effect.flatMap(MessageOperations.MessageOperations, ({ list }) => list()),
        Effect.flatMap(EmailOperations.EmailOperations, ({ list }) => list()),
        Effect.flatMap(Fourth.FaxOperations, ({ list }) => list())
      ])
      const operations = all.flatMap(({ operations }): ReadonlyArray<Operation.Operation> => operations)
      assert.lengthOf(operations, 80)
      assert.strictEqual(new Set(operations.map(({ id }) => id)).size, 80)
      assert.strictEqual(new Set(operations.map(({ createdAt }) => DateTime.toEpochMillis(createdAt))).size, 80)
      assert.strictEqual(
        new Set(all.map(({ operations }) => operations.map(({ stats }) => stats.total).join())).size,
        4
      )
      const [first] = all[0].operations
      assert.strictEqual<string | undefined>(first?.id, "comms_operation_01hk153x00n3jkv3cm5ckjt1hz")
      assert.deepEqual({ ...first?.stats }, { total: 433, queued: 4, created: 429, failed: 0 })
    }).pipe(Effect.provide(wire(services))))

  it.effect("are served by their own paths, in the document too", () =>
    Effect.gen(function*() {
      for (const path of ["/openapi.json", "/docs"]) {
        const { body } = yield* get(path, { anonymous: true })
        for (const family of families) assert.include(body, `${family.path}/{operationId}`)
      }
      const { body, status } = yield* get(`${Fourth.family.path}/nonsense`)
      assert.strictEqual(status, 400)
      assert.include(body, "$.operationId")
      assert.strictEqual((yield* get(Fourth.family.path, { password: "wrong" })).status, 401)
      const page = yield* Effect.flatMap(Fourth.FaxOperations, ({ list }) => list({ pageSize: 1 }))
      const pageToken = page.pagination.next ?? ""
      const error = yield* Effect.flip(
        Effect.flatMap(MessageOperations.MessageOperations, ({ list }) => list({ pageToken }))
      )
      assertTag(error, "BadRequest")
    }).pipe(Effect.provide(wire(services))))

  it.effect("that the emulator does not serve are refused, and so are their calls and schedules without SCHEDULED", () =>
    Effect.gen(function*() {
      const { create, setFaults } = yield* Emulator.Emulator
      assert.strictEqual((yield* Effect.flip(create(plan, "FaxOperations"))).field, "resource")
      assert.strictEqual((yield* Effect.flip(create(plan))).field, "scheduled")
      assert.strictEqual((yield* get(Fourth.family.path)).status, 404)
      const call = "FaxOperations.list"
      const error = yield* Effect.flip(setFaults({ rules: [{ when: { call }, do: { _tag: "Drop" } }] }))
      assert.strictEqual(error.field, "rules[0].when.call")
      const body = `{"rules":[{"when":{"call":"${call}"},"do":{"_tag":"Drop"}}]}`
      const refused = yield* get("/_emulator/faults", { method: "PUT", body, anonymous: true })
      assert.strictEqual(refused.status, 400)
      assert.include(refused.body, "rules[0].when.call")
    }).pipe(Effect.provide(wire(MessageOperations.layer, { families: undefined, admin: true }))))

  it.effect("are created and advanced by admin routes", () =>
    Effect.gen(function*() {
      const body = `{"total":10,"scheduled":1000,"duration":0}`
      const created = yield* admin("?resource=FaxOperations", body)
      assert.strictEqual(created.status, 201)
      const { id, stats, status } = yield* Schema.decodeEffect(Schema.fromJsonString(Fourth.FaxOperation))(created.body)
      assert.strictEqual(status, "SCHEDULED")
      assert.deepEqual({ ...stats }, { total: 10, queued: 10, printed: 0, failed: 0 })
      const advanced = yield* admin(`/${id}/advance`, `{"by":1000}`)
      assert.include(advanced.body, `"COMPLETED"`)
      assert.include((yield* admin("", body)).body, `"scheduled"`)
      assert.include((yield* admin("?resource=Nonsense", body)).body, `"resource"`)
    }).pipe(Effect.provide(wire(Fourth.layer, { admin: true }))))
})

const answer = (body: object) => ({ status: 200, headers: {}, body: JSON.stringify(body) })

const pagination = { next: null, self: "a" }
const marked = (body: object) => Pages.mapItems(answer(body), (item) => ({ ...item, marked: true })).body
const emptied = (body: object) => Pages.mapPage(answer(body), (page) => ({ ...page, items: [] })).body

describe("pages of another resource", () => {
  it("are found by their shape", () => {
    const body = { senders: [{ id: "1" }], pagination, total: 1 }
    assert.strictEqual(marked(body), JSON.stringify({ ...body, senders: [{ id: "1", marked: true }] }))
    assert.strictEqual(emptied(body), JSON.stringify({ ...body, senders: [] }))
  })

  it.each([
    { id: "1", tags: ["a"] },
    { senders: [{ id: "1" }] },
    { senders: [{ id: "1" }], pools: [], pagination },
    { senders: [{ id: "1" }], pagination: "none" }
  ])("are not found in $0", (body) => {
    assert.strictEqual(marked(body), JSON.stringify({ ...body, marked: true }))
    assert.strictEqual(emptied(body), JSON.stringify(body))
  })
})

describe("the report", () => {
  it.effect("counts requests with another body as other calls", () =>
    Effect.gen(function*() {
      const fetch = yield* Emulator.fetch
      // Without Effect's client, so that the requests have no trace.
      const send = (body: string) => Effect.promise(() => fetch(`${Emulator.baseUrl}/v1/x`, { method: "POST", body }))
      yield* Effect.forEach(["a", "b", "a"], send)
      const { requests } = yield* report
      assert.deepEqual(requests.map(({ attempt, call }) => `${call}.${attempt}`), ["1.1", "2.1", "1.2"])
    }).pipe(Effect.provide(wire(Fourth.layer, { faults: { rules: [{ do: { _tag: "Status", status: 503 } }] } }))))
})

it.effect("a mock of SenderPool operations has the same two sides", () =>
  Effect.gen(function*() {
    const { takes } = yield* SenderPoolOperationsTest.SenderPoolOperationsTest
    const { fetch } = yield* SenderPoolOperations.SenderPoolOperations
    const { id } = yield* takes({ polls: 1 })
    assert.strictEqual((yield* fetch(id)).stats.created, 10)
  }).pipe(Effect.provide(SenderPoolOperationsTest.layer())))
