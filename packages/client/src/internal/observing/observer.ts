// Looks at many operations with few requests: those that stand together in a list are read from it, others are fetched.
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import { maxPageSize, PageSize, type PageToken, type PaginationMetadata } from "@effect-comms/domain/Pagination"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { makePace } from "./pace.ts"
import * as Plan from "./plan.ts"

export type Target = Plan.Target

/** What a list is asked for. */
export interface Query {
  readonly startDate: DateTime.Utc
  readonly endDate: DateTime.Utc
  readonly status?: "PROCESSING"
  readonly pageSize: PageSize
  readonly pageToken?: PageToken
}

export interface Observer<A, E> {
  /**
   * Looks at every target once. `deliver` is called as soon as each is known, once for each id. Interrupting it
   * interrupts the requests.
   */
  readonly observe: (
    targets: ReadonlyArray<Target>,
    deliver: (id: OperationId, result: Result.Result<A, E>) => Effect.Effect<void>
  ) => Effect.Effect<void>
}

const maxConcurrency = 8
const maxPerSecond = 20

// The most pages that a list may take beyond one for each operation that is found in it.
const maxWaste = 32

// Without a time of creation: how many are fetched without more ado, how many fetches may fail before that of a time is
// given up, and how far from that time the others are looked for.
const fewUnknown = 8
const maxProbes = 3
const guessMargin = 300_000

// For how long lists alone may fail.
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
    if (seen === undefined || !Plan.isPlaced(seen)) byId.set(target.id, target)
  }
  return byId
}

/** Makes an observer. What it learns of the cost of lists, and its pace, are shared by all that it is asked to observe. */
export const makeObserver = <
  A extends Pick<Operation, "id" | "createdAt">,
  Page extends { readonly pagination: PaginationMetadata },
  E1,
  E2
>(options: {
  /** The name of the operation, for its span. */
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

    const settle = (id: OperationId, result: Result.Result<A, E1 | E2>) =>
      Effect.suspend(() => pending.delete(id) ? deliver(id, result) : Effect.void)

    const fetch = Effect.fnUntraced(function*({ id }: Target) {
      const result = yield* Effect.result(paced(options.fetch(id)))
      yield* settle(id, result)
      return result
    })

    const fetchAll = (targets: ReadonlyArray<Target>) =>
      Effect.forEach(targets, (target) => isPending(target) ? fetch(target) : Effect.void, {
        concurrency: maxConcurrency,
        discard: true
      })

    // A list earns a page with each operation that is found in it, and is given up when it has wasted what it may.
    const read = Effect.fnUntraced(function*(cluster: Plan.Cluster, status: Plan.Status) {
      const waste = Math.min(maxWaste, Math.floor(cluster.targets.length / 2))
      const followed = new Set<PageToken>()
      let query = toQuery(cluster, status)
      let credit = waste
      let found = 0
      for (let pages = 1;; pages++) {
        const page = yield* paced(options.list(query))
        const before = found
        for (const operation of options.items(page)) {
          if (!isPending(operation)) continue
          found++
          yield* settle(operation.id, Result.succeed(operation))
        }
        credit = Math.min(waste, credit + found - before) - 1
        const { next } = page.pagination
        const isOver = next === null || followed.has(next) || !cluster.targets.some(isPending)
        if (isOver || credit <= 0) return { pages, found, isOver }
        followed.add(next)
        query = { ...query, pageToken: next }
      }
    })

    // A service that is out of order gets no more than this one request. Lists alone may be as well, such as by one
    // operation that cannot be read, and then nothing would be known of all the others.
    const refuse = Effect.fnUntraced(function*(cluster: Plan.Cluster, status: Plan.Status, error: E2) {
      const failing = planner.learnFailure(cluster, status, yield* Clock.currentTimeMillis)
      const [first, ...rest] = cluster.targets.filter(isPending)
      if (first === undefined) return
      if (failing >= maxListFailureTime && Result.isSuccess(yield* fetch(first))) return yield* fetchAll(rest)
      yield* Effect.forEach([first, ...rest], ({ id }) => settle(id, Result.fail(error)), { discard: true })
    })

    // Whether it took fewer requests than fetching what was found.
    const readOrRefuse = Effect.fnUntraced(function*(cluster: Plan.Cluster, status: Plan.Status) {
      const result = yield* Effect.result(read(cluster, status))
      if (Result.isFailure(result)) {
        yield* refuse(cluster, status, result.failure)
        return false
      }
      const { found, isOver, pages } = result.success
      const { length } = cluster.targets
      // How long a list is that was given up, nobody knows: as long as what was seen of it lets expect, and too long.
      const cost = isOver ? pages : Math.max(length, pages * length / Math.max(found, 1))
      planner.learn(cluster, status, cost, yield* Clock.currentTimeMillis)
      return found >= pages
    })

    // What is not in the list of those at work has ended, or has a status that is not known: it is in the list of all.
    const look: (
      targets: ReadonlyArray<Plan.PlacedTarget>,
      status: Plan.Status
    ) => Effect.Effect<void> = Effect.fnUntraced(function*(targets, status) {
      const { fetches, lists } = planner.plan(targets, status, yield* Clock.currentTimeMillis)
      const lookInList = Effect.fnUntraced(function*(cluster: Plan.Cluster) {
        yield* readOrRefuse(cluster, status)
        const left = cluster.targets.filter(isPending)
        yield* status === undefined ? fetchAll(left) : look(left.filter(Plan.isPlaced), undefined)
      })
      yield* Effect.all([
        Effect.forEach(lists, lookInList, { concurrency: maxConcurrency, discard: true }),
        fetchAll(fetches)
      ], { concurrency: 2, discard: true })
    })

    // Operations whose time is not known were often created together: when one is known, others are looked for around it.
    const guess = Effect.fnUntraced(function*(targets: ReadonlyArray<Target>) {
      let left = targets
      for (let failures = 0; failures < maxProbes;) {
        const [first, ...rest] = left
        if (first === undefined || left.length <= fewUnknown) break
        const result = yield* fetch(first)
        left = rest.filter(isPending)
        if (Result.isFailure(result)) {
          failures++
          continue
        }
        const createdAt = DateTime.toEpochMillis(result.success.createdAt)
        if (!Plan.isPlaced({ ...first, createdAt })) break
        const cluster = { targets: left, ...Plan.around(createdAt, createdAt, guessMargin) }
        const now = yield* Clock.currentTimeMillis
        if (!planner.isWorthAList(cluster, undefined, now)) break
        const wasWorthIt = yield* readOrRefuse(cluster, undefined)
        left = left.filter(isPending)
        if (!wasWorthIt) break
      }
      yield* fetchAll(left)
    })

    const all = [...pending.values()]
    yield* Effect.all([
      look(all.filter(Plan.isPlaced), "PROCESSING"),
      guess(all.filter((target) => !Plan.isPlaced(target)))
    ], { concurrency: 2, discard: true })
  })

  return { observe }
}
