/**
 * The service itself, holding operations in memory: to be put in the place of `SenderPoolOperations.layer` in a test.
 *
 * Filters, pages, input checks and waits are those of the real thing. For a test of what travels, use the emulator.
 *
 * @since 0.1.0
 */
import * as Operations from "@effect-comms/client/Operations"
import * as SenderPoolOperations from "@effect-comms/client/SenderPoolOperations"
import * as CommsError from "@effect-comms/domain/CommsError"
import { OperationId } from "@effect-comms/domain/Operation"
import type * as OperationFamily from "@effect-comms/domain/OperationFamily"
import { defaultPageSize, PageToken, PaginationMetadata } from "@effect-comms/domain/Pagination"
import { family, type SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Ref from "effect/Ref"
import { twilioError } from "./internal/errors.ts"
import * as Courses from "./internal/mock/course.ts"
import type { OperationCourse } from "./OperationCourse.ts"

/**
 * What a test does to the operations in memory.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /** Replaces the operations. */
  readonly set: (operations: ReadonlyArray<SenderPoolOperation>) => Effect.Effect<void>
  /** Adds an operation, or puts it in the place of the one with its id. */
  readonly put: (operation: SenderPoolOperation) => Effect.Effect<void>
  /**
   * Adds an operation that was created now and ends after some looks at it: `takes({ polls: 3, failed: 2 })`. Gives it as
   * it is before the first.
   */
  readonly takes: (course: OperationCourse) => Effect.Effect<SenderPoolOperation, CommsError.InvalidInput>
  /** Lets the next fetch that is not failing already fail with an error. Called twice, the next two do. */
  readonly failNextFetch: (error: Operations.FetchError) => Effect.Effect<void>
  /** Lets the next page that is not failing already fail with an error: that of a list, or one of a stream's. */
  readonly failNextList: (error: Operations.ListError) => Effect.Effect<void>
  /** How many operations were fetched and how many pages were listed so far, failed ones included. */
  readonly calls: Effect.Effect<{ readonly fetch: number; readonly list: number }>
}

/**
 * The test's side of the operations in memory.
 *
 * @category services
 * @since 0.1.0
 */
export class SenderPoolOperationsTest extends Context.Service<SenderPoolOperationsTest, Service>()(
  "@effect-comms/testing/SenderPoolOperationsTest"
) {}

type Query = typeof family.list.query.Type

const byCreation = Order.mapInput(DateTime.Order, (operation: SenderPoolOperation) => operation.createdAt)

const matches = ({ endDate, startDate, status }: Query) => (operation: SenderPoolOperation): boolean =>
  (startDate === undefined || DateTime.isGreaterThanOrEqualTo(operation.createdAt, startDate)) &&
  (endDate === undefined || DateTime.isLessThan(operation.createdAt, endDate)) &&
  (status === undefined || operation.status === status)

const tokenPrefix = "page+at/"

const tokenAt = (position: number): PageToken => PageToken.make(`${tokenPrefix}${position}=`)

const positionOf = (token: PageToken | undefined): Option.Option<number> => {
  if (token === undefined) return Option.some(0)
  const digits = token.startsWith(tokenPrefix) ? /^(\d+)=$/.exec(token.slice(tokenPrefix.length)) : null
  return Option.map(Option.fromNullishOr(digits?.[1]), Number)
}

const pageOf = (
  operations: ReadonlyArray<SenderPoolOperation>,
  query: Query
): Effect.Effect<OperationFamily.Page<SenderPoolOperation>, CommsError.BadRequest> =>
  Option.match(positionOf(query.pageToken), {
    onNone: () => Effect.fail(new CommsError.BadRequest({ errors: [twilioError(400, "$.pageToken")] })),
    onSome: (position) => {
      const size = query.pageSize ?? defaultPageSize
      const matching = Arr.sort(operations.filter(matches(query)), byCreation)
      return Effect.succeed({
        operations: matching.slice(position, position + size),
        pagination: new PaginationMetadata({
          self: query.pageToken ?? tokenAt(0),
          next: position + size < matching.length ? tokenAt(position + size) : null
        })
      })
    }
  })

// Like a ULID of a time that no other id has.
const idOf = (n: number): OperationId => OperationId.make(`comms_operation_7${String(n).padStart(25, "0")}`)

/**
 * Makes both sides: the service that programs use, and the test's.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(operations: ReadonlyArray<SenderPoolOperation> = []) {
  const current = yield* Ref.make(operations.map(Courses.unmoved))
  const taken = yield* Ref.make(0)
  const fetches = yield* makeCalls<Operations.FetchError>()
  const lists = yield* makeCalls<Operations.ListError>()

  const put = (held: Courses.Held) =>
    Ref.update(current, (others) => [...others.filter(({ operation: { id } }) => id !== held.operation.id), held])

  const look = Effect.fnUntraced(function*(operations: ReadonlyArray<SenderPoolOperation>) {
    const now = yield* DateTime.now
    const seen = new Set(operations)
    yield* Ref.update(current, Arr.map((held) => seen.has(held.operation) ? Courses.afterLook(held, now) : held))
  })

  const service = Operations.fromCalls(family)({
    fetch: Effect.fnUntraced(function*(operationId) {
      yield* fetches.begin
      const found = (yield* Ref.get(current)).find(({ operation: { id } }) => id === operationId)
      if (found === undefined) return yield* new CommsError.NotFound({ errors: [twilioError(404)] })
      yield* look([found.operation])
      return found.operation
    }),
    list: Effect.fnUntraced(function*(query) {
      yield* lists.begin
      const page = yield* pageOf((yield* Ref.get(current)).map(({ operation }) => operation), query)
      yield* look(page.operations)
      return page
    })
  })

  const test = SenderPoolOperationsTest.of({
    set: (operations) => Ref.set(current, operations.map(Courses.unmoved)),
    put: (operation) => put(Courses.unmoved(operation)),
    takes: Effect.fnUntraced(function*(course) {
      const plan = yield* Courses.planOf(course)
      const held = Courses.begin(idOf(yield* Ref.getAndUpdate(taken, (n) => n + 1)), plan, yield* DateTime.now)
      yield* put(held)
      return held.operation
    }),
    failNextFetch: fetches.failNext,
    failNextList: lists.failNext,
    calls: Effect.all({ fetch: fetches.count, list: lists.count })
  })

  return { service, test }
})

const makeCalls = Effect.fnUntraced(function*<E>() {
  const count = yield* Ref.make(0)
  const failures = yield* Ref.make<ReadonlyArray<E>>([])
  return {
    count: Ref.get(count),
    failNext: (error: E) => Ref.update(failures, Arr.append(error)),
    begin: Effect.andThen(
      Ref.update(count, (n) => n + 1),
      Effect.flatMap(
        Ref.modify(failures, (errors) => [Arr.head(errors), errors.slice(1)]),
        Option.match({ onNone: () => Effect.void, onSome: (error) => Effect.fail(error) })
      )
    )
  }
})

/**
 * A layer of both sides, with operations to begin with.
 *
 * **Example** (A program that has to live with an outage)
 *
 * ```ts
 * import { SenderPoolOperations } from "@effect-comms/client"
 * import { CommsError } from "@effect-comms/domain"
 * import { SenderPoolOperationsTest } from "@effect-comms/testing"
 * import { Effect } from "effect"
 *
 * export const program = Effect.gen(function*() {
 *   const test = yield* SenderPoolOperationsTest.SenderPoolOperationsTest
 *   yield* test.failNextList(new CommsError.ServiceUnavailable({ errors: [] }))
 *   const operations = yield* SenderPoolOperations.SenderPoolOperations
 *   return yield* Effect.flip(operations.list())
 * }).pipe(Effect.provide(SenderPoolOperationsTest.layer()))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  operations?: ReadonlyArray<SenderPoolOperation>
): Layer.Layer<SenderPoolOperations.SenderPoolOperations | SenderPoolOperationsTest> =>
  Layer.effectContext(
    Effect.map(make(operations), ({ service, test }) =>
      Context.make(SenderPoolOperations.SenderPoolOperations, service).pipe(
        Context.add(SenderPoolOperationsTest, test)
      ))
  )
