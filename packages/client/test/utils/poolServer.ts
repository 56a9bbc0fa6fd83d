import { Comms } from "@effect-comms/client"
import { Clock, Effect, Fiber, Layer, Predicate } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { credentials, settle } from "./script.ts"

const idOf = (type: string, n: number) => `comms_${type}_0${String(n).padStart(25, "0")}`

export const senderIdOf = (n: number) => idOf("sender", n)

export const refsOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({ senderId: senderIdOf(from + n) }))

/** What happens to a request: nothing special, no answer before or after it is processed, or another answer. */
export type Fate =
  | "ok"
  | "lostBefore"
  | "lostAfter"
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }

export interface Arrival {
  readonly number: number
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
  readonly at: number
}

export interface Options {
  readonly fate?: (arrival: Arrival) => Fate
  /** How long an operation takes, in milliseconds. */
  readonly duration?: number
  /** How long after a change lists do not show it, in milliseconds. */
  readonly listDelay?: number
  /** What adding a member does: it stays one, or the operation counts it as failed. */
  readonly twice?: "keep" | "fail"
  /** Whether unknown Senders fail in the operation, or the request is refused and names the first. */
  readonly unknown?: { readonly ids: ReadonlySet<string>; readonly as: "stats" | "refused" }
}

interface Operation {
  readonly id: string
  readonly poolId: string
  readonly startedAt: number
  readonly items: ReadonlyArray<{ readonly senderId: string; readonly failed: boolean }>
}

interface Pool {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  readonly operationId: string
  /** When each Sender is added, and when it is removed. */
  readonly members: Map<string, { readonly from: number; readonly to: number }>
}

const iso = (millis: number) => new Date(millis).toISOString()

const lost = (request: HttpClientRequest.HttpClientRequest) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request, cause: new Error("reset") })
  })

const refusal = (status: number, context: string | null = null) => ({
  status,
  body: { errors: [{ code: 20_000 + status, message: "No.", infoUrl: "/docs", context }] }
})

const idsIn = (senders: unknown): ReadonlyArray<string> =>
  Array.isArray(senders)
    ? senders.flatMap((ref) =>
      Predicate.hasProperty(ref, "senderId") && Predicate.isString(ref.senderId) ? [ref.senderId] : []
    )
    : []

const page = (key: string, items: ReadonlyArray<object>, query: URLSearchParams) => {
  const from = Number(query.get("pageToken") ?? 0)
  const to = from + Number(query.get("pageSize") ?? 50)
  const next = to < items.length ? String(to) : null
  return { status: 200, body: { [key]: items.slice(from, to), pagination: { next, self: String(from) } } }
}

const poolOf = ({ createdAt, id, name }: Pool) => ({
  id,
  name,
  tags: {},
  createdAt: iso(createdAt),
  updatedAt: iso(createdAt)
})

const senderOf = (id: string) => ({
  id,
  displayName: null,
  address: id,
  channel: "SMS",
  status: "ACTIVATED",
  tags: {},
  createdAt: iso(0),
  updatedAt: iso(0)
})

const isSince = (query: URLSearchParams) => ({ at }: { readonly at: number }) =>
  at >= Date.parse(query.get("startDate") ?? iso(0))

/** A server of SenderPools in memory, by the test clock. */
export const make = (options: Options = {}) => {
  const { duration = 3_000, fate = () => "ok", listDelay = 0, twice = "keep", unknown } = options
  const pools = new Map<string, Pool>()
  const operations = new Map<string, Operation>()
  const arrivals: Array<Arrival> = []

  const isMember = (pool: Pool, senderId: string, now: number) => {
    const member = pool.members.get(senderId)
    return member !== undefined && member.from <= now && now < member.to
  }

  const begin = (pool: Pool, operationId: string, senderIds: ReadonlyArray<string>, now: number) => {
    const items = senderIds.map((senderId) => ({
      senderId,
      failed: unknown?.ids.has(senderId) === true || (twice === "fail" && pool.members.has(senderId))
    }))
    operations.set(operationId, { id: operationId, poolId: pool.id, startedAt: now, items })
    items.forEach(({ failed, senderId }, n) => {
      if (failed || pool.members.has(senderId)) return
      pool.members.set(senderId, { from: now + duration * (n + 1) / items.length, to: Infinity })
    })
    return { status: 202, body: { operationId } }
  }

  const operationOf = ({ id, items, startedAt }: Operation, now: number) => {
    const done = Math.min(items.length, Math.floor(items.length * (now - startedAt) / duration))
    const failed = items.slice(0, done).filter(({ failed }) => failed).length
    return {
      id,
      status: now >= startedAt + duration ? "COMPLETED" : "PROCESSING",
      stats: { total: items.length, queued: items.length - done, created: done - failed, failed },
      createdAt: iso(startedAt),
      updatedAt: iso(Math.min(now, startedAt + duration))
    }
  }

  const handle = ({ at: now, body, method, path, query }: Arrival): { status: number; body?: unknown } => {
    const [, , , second, third, fourth] = path.split("/")
    if (second === "Operations") {
      const all = [...operations.values()].filter(({ startedAt }) => isSince(query)({ at: startedAt }))
      if (third === undefined) return page("operations", all.map((one) => operationOf(one, now)), query)
      const found = operations.get(third)
      return found === undefined ? refusal(404) : { status: 200, body: operationOf(found, now) }
    }
    if (second === undefined && method === "POST") {
      const operationId = idOf("operation", operations.size + 1)
      const id = idOf("senderpool", pools.size + 1)
      const name = Predicate.hasProperty(body, "name") && Predicate.isString(body.name) ? body.name : ""
      const pool: Pool = { id, name, createdAt: now, operationId, members: new Map() }
      pools.set(id, pool)
      return begin(pool, operationId, idsIn(Predicate.hasProperty(body, "senders") ? body.senders : []), now)
    }
    if (second === undefined) {
      const operationId = query.get("operationId")
      const all = [...pools.values()].filter((pool) =>
        pool.createdAt + listDelay <= now && isSince(query)({ at: pool.createdAt }) &&
        (operationId === null || pool.operationId === operationId)
      )
      return page("senderPools", all.map(poolOf), query)
    }
    const pool = pools.get(second)
    if (pool === undefined) return refusal(404)
    if (third === undefined) return { status: 200, body: poolOf(pool) }
    if (method === "POST") {
      const senderIds = idsIn(body)
      const at = unknown?.as === "refused" ? senderIds.findIndex((id) => unknown.ids.has(id)) : -1
      return at >= 0
        ? refusal(400, `$[${at}].senderId`)
        : begin(pool, idOf("operation", operations.size + 1), senderIds, now)
    }
    if (method === "DELETE") {
      if (fourth === undefined || !isMember(pool, fourth, now)) return refusal(404)
      pool.members.set(fourth, { from: 0, to: now + listDelay })
      return { status: 202, body: {} }
    }
    const visible = [...pool.members].filter(([, { from, to }]) => from + listDelay <= now && now < to)
    return page("senders", visible.map(([id]) => senderOf(id)), query)
  }

  const client = HttpClient.make((request, url) =>
    Effect.gen(function*() {
      const arrival: Arrival = {
        number: arrivals.length + 1,
        method: request.method,
        path: url.pathname,
        query: url.searchParams,
        body: request.body._tag === "Uint8Array" ? JSON.parse(new TextDecoder().decode(request.body.body)) : undefined,
        at: yield* Clock.currentTimeMillis
      }
      arrivals.push(arrival)
      const chosen = fate(arrival)
      if (chosen === "lostBefore") return yield* Effect.fail(lost(request))
      const answer = typeof chosen === "string" ? handle(arrival) : { body: { errors: [] }, ...chosen }
      if (chosen === "lostAfter") return yield* Effect.fail(lost(request))
      return HttpClientResponse.fromWeb(
        request,
        new Response(JSON.stringify(answer.body), {
          status: answer.status,
          headers: typeof chosen === "string" ? {} : chosen.headers ?? {}
        })
      )
    })
  )

  return {
    arrivals,
    pools,
    /** The requests that change something. */
    writes: () => arrivals.filter(({ method }) => method !== "GET"),
    /** Adds a pool that has some members. */
    seed: (senderIds: ReadonlyArray<string>) => {
      const id = idOf("senderpool", pools.size + 1)
      const members = new Map(senderIds.map((id) => [id, { from: -listDelay, to: Infinity }]))
      pools.set(id, { id, name: "seeded", createdAt: 0, operationId: "", members })
      return id
    },
    membersOf: (poolId: string): ReadonlyArray<string> =>
      [...pools.get(poolId)?.members ?? []].filter(([, { to }]) => to === Infinity).map(([id]) => id),
    layer: Layer.provide(Comms.layer({ credentials }), Layer.succeed(HttpClient.HttpClient, client))
  }
}

/** Runs an effect to its end while the test clock passes. */
export const drive = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    while (fiber.pollUnsafe() === undefined) {
      yield* settle
      yield* TestClock.adjust("500 millis")
    }
    return yield* Fiber.join(fiber)
  })
