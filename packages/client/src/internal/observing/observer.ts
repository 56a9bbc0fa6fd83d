// Polls many operations with few requests: reads those created together from a list, and fetches the others.
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import { maxPageSize, PageSize, type PageToken, type PaginationMetadata } from "@effect-comms/domain/Pagination"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { wholeMillis } from "../monotonic.ts"
import { makePace } from "./pace.ts"
import * as Plan from "./plan.ts"

export type Target = Plan.Target

/** The query of a list. */
export interface Query {
  readonly startDate: DateTime.Utc
  readonly endDate: DateTime.Utc
  readonly status?: "PROCESSING"
  readonly pageSize: PageSize
  readonly pageToken?: PageToken
}

export interface Observer<A, E> {
  /**
   * Polls every target once. Calls `deliver` once for each id, as soon as its result arrives, with the time in whole
   * monotonic milliseconds. Interruption interrupts the requests.
   */
  readonly observe: (
    targets: ReadonlyArray<Target>,
    deliver: (id: OperationId, result: Result.Result<A, E>, at: number) => void
  ) => Effect.Effect<void>
}

const maxConcurrency = 8
const maxPerSecond = 20

// The maximum number of pages of a list beyond one for each operation found in it.
const maxWaste = 32

// Up to this many operations without a creation time are fetched. More of them are searched in lists.
const maxFetchedUndated = 8
// The maximum number of failed fetches while looking for a creation time to search around.
const maxProbes = 3
const searchMargin = 300_000

// If lists fail for longer than this while a fetch succeeds, the other operations are fetched too.
const maxListFailureTime = 60_000

const pageSize = PageSize.make(maxPageSize)

const toQuery = ({ end, start }: Plan.Range, status: Plan.Status): Query => ({
  startDate: DateTime.makeUnsafe(start),
  endDate: DateTime.makeUnsafe(end),
  ...(status === undefined ? {} : { status }),
  pageSize
})

const distinct = (targets: ReadonlyArray<Target>): Map<OperationId, Target> => {
  const byId = new Map<OperationId, Target>()
  for (const target of targets) {
    const seen = byId.get(target.id)
    if (seen === undefined || !Plan.isDated(seen)) byId.set(target.id, target)
  }
  return byId
}

/** Makes an observer. All calls of `observe` share its pace and its measurements of lists. */
export const makeObserver = <
  A extends Pick<Operation, "id" | "createdAt">,
  Page extends { readonly pagination: PaginationMetadata },
  E1,
  E2
>(options: {
  /** The name of the span. */
  readonly call: string
  readonly fetch: (id: OperationId) => Effect.Effect<A, E1>
  readonly list: (query: Query) => Effect.Effect<Page, E2>
  /** The operations of a page. */
  readonly items: (page: Page) => ReadonlyArray<A>
}): Observer<A, E1 | E2> => {
  const planner = Plan.makePlanner()
  const paced = makePace({ concurrency: maxConcurrency, perSecond: maxPerSecond })

  const observe: Observer<A, E1 | E2>["observe"] = Effect.fn(options.call)(function*(targets, deliver) {
    const pending = distinct(targets)
    yield* Effect.annotateCurrentSpan({ "comms.targets": pending.size })

    const isPending = ({ id }: { readonly id: OperationId }) => pending.has(id)

    const settle = (id: OperationId, result: Result.Result<A, E1 | E2>, at: number): boolean => {
      if (!pending.delete(id)) return false
      deliver(id, result, at)
      return true
    }

    const fetch = Effect.fnUntraced(function*({ id }: Target) {
      const result = yield* Effect.result(paced(options.fetch(id)))
      settle(id, result, yield* wholeMillis)
      return result
    })

    const fetchAll = (targets: ReadonlyArray<Target>) =>
      Effect.forEach(targets, (target) => isPending(target) ? fetch(target) : Effect.void, {
        concurrency: maxConcurrency,
        discard: true
      })

    // Each operation found in a list earns it one more page. Reading stops when the credit is used up, but not before
    // the known length of the list.
    const read = Effect.fnUntraced(function*(cluster: Plan.Cluster, status: Plan.Status) {
      const known = planner.pagesOf(cluster, status, yield* wholeMillis)
      const waste = Math.max(known, Math.min(maxWaste, Math.floor(cluster.targets.length / 2)))
      const followed = new Set<PageToken>()
      let query = toQuery(cluster, status)
      let credit = waste
      let found = 0
      const rest = cluster.targets[Symbol.iterator]()
      let firstPending = rest.next().value
      for (let pages = 1;; pages++) {
        const page = yield* paced(options.list(query))
        const at = yield* wholeMillis
        const before = found
        for (const operation of options.items(page)) {
          if (settle(operation.id, Result.succeed(operation), at)) found++
        }
        while (firstPending !== undefined && !isPending(firstPending)) firstPending = rest.next().value
        credit = Math.min(waste, credit + found - before) - 1
        const { next } = page.pagination
        const isComplete = next === null || followed.has(next) || firstPending === undefined
        if (isComplete || credit <= 0) return { pages, found, isComplete }
        followed.add(next)
        query = { ...query, pageToken: next }
      }
    })

    // An outage gets one request only. But lists can fail while fetches succeed, so a fetch is tried later.
    const failList = Effect.fnUntraced(function*(cluster: Plan.Cluster, status: Plan.Status, error: E2) {
      const failing = planner.addFailure(cluster, status, yield* wholeMillis)
      const [first, ...rest] = cluster.targets.filter(isPending)
      if (first === undefined) return
      if (failing >= maxListFailureTime && Result.isSuccess(yield* fetch(first))) return yield* fetchAll(rest)
      const at = yield* wholeMillis
      for (const { id } of [first, ...rest]) settle(id, Result.fail(error), at)
    })

    // Returns whether the list took no more requests than fetching the operations found in it.
    const readOrFail = Effect.fnUntraced(function*(cluster: Plan.Cluster, status: Plan.Status) {
      const result = yield* Effect.result(read(cluster, status))
      if (Result.isFailure(result)) {
        yield* failList(cluster, status, result.failure)
        return false
      }
      const { found, isComplete, pages } = result.success
      const { length } = cluster.targets
      // The length of an abandoned list is extrapolated from the part that was read.
      const cost = isComplete ? pages : Math.max(length, pages * length / Math.max(found, 1))
      planner.addList(cluster, status, cost, yield* wholeMillis)
      return found >= pages
    })

    // An operation missing from the PROCESSING list has ended or has an unknown status. The unfiltered list has it.
    const pollDated: (
      targets: ReadonlyArray<Plan.DatedTarget>,
      status: Plan.Status
    ) => Effect.Effect<void> = Effect.fnUntraced(function*(targets, status) {
      const now = yield* wholeMillis
      const { fetches, lists } = planner.plan(targets, status, now)
      const readList = Effect.fnUntraced(function*(cluster: Plan.Cluster) {
        const filter = planner.isReadWhole(cluster, now) ? undefined : status
        yield* readOrFail(cluster, filter)
        const left = cluster.targets.filter(isPending)
        yield* filter === undefined ? fetchAll(left) : pollDated(left.filter(Plan.isDated), undefined)
      })
      yield* Effect.all([
        Effect.forEach(lists, readList, { concurrency: maxConcurrency, discard: true }),
        fetchAll(fetches)
      ], { concurrency: 2, discard: true })
    })

    // Operations are often created together. So the others are searched around the creation time of the first.
    const pollUndated = Effect.fnUntraced(function*(targets: ReadonlyArray<Target>) {
      let left = targets
      for (let failures = 0; failures < maxProbes;) {
        const [first, ...rest] = left
        if (first === undefined || left.length <= maxFetchedUndated) break
        const result = yield* fetch(first)
        left = rest.filter(isPending)
        if (Result.isFailure(result)) {
          failures++
          continue
        }
        const createdAt = DateTime.toEpochMillis(result.success.createdAt)
        if (!Plan.isDated({ ...first, createdAt })) break
        const cluster = { targets: left, ...Plan.around(createdAt, createdAt, searchMargin) }
        const now = yield* wholeMillis
        if (!planner.isListCheaper(cluster, undefined, now)) break
        const wasCheaper = yield* readOrFail(cluster, undefined)
        left = left.filter(isPending)
        if (!wasCheaper) break
      }
      yield* fetchAll(left)
    })

    const all = [...pending.values()]
    yield* Effect.all([
      pollDated(all.filter(Plan.isDated), "PROCESSING"),
      pollUndated(all.filter((target) => !Plan.isDated(target)))
    ], { concurrency: 2, discard: true })
  })

  return { observe }
}
