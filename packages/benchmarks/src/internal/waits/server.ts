import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import { Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { cpuUsage } from "node:process"
import type { VirtualClock } from "../pace/virtualTime.ts"

export interface Operation {
  readonly id: string
  /** The creation time. */
  readonly start: number
  /** How long the operation takes in milliseconds. */
  readonly duration: number
}

interface ListRequest {
  readonly at: number
  readonly url: string
}

export interface Log {
  readonly lists: Array<ListRequest>
  fetches: number
  /** The CPU time that the server took for its responses, in microseconds. */
  cpu: number
}

const latency = 50

const total = 1000

// The time between the list requests of a round is shorter.
const pause = 700

const idOf = (n: number): string => `comms_operation_0${String(n).padStart(25, "0")}`

/** Operations that are created at one time. */
export const operationsAt = (start: number, count: number, duration: (n: number) => number): ReadonlyArray<Operation> =>
  Array.from({ length: count }, (_, n) => ({ id: idOf(n), start, duration: duration(n) }))

export const makeLog = (): Log => ({ lists: [], fetches: 0, cpu: 0 })

/** The list requests of each round. */
export const roundsOf = ({ lists }: Log): ReadonlyArray<ReadonlyArray<string>> => {
  const rounds: Array<Array<string>> = []
  let before = -Infinity
  for (const { at, url } of lists) {
    if (at - before > pause) rounds.push([])
    rounds.at(-1)?.push(url)
    before = at
  }
  return rounds
}

const statusOf = ({ duration, start }: Operation, now: number): string =>
  now - start >= duration ? "COMPLETED" : "PROCESSING"

const toJson = (operation: Operation, now: number): string => {
  const { duration, id, start } = operation
  const created = Math.min(total, Math.floor((now - start) * total / duration))
  const stats = `{"total":${total},"queued":${total - created},"created":${created},"failed":0}`
  const createdAt = new Date(start).toISOString()
  const updatedAt = new Date(Math.min(now, start + duration)).toISOString()
  return `{"id":"${id}","status":"${
    statusOf(operation, now)
  }","stats":${stats},"createdAt":"${createdAt}","updatedAt":"${updatedAt}"}`
}

/** The service on a server in this process, in virtual time. */
export const layer = (clock: VirtualClock, operations: ReadonlyArray<Operation>, log: Log) => {
  const byId = new Map(operations.map((operation) => [operation.id, operation]))

  const list = (query: URLSearchParams, now: number): string => {
    const timeOf = (name: string, otherwise: number) => {
      const text = query.get(name)
      return text === null ? otherwise : Date.parse(text)
    }
    const [from, to] = [timeOf("startDate", -Infinity), timeOf("endDate", Infinity)]
    const status = query.get("status")
    const matching = operations.filter((operation) =>
      operation.start >= from && operation.start <= to && (status === null || statusOf(operation, now) === status)
    )
    const position = Number(query.get("pageToken") ?? 0)
    const end = position + Number(query.get("pageSize") ?? 50)
    const page = matching.slice(position, end).map((operation) => toJson(operation, now)).join()
    const next = end < matching.length ? `"${end}"` : "null"
    return `{"operations":[${page}],"pagination":{"next":${next},"self":"${position}"}}`
  }

  const answer = (url: URL): string | undefined => {
    const now = clock.currentTimeMillisUnsafe()
    if (url.pathname.endsWith("/Operations")) {
      log.lists.push({ at: clock.monotonicMillisUnsafe(), url: url.pathname + url.search })
      return list(url.searchParams, now)
    }
    log.fetches++
    const operation = byId.get(url.pathname.slice(url.pathname.lastIndexOf("/") + 1))
    return operation === undefined ? undefined : toJson(operation, now)
  }

  const http = Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.suspend(() => {
        const before = cpuUsage()
        const body = answer(url)
        const { system, user } = cpuUsage(before)
        log.cpu += system + user
        const response = HttpClientResponse.fromWeb(
          request,
          new Response(null, {
            status: body === undefined ? 404 : 200,
            headers: { "content-type": "application/json", "content-length": String(body?.length ?? 0) }
          })
        )
        // Reading a body takes turns of the event loop that are not in the virtual time.
        return Effect.as(
          Effect.sleep(latency),
          Object.create(response, { text: { value: Effect.succeed(body ?? "") } }) as typeof response
        )
      })
    )
  )
  return SenderPoolOperations.layer.pipe(
    Layer.provide(
      CommsClient.layer({ credentials: { accountSid: "AC0123456789", authToken: Redacted.make("secret") } })
    ),
    Layer.provide(http)
  )
}
