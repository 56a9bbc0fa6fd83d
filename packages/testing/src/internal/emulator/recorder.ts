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

interface Failed {
  readonly call: number
  readonly attempt: number
  readonly at: number
  readonly asked: number | undefined
}

interface Ticket {
  readonly report: number
  readonly number: number
  readonly call: number
  readonly attempt: number
  readonly kept: number | undefined
  readonly early: boolean
  readonly key: string
  readonly arrival: Arrival
}

// Timers count whole milliseconds, so a retry can arrive a little early.
const tolerance = 1

const second = 1000

// Failed requests that are never retried must not accumulate.
const maxFailed = 10_000

const byNumber = Order.mapInput(Order.Number, (record: Report.RequestRecord) => record.number)

export interface Recorder {
  readonly arrive: (arrival: Arrival) => Ticket
  readonly answer: (ticket: Ticket, answered: Answered) => void
  readonly report: () => Report.Report
  readonly reset: () => void
}

/** Keeps the sums of all requests and the records of the latest `limit`. */
export const make = (limit: number): Recorder => {
  let reports = 0
  let records: Array<Report.RequestRecord> = []
  let failed = new Map<string, Array<Failed>>()
  let failedSize = 0
  // Arrival times. Those of the last second begin at `burstFrom`.
  let burst: Array<number> = []
  let burstFrom = 0
  let requests = 0
  let calls = 0
  let retries = 0
  let early = 0
  let tooManyRequests = 0
  let dropped = 0
  let largestBurst = 0
  let waited = 0

  const takeFailed = (key: string): Failed | undefined => {
    const queue = failed.get(key)
    const first = queue?.shift()
    if (first !== undefined) failedSize--
    if (queue?.length === 0) failed.delete(key)
    return first
  }

  return {
    arrive: (arrival) => {
      burst.push(arrival.at)
      while ((burst[burstFrom] ?? arrival.at) <= arrival.at - second) burstFrom++
      largestBurst = Math.max(largestBurst, burst.length - burstFrom)
      if (burstFrom > maxFailed) {
        burst = burst.slice(burstFrom)
        burstFrom = 0
      }
      const key = [arrival.trace, arrival.account, arrival.method, arrival.url, hash(arrival.body)].join(" ")
      const before = takeFailed(key)
      requests++
      if (before === undefined) calls++
      else retries++
      const kept = before === undefined ? undefined : arrival.at - before.at
      const isEarly = kept !== undefined && before?.asked !== undefined && kept + tolerance < before.asked
      if (isEarly) early++
      waited += kept ?? 0
      return {
        report: reports,
        number: requests,
        call: before?.call ?? calls,
        attempt: (before?.attempt ?? 0) + 1,
        kept,
        early: isEarly,
        key,
        arrival
      }
    },
    answer: ({ arrival, attempt, call, early, kept, key, number, report }, { asked, at, faults, status }) => {
      // The request arrived before the report was reset.
      if (report !== reports) return
      if (status === 429) tooManyRequests++
      if (status === undefined) dropped++
      if ((status === undefined || status >= 400) && failedSize < maxFailed) {
        const entry = { call, attempt, at, asked: asked === undefined ? undefined : Duration.toMillis(asked) }
        const queue = failed.get(key)
        if (queue === undefined) failed.set(key, [entry])
        else queue.push(entry)
        failedSize++
      }
      if (limit === 0) return
      // A ring buffer: each record replaces the one `limit` requests before it.
      records[(number - 1) % limit] = new Report.RequestRecord({
        number,
        call,
        attempt,
        arrivedAt: DateTime.makeUnsafe(arrival.at),
        method: arrival.method,
        url: arrival.url,
        ...(arrival.account === undefined ? {} : { account: arrival.account }),
        ...(status === undefined ? {} : { status }),
        faults,
        ...(asked === undefined ? {} : { asked }),
        ...(kept === undefined ? {} : { kept: Duration.millis(kept) }),
        early
      }, { disableChecks: true })
    },
    report: () =>
      new Report.Report({
        summary: new Report.Summary({
          requests,
          calls,
          retries,
          early,
          tooManyRequests,
          dropped,
          largestBurst,
          waited: Duration.millis(waited)
        }),
        requests: Arr.sort(records.filter((record) => record !== undefined), byNumber)
      }),
    reset: () => {
      reports++
      records = []
      failed = new Map()
      failedSize = 0
      burst = []
      burstFrom = 0
      requests =
        calls =
        retries =
        early =
        tooManyRequests =
        dropped =
        largestBurst =
        waited =
          0
    }
  }
}
