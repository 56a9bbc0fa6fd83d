// What a client did: which requests are retries of which, and how long they waited.
import { omitUndefined } from "@effect-comms/domain/Input"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Order from "effect/Order"
import * as Report from "../../Report.ts"
import { hash } from "../seeded.ts"

/** A request at its arrival. Times are epoch milliseconds. */
export interface Arrival {
  readonly at: number
  readonly method: string
  readonly url: string
  readonly account: string | undefined
  readonly trace: string | undefined
  readonly body: string
}

/** How the request was answered. */
export interface Answered {
  readonly at: number
  readonly status: number | undefined
  readonly asked: Duration.Duration | undefined
  readonly faults: ReadonlyArray<string>
}

/** A failed request that was not retried yet. */
interface Failed {
  readonly call: number
  readonly attempt: number
  readonly at: number
  readonly asked: number | undefined
}

// Timers count whole milliseconds, so a retry can arrive a little early.
const tolerance = 1

const second = 1000

// Failed requests that are never retried must not accumulate.
const maxFailed = 10_000

const byNumber = Order.mapInput(Order.Number, (record: Report.RequestRecord) => record.number)

const empty = () => {
  const records: Array<Report.RequestRecord> = []
  // Arrival times. Those of the last second begin at `from`.
  const burst: { times: Array<number>; from: number } = { times: [], from: 0 }
  const sums = {
    requests: 0,
    calls: 0,
    retries: 0,
    early: 0,
    tooManyRequests: 0,
    dropped: 0,
    largestBurst: 0,
    waited: 0
  }
  return { records, burst, sums, failed: new Map<string, ReadonlyArray<Failed>>(), failures: 0 }
}

/** Keeps the sums of all requests and the records of the latest `limit`. */
export const make = (limit: number) => {
  let state = empty()

  const countBurst = (at: number) => {
    const { burst, sums } = state
    burst.times.push(at)
    while ((burst.times[burst.from] ?? at) <= at - second) burst.from++
    sums.largestBurst = Math.max(sums.largestBurst, burst.times.length - burst.from)
    if (burst.from > maxFailed) state.burst = { times: burst.times.slice(burst.from), from: 0 }
  }

  const takeFailed = (key: string): Failed | undefined => {
    const [first, ...rest] = state.failed.get(key) ?? []
    if (first !== undefined) state.failures--
    if (rest.length === 0) state.failed.delete(key)
    else state.failed.set(key, rest)
    return first
  }

  const arrive = (arrival: Arrival) => {
    const { account, at, body, method, trace, url } = arrival
    const { sums } = state
    countBurst(at)
    const key = [trace, account, method, url, hash(body)].join(" ")
    const before = takeFailed(key)
    sums.requests++
    if (before === undefined) sums.calls++
    else sums.retries++
    const kept = before === undefined ? undefined : at - before.at
    const early = kept !== undefined && before?.asked !== undefined && kept + tolerance < before.asked
    if (early) sums.early++
    sums.waited += kept ?? 0
    const { call, attempt } = before ?? { call: sums.calls, attempt: 0 }
    return { state, arrival, key, number: sums.requests, call, attempt: attempt + 1, kept, early }
  }

  const answer = (ticket: ReturnType<typeof arrive>, { asked, at, faults, status }: Answered) => {
    const { arrival, attempt, call, early, kept, key, number } = ticket
    // The request arrived before the report was reset.
    if (ticket.state !== state) return
    if (status === 429) state.sums.tooManyRequests++
    if (status === undefined) state.sums.dropped++
    if ((status === undefined || status >= 400) && state.failures < maxFailed) {
      const entry = { call, attempt, at, asked: asked && Duration.toMillis(asked) }
      state.failed.set(key, [...state.failed.get(key) ?? [], entry])
      state.failures++
    }
    if (limit === 0) return
    // A ring buffer: each record replaces the one `limit` requests before it.
    state.records[(number - 1) % limit] = new Report.RequestRecord({
      number,
      call,
      attempt,
      arrivedAt: DateTime.makeUnsafe(arrival.at),
      method: arrival.method,
      url: arrival.url,
      faults,
      early,
      ...omitUndefined({
        account: arrival.account,
        status,
        asked,
        kept: kept === undefined ? undefined : Duration.millis(kept)
      })
    }, { disableChecks: true })
  }

  return {
    arrive,
    answer,
    report: () =>
      new Report.Report({
        summary: new Report.Summary({ ...state.sums, waited: Duration.millis(state.sums.waited) }),
        requests: Arr.sort(state.records.filter((record) => record !== undefined), byNumber)
      }),
    reset: () => {
      state = empty()
    }
  }
}
