import { type Operations, SenderPoolOperations } from "@effect-comms/client"
import { Operation } from "@effect-comms/domain"
import { Emulator, SenderPoolOperationsTest } from "@effect-comms/testing"
import { assert, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { inProcess } from "./utils/wiring.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Seeded = Schema.Struct({
  seed: Schema.Int,
  operations: within(0, 25),
  span: Schema.Literals([0, 5, 7 * 24 * 3_600_000])
})

const Created = Schema.Struct({
  later: within(0, 1),
  total: within(0, 9),
  duration: Schema.Literals([0, 1000, 7_200_000]),
  end: Schema.Literals(["COMPLETED", "CANCELED", "PROCESSING", "PAUSED"])
})

// A moment is that of an operation, or a millisecond beside it.
const Moment = Schema.Struct({ of: within(0, 30), beside: within(-1, 1) })

const Filter = Schema.Struct({
  start: Schema.UndefinedOr(Moment),
  end: Schema.UndefinedOr(Moment),
  status: Schema.UndefinedOr(Operation.KnownOperationStatus)
})

// A token is that of an earlier page, which can be of a list with other filters.
const Call = Schema.Union([
  Schema.Struct({ fetch: Schema.Union([within(0, 30), Schema.Literal("malformed")]) }),
  Schema.Struct({
    filter: within(0, 1),
    pageSize: Schema.UndefinedOr(Schema.Union([within(0, 12), Schema.Literal(1001)])),
    token: Schema.UndefinedOr(Schema.Union([
      Schema.Struct({ of: within(0, 9), name: Schema.Literals(["next", "self"]) }),
      Schema.Literals(["", "another", "+/+/AAA="])
    ]))
  })
])

const describe = (error: Operations.FetchError | Operations.ListError) => [
  error._tag,
  "field" in error ? error.field : "errors" in error ? error.errors.map((error) => ({ ...error })) : []
]

const unknownId = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

it.effect.prop(
  "the mock gives the operations and the errors of the client on the emulator",
  {
    seeded: Seeded,
    created: Schema.Array(Created).check(Schema.isMaxLength(4)),
    filters: Schema.Tuple([Filter, Filter]),
    calls: Schema.Array(Call).check(Schema.isMaxLength(12))
  },
  ({ calls, created, filters, seeded: { span, ...seeded } }) =>
    Effect.gen(function*() {
      const answers = Effect.fnUntraced(function*(all: ReadonlyArray<Operation.Operation>) {
        const { fetch, list } = yield* SenderPoolOperations.SenderPoolOperations
        const dateOf = (moment: typeof Moment.Type | undefined) => {
          const operation = all[moment?.of ?? 0]
          return moment && operation && DateTime.add(operation.createdAt, { milliseconds: moment.beside })
        }
        const pages: Array<{ readonly next: string | null; readonly self: string }> = []
        return yield* Effect.forEach(calls, (call) => {
          if ("fetch" in call) {
            const id = call.fetch === "malformed" ? call.fetch : all[call.fetch]?.id ?? unknownId
            return Effect.match(fetch(id), { onFailure: describe, onSuccess: (operation) => [operation] })
          }
          const { pageSize, token } = call
          const { end, start, status } = filters[call.filter === 0 ? 0 : 1]
          const pageToken = typeof token === "object"
            ? pages[token.of % pages.length]?.[token.name] ?? undefined
            : token
          return list({ startDate: dateOf(start), endDate: dateOf(end), status, pageSize, pageToken }).pipe(
            Effect.tap(({ pagination }) => Effect.sync(() => pages.push(pagination))),
            Effect.match({
              onFailure: describe,
              onSuccess: ({ operations, pagination }) => [...operations, pagination.next !== null]
            })
          )
        })
      })
      const { all, expected } = yield* Effect.gen(function*() {
        const { create } = yield* Emulator.Emulator
        for (const { duration, end, later, total } of created) {
          yield* TestClock.adjust(later)
          yield* create({
            total,
            duration: Duration.millis(duration),
            end: end === "PAUSED" ? Operation.UnknownOperationStatus.make(end) : end
          })
        }
        yield* TestClock.adjust("1 hour")
        const { stream } = yield* SenderPoolOperations.SenderPoolOperations
        const all = yield* Stream.runCollect(stream())
        return { all, expected: yield* answers(all) }
      }).pipe(Effect.provide(Layer.fresh(inProcess({ ...seeded, span })), { local: true }))
      const mock = SenderPoolOperationsTest.layer(all)
      assert.deepStrictEqual(yield* Effect.provide(answers(all), mock, { local: true }), expected)
    })
)
