import { Feed } from "@effect-comms/client"
import { CommsError, Operation, SenderPoolOperation } from "@effect-comms/domain"
import { Array as Arr, DateTime, Effect, Option, type Order, Result, Stream } from "effect"
import { wholeMillis } from "../../src/internal/monotonic.ts"
import type { Target } from "../../src/internal/observing/observer.ts"

export const start = Date.UTC(2024, 3, 5)

export const second = 1_000

export const minute = 60 * second

export const hour = 60 * minute

export const day = 24 * hour

export const idOf = (n: number) => Operation.OperationId.make(`comms_operation_0${String(n).padStart(25, "0")}`)

/** The course of an operation, by the clock of the server. */
export interface Plan {
  readonly id: Operation.OperationId
  /** The creation time in responses. */
  readonly createdAt: number
  readonly visibleFrom: number
  /** The times of changes. The last one ends the operation, unless it is endless. */
  readonly changes: ReadonlyArray<number>
  readonly isEndless?: boolean
}

export const plan = (n: number, createdAt: number, more: Partial<Plan> = {}): Plan => ({
  id: idOf(n),
  createdAt,
  visibleFrom: createdAt,
  changes: [],
  ...more
})

export interface Options {
  readonly pageSize?: number
  /** The difference of the server's clock from the test clock. */
  readonly skew?: number
  /** The order of lists. Default the order of creation. */
  readonly order?: Order.Order<Plan>
  readonly isInclusive?: boolean
  /** The error of a request. Requests of each kind are counted from 1. */
  readonly fails?: (request: number, kind: "read" | "poll", now: number) => CommsError.CommsError | undefined
  readonly identity?: string
}

export const unavailable = new CommsError.ServiceUnavailable({ errors: [] })

const operationAt = (plan: Plan, now: number): SenderPoolOperation.SenderPoolOperation => {
  const { changes, createdAt, id, isEndless = false } = plan
  const done = changes.filter((at) => at <= now).length
  return new SenderPoolOperation.SenderPoolOperation({
    id,
    status: done === changes.length && !isEndless ? "COMPLETED" : "PROCESSING",
    stats: { total: changes.length, queued: changes.length - done, created: done, failed: 0 },
    createdAt: DateTime.makeUnsafe(createdAt),
    updatedAt: DateTime.makeUnsafe(changes[done - 1] ?? createdAt)
  }, { disableChecks: true })
}

/** The version of an operation after all its changes. */
export const lastVersionOf = (plan: Plan): string => Operation.version(operationAt(plan, Infinity))

/** A server with the given undocumented behaviour: the order of lists, the ends of ranges, the clock and failures. */
export const makeServer = (all: ReadonlyArray<Plan>, options: Options = {}) => {
  const { fails = () => undefined, isInclusive = true, pageSize = 10, skew = 0 } = options
  const plans = options.order === undefined ? all : Arr.sort(all, options.order)
  const byId = new Map(all.map((plan) => [plan.id, plan]))
  const counts = { read: 0, poll: 0 }
  const log = { requests: 0, sentAt: [] as Array<number>, earliest: Infinity }

  const request = Effect.fnUntraced(function*(kind: "read" | "poll") {
    const now = yield* wholeMillis
    log.requests++
    log.sentAt.push(now)
    const error = fails(++counts[kind], kind, now)
    if (error !== undefined) return yield* error
    return now + skew
  })

  const isWithin = (createdAt: number, from: number, to: number) =>
    isInclusive ? createdAt >= from && createdAt <= to : createdAt > from && createdAt < to

  const changes = Feed.make<SenderPoolOperation.SenderPoolOperation, CommsError.CommsError, CommsError.CommsError>({
    call: "Test.changes",
    resource: "Test",
    identity: Effect.succeed({ baseUrl: (options.identity ?? "0").repeat(64), account: "0".repeat(64) }),
    read: ({ endDate, startDate }) => {
      const from = DateTime.toEpochMillis(startDate)
      log.earliest = Math.min(log.earliest, from)
      const to = endDate === undefined ? Infinity : DateTime.toEpochMillis(endDate)
      return Stream.paginate(0, (position) =>
        Effect.map(request("read"), (now) => {
          const page: Array<SenderPoolOperation.SenderPoolOperation> = []
          for (let i = position; i < plans.length; i++) {
            const plan = plans[i]
            if (plan === undefined || plan.visibleFrom > now || !isWithin(plan.createdAt, from, to)) continue
            if (page.length === pageSize) return [[page], Option.some(i)] as const
            page.push(operationAt(plan, now))
          }
          return [[page], Option.none()] as const
        }))
    },
    observe: (targets: ReadonlyArray<Target>, deliver) =>
      Effect.forEach(targets, ({ id }) =>
        Effect.gen(function*() {
          const now = yield* request("poll")
          const plan = byId.get(id)
          if (plan === undefined || plan.visibleFrom > now) {
            return yield* new CommsError.NotFound({ errors: [] })
          }
          return operationAt(plan, now)
        }).pipe(
          Effect.result,
          Effect.zipWith(
            wholeMillis,
            (result, at) => deliver(id, Result.isSuccess(result) ? result : Result.fail(result.failure), at)
          )
        ), { discard: true })
  })

  return { feed: { changes }, log }
}

/** A seeded generator of numbers from 0 to below 1. */
export const random = (seed: number) => {
  let state = seed * 0x9e3779b9
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}
