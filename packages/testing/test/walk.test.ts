import { SenderPoolOperations } from "@effect-comms/client"
import { Operation, type OperationFamily, SenderPoolOperation } from "@effect-comms/domain"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Duration, Effect, Layer, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as OperationStore from "../src/internal/emulator/stores/operations.ts"
import { fetchPath, get, inProcess, listPath, type Wiring } from "./utils/wiring.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const newest = Date.UTC(2024, 0, 15)

const span = Duration.days(7)

const hour = 3_600_000

// Hours before the newest. Some are before the first operation, and some after the last one.
const Filter = Schema.Struct({
  start: Schema.UndefinedOr(within(-10, 200)),
  length: Schema.UndefinedOr(within(0, 200)),
  status: Schema.UndefinedOr(Operation.KnownOperationStatus)
})

const rangeOf = ({ length, start }: typeof Filter.Type) => {
  const startDate = start === undefined ? undefined : DateTime.makeUnsafe(newest - start * hour)
  const end = length === undefined ? undefined : newest - (start ?? 200) * hour + length * hour
  return { startDate, endDate: end === undefined ? undefined : DateTime.makeUnsafe(end) }
}

const provide = (wiring: Wiring, options: Emulator.Options) =>
  Effect.provide(Layer.fresh(wiring(options)), { local: true })

const walk = (params: OperationFamily.ListParams<Operation.KnownOperationStatus>) =>
  Effect.flatMap(SenderPoolOperations.SenderPoolOperations, ({ stream }) => Stream.runCollect(stream(params)))

describe("streaming the pages", () => {
  it.effect.prop(
    "returns exactly the matching operations, once each, in the order of creation",
    {
      seed: Schema.Int,
      operations: within(0, 150),
      created: within(0, 5),
      age: within(0, 48),
      filter: Filter,
      pageSize: within(1, 60)
    },
    ({ age, created, filter, operations, pageSize, seed }) =>
      Effect.gen(function*() {
        const now = newest + age * hour
        const store = OperationStore.make({
          family: SenderPoolOperation.family,
          seed,
          operations,
          newest,
          span,
          readDelay: Duration.zero
        })
        const { create } = yield* Emulator.Emulator
        for (let i = 0; i < created; i++) {
          const plan = { total: i, duration: Duration.hours(i) }
          store.create(plan, newest + i * hour)
          yield* TestClock.setTime(newest + i * hour)
          yield* create(plan)
        }
        yield* TestClock.setTime(now)
        const { endDate, startDate } = rangeOf(filter)
        const { status } = filter
        const expected = store.list({ from: 0, limit: Infinity }, now).items.filter((operation) =>
          (startDate === undefined || DateTime.isGreaterThanOrEqualTo(operation.createdAt, startDate)) &&
          (endDate === undefined || DateTime.isLessThan(operation.createdAt, endDate)) &&
          (status === undefined || operation.status === status)
        )
        if (startDate !== undefined && endDate !== undefined && startDate > endDate) return
        const walked = yield* walk({ startDate, endDate, status, pageSize })
        assert.deepEqual(walked.map(({ id }) => id), expected.map(({ id }) => id))
        assert.deepEqual(walked.map(({ stats }) => ({ ...stats })), expected.map(({ stats }) => ({ ...stats })))
        assert.deepEqual(walked.map(({ createdAt }) => createdAt), expected.map(({ createdAt }) => createdAt))
        assert.deepEqual(walked.map(({ updatedAt }) => updatedAt), expected.map(({ updatedAt }) => updatedAt))
      }).pipe(provide(inProcess, { seed, operations, newest: new Date(newest), span }))
  )

  it.effect("keeps its position when operations are created meanwhile", () =>
    Effect.gen(function*() {
      const { create } = yield* Emulator.Emulator
      const { stream } = yield* SenderPoolOperations.SenderPoolOperations
      const ids = yield* stream({ pageSize: 4 }, { prefetch: 0 }).pipe(
        Stream.map(({ id }) => id),
        Stream.tap(() => TestClock.adjust("1 second")),
        Stream.zipWithIndex,
        Stream.tap(([, index]) => index === 5 ? create({ total: 1, duration: Duration.zero }) : Effect.void),
        Stream.runCollect
      )
      assert.lengthOf(ids, 11)
      assert.strictEqual(new Set(ids.map(([id]) => id)).size, 11)
    }).pipe(provide(inProcess, { operations: 10 })))
})

const unknownId = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

// Nothing that takes time: the clock is moved by hand, so that `Date` is the same.
const faults: ReadonlyArray<FaultPlan.Fault> = [
  { _tag: "Status", status: 429, retryAfter: 2 },
  { _tag: "Status", status: 503, retryAfter: { date: 5 } },
  { _tag: "Status", status: 502, body: "<html>", mediaType: "text/html" },
  { _tag: "RateLimit", limit: 2, window: Duration.seconds(1) },
  { _tag: "Drop" },
  { _tag: "Drop", afterBytes: 30 },
  { _tag: "Body", body: "{}" },
  { _tag: "Truncate", bytes: 50 },
  { _tag: "UnknownStatus", status: "PAUSED" },
  { _tag: "WrongShape" },
  { _tag: "SameToken", token: "a=" },
  { _tag: "TokenCycle", length: 2 },
  { _tag: "EmptyPage" },
  { _tag: "RepeatPage" },
  { _tag: "ClockSkew", by: -5000 }
]

const plans = Arbitrary.map(
  Arbitrary.schema(Schema.Struct({
    seed: Schema.Int,
    rules: Schema.Array(Schema.Struct({
      fault: within(0, faults.length - 1),
      probability: within(0, 100),
      every: Schema.UndefinedOr(within(1, 3)),
      status: Schema.UndefinedOr(Schema.Literals([200, 404]))
    })).check(Schema.isMaxLength(5))
  })),
  ({ rules, seed }): FaultPlan.FaultPlan => ({
    seed,
    rules: rules.map(({ every, fault, probability, status }) => ({
      when: {
        probability: probability / 100,
        ...(every === undefined ? {} : { every }),
        ...(status === undefined ? {} : { status })
      },
      do: faults[fault] ?? { _tag: "WrongShape" }
    }))
  })
)

const Next = Schema.fromJsonString(
  Schema.Struct({ pagination: Schema.Struct({ next: Schema.NullOr(Schema.String) }) })
)

const decodeNext = Schema.decodeOption(Next)

const converse = Effect.gen(function*() {
  const answers: Array<unknown> = []
  let path = `${listPath}?pageSize=4`
  for (let i = 0; i < 12; i++) {
    yield* TestClock.setTime(newest + i * 137)
    const answer = yield* Effect.result(get(i % 3 === 2 ? fetchPath(unknownId) : path))
    answers.push(answer._tag === "Success" ? answer.success : [answer.failure.reason._tag, answer.failure.message])
    const next = answer._tag === "Success"
      ? Option.getOrNull(decodeNext(answer.success.body))?.pagination.next ?? null
      : null
    if (next !== null) path = `${listPath}?pageSize=4&pageToken=${encodeURIComponent(next)}`
  }
  return answers
})

describe("two runs", () => {
  it.effect.prop(
    "with the same requests and seeds get byte-identical answers",
    { seed: Schema.Int, plan: plans },
    ({ plan, seed }) =>
      Effect.gen(function*() {
        const run = Effect.andThen(
          TestClock.setTime(newest),
          converse.pipe(provide(inProcess, { seed, operations: 20, newest: new Date(newest), faults: plan }))
        )
        const first = yield* run
        assert.deepEqual(yield* run, first)
      })
  )

  it.effect("with other seeds get other answers", () =>
    Effect.gen(function*() {
      const [one, other] = yield* Effect.forEach(
        [1, 2],
        (seed) => converse.pipe(provide(inProcess, { seed, operations: 20 }))
      )
      assert.notDeepEqual(one, other)
    }))
})
