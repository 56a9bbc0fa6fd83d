/**
 * What a client did, request by request and in sum.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { pad, seconds } from "./internal/table.ts"

/**
 * One request that came in, and what it was answered.
 *
 * **Details**
 *
 * - `call`, `attempt`: requests that repeat each other are one call. A request retries the oldest one of the same method,
 *   URL, account and trace that failed and has not been repeated yet.
 * - `status`: absent when the connection was closed instead, by the plan or by a client that waited no longer. `faults`:
 *   the rules that had a part in it.
 * - `asked`: the wait that the answer asked for. `kept`: the time from the answer before to this request.
 * - `early`: it came before the wait that was asked was over.
 *
 * @category models
 * @since 0.1.0
 */
export class RequestRecord extends Schema.Class<RequestRecord>("@effect-comms/testing/RequestRecord")({
  number: Schema.Int,
  call: Schema.Int,
  attempt: Schema.Int,
  arrivedAt: Schema.DateTimeUtcFromString,
  method: Schema.String,
  url: Schema.String,
  account: Schema.optionalKey(Schema.String),
  status: Schema.optionalKey(Schema.Int),
  faults: Schema.Array(Schema.String),
  asked: Schema.optionalKey(Schema.DurationFromMillis),
  kept: Schema.optionalKey(Schema.DurationFromMillis),
  early: Schema.Boolean
}) {}

/**
 * The sum of a report.
 *
 * **Details**
 *
 * `retries` are the requests that repeat another one, and `early` those of them that came too early; `tooManyRequests`
 * counts the 429s, each of them a request that was sent for nothing; `largestBurst` is the most requests in any second;
 * `waited` is what the retries waited in all.
 *
 * @category models
 * @since 0.1.0
 */
export class Summary extends Schema.Class<Summary>("@effect-comms/testing/Summary")({
  requests: Schema.Int,
  calls: Schema.Int,
  retries: Schema.Int,
  early: Schema.Int,
  tooManyRequests: Schema.Int,
  dropped: Schema.Int,
  largestBurst: Schema.Int,
  waited: Schema.DurationFromMillis
}) {}

/**
 * What a client did: the sum of everything, and the last requests.
 *
 * @category models
 * @since 0.1.0
 */
export class Report extends Schema.Class<Report>("@effect-comms/testing/Report")({
  summary: Summary,
  requests: Schema.Array(RequestRecord)
}) {}

/**
 * A report as JSON text.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ReportFromJson = Schema.fromJsonString(Schema.toCodecJson(Report))

/**
 * A report as a table for people: a line a request, and the sum below.
 *
 * @category formatting
 * @since 0.1.0
 */
export const toTable = (report: Report): string => {
  const { summary } = report
  const start = report.requests[0]?.arrivedAt
  const rows = report.requests.map((request) => [
    String(request.number),
    start === undefined ? "" : seconds(DateTime.distance(start, request.arrivedAt)),
    `${request.call}.${request.attempt}`,
    `${request.method} ${request.url}`,
    request.status === undefined ? "dropped" : String(request.status),
    seconds(request.asked),
    seconds(request.kept) + (request.early ? " early" : ""),
    request.faults.join(", ")
  ])
  return [
    pad([["#", "after", "call", "request", "answer", "asked", "kept", "faults"], ...rows]),
    "",
    pad([
      ["requests", String(summary.requests)],
      ["calls", String(summary.calls)],
      ["retries", `${summary.retries}, ${summary.early} of them too early`],
      ["answers of 429", String(summary.tooManyRequests)],
      ["connections dropped", String(summary.dropped)],
      ["largest burst", `${summary.largestBurst} in a second`],
      ["waited", seconds(summary.waited)]
    ])
  ].join("\n")
}
