/**
 * Mocks of the services of operations: each is the real service over operations in memory, and replaces the service's
 * layer in a test.
 *
 * Filters, pages, input checks, waits and feeds are the real ones. To test HTTP requests, use the emulator.
 *
 * @module
 * @since 0.1.0
 */
import * as Operations from "@effect-comms/client/Operations"
import * as CommsError from "@effect-comms/domain/CommsError"
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import { type KnownCommunicationOperationStatus, type Operation, OperationId } from "@effect-comms/domain/Operation"
import type * as OperationFamily from "@effect-comms/domain/OperationFamily"
import { TwilioError } from "@effect-comms/domain/TwilioError"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { twilioError } from "./internal/errors.ts"
import * as Listing from "./internal/listing.ts"
import * as Course from "./internal/mock/course.ts"
import type { OperationCourse } from "./OperationCourse.ts"

/**
 * The test's side of a mock.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service<A extends Operation> {
  /** Replaces all operations. */
  readonly set: (operations: ReadonlyArray<A>) => Effect.Effect<void>
  /** Adds an operation, or replaces the one with the same id. */
  readonly put: (operation: A) => Effect.Effect<void>
  /** Adds an operation that is created now and ends after some polls: `takes({ polls: 3, failed: 2 })`. Returns it. */
  readonly takes: (course: OperationCourse) => Effect.Effect<A, CommsError.InvalidInput>
  /** Makes the next fetch fail. Called twice, the next two fetches fail. */
  readonly failNextFetch: (error: Operations.FetchError) => Effect.Effect<void>
  /** Makes the next page fail, of a list or of a stream. Called twice, the next two pages fail. */
  readonly failNextList: (error: Operations.ListError) => Effect.Effect<void>
  /** The numbers of fetches and of listed pages so far, including those that failed. */
  readonly calls: Effect.Effect<{ readonly fetch: number; readonly list: number }>
}

type Family<A extends Operation, Status extends ReadonlyArray<KnownCommunicationOperationStatus>> =
  OperationFamily.OperationFamily<Schema.Codec<A, unknown> & Endpoint.Body, Status>

const byCreation = Order.mapInput(DateTime.Order, ({ createdAt }: Operation) => createdAt)

const matches = ({ endDate, startDate, status }: Listing.Query) => (operation: Operation): boolean =>
  (startDate === undefined || DateTime.isGreaterThanOrEqualTo(operation.createdAt, startDate)) &&
  (endDate === undefined || DateTime.isLessThan(operation.createdAt, endDate)) &&
  (status === undefined || operation.status === status)

const sliceOf = <A extends Operation>(operations: ReadonlyArray<A>, query: Listing.Query): Listing.Slice<A> => {
  const isMatch = matches(query)
  const found = Arr.sort(operations, byCreation).flatMap((operation, position) =>
    position >= query.from && isMatch(operation) ? [{ operation, position }] : []
  )
  return {
    items: found.slice(0, query.limit).map(({ operation }) => operation),
    next: Option.fromUndefinedOr(found[query.limit]?.position)
  }
}

const tokens: Listing.Tokens = { lifetime: Infinity, isFirstPage: () => false }

// The client resolves the links of errors.
const asRead = Schema.decodeSync(Schema.Array(TwilioError))

// A ULID of a time so late that no other id has it.
const idOf = (n: number): OperationId => OperationId.make(`comms_operation_7${String(n).padStart(25, "0")}`)

/**
 * Makes both sides of the mock of a family: the service, and the test's side.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A extends Operation, Status extends ReadonlyArray<KnownCommunicationOperationStatus>>(
  family: Family<A, Status>
) => {
  const course = Course.make(family)
  const fromCalls = Operations.fromCalls(family)

  return Effect.fnUntraced(function*(operations: ReadonlyArray<A> = []) {
    const current = yield* Ref.make(operations.map(Course.fixed))
    const taken = yield* Ref.make(0)
    const fetches = makeCalls<Operations.FetchError>()
    const lists = makeCalls<Operations.ListError>()

    const put = (held: Course.Held<A>) =>
      Ref.update(current, (others) => [...others.filter(({ operation: { id } }) => id !== held.operation.id), held])

    const poll = Effect.fnUntraced(function*(operations: ReadonlyArray<A>) {
      const now = yield* DateTime.now
      const polled = new Set(operations)
      yield* Ref.update(current, Arr.map((held) => polled.has(held.operation) ? course.afterPoll(held, now) : held))
    })

    const service: Operations.Operations<A, Status[number]> = fromCalls({
      fetch: Effect.fnUntraced(function*(operationId) {
        yield* fetches.begin
        const found = (yield* Ref.get(current)).find(({ operation: { id } }) => id === operationId)
        if (found === undefined) return yield* new CommsError.NotFound({ errors: asRead([twilioError(404)]) })
        yield* poll([found.operation])
        return found.operation
      }),
      list: Effect.fnUntraced(function*(query) {
        yield* lists.begin
        const operations = (yield* Ref.get(current)).map(({ operation }) => operation)
        const { items, pagination } = yield* Effect.mapError(
          Listing.page(family.resource, query, tokens, (query) => sliceOf(operations, query)),
          ({ errors }) => new CommsError.BadRequest({ errors: asRead(errors) })
        )
        yield* poll(items)
        return { operations: items, pagination, invalid: [] }
      })
    })

    const test: Service<A> = {
      set: (operations) => Ref.set(current, operations.map(Course.fixed)),
      put: (operation) => put(Course.fixed(operation)),
      takes: Effect.fnUntraced(function*(options) {
        const plan = yield* course.toPlan(options)
        const held = course.begin(idOf(yield* Ref.getAndUpdate(taken, (n) => n + 1)), plan, yield* DateTime.now)
        yield* put(held)
        return held.operation
      }),
      failNextFetch: fetches.failNext,
      failNextList: lists.failNext,
      calls: Effect.all({ fetch: fetches.count, list: lists.count })
    }

    return { service, test }
  })
}

const makeCalls = <E>() => {
  const failures: Array<E> = []
  let count = 0
  return {
    count: Effect.sync(() => count),
    failNext: (error: E) => Effect.sync(() => void failures.push(error)),
    begin: Effect.suspend(() => {
      count++
      const error = failures.shift()
      return error === undefined ? Effect.void : Effect.fail(error)
    })
  }
}

/**
 * Makes the layer of the mock of a family, from the keys of its two sides.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <
  A extends Operation,
  Status extends ReadonlyArray<KnownCommunicationOperationStatus>,
  I,
  J
>(options: {
  readonly family: Family<A, Status>
  readonly service: Context.Key<I, Operations.Operations<A, Status[number]>>
  readonly test: Context.Key<J, Service<A>>
}) => {
  const mock = make(options.family)
  return (operations?: ReadonlyArray<A>): Layer.Layer<I | J> =>
    Layer.effectContext(
      Effect.map(mock(operations), ({ service, test }) =>
        Context.make(options.service, service).pipe(Context.add(options.test, test)))
    )
}
