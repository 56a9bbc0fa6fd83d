/**
 * Reports of the requests that a client sent.
 *
 * @module
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { pad, seconds } from "./internal/table.ts"

/**
 * One request and its answer.
 *
 * **Details**
 *
 * - `call`, `attempt`: a call is a request and its retries. A request retries the oldest failed one with the same
 *   method, URL, account, trace and body that was not retried yet.
 * - `status`: absent if the connection was closed instead, by the plan or by the client.
 * - `faults`: the rules of the plan that applied.
 * - `asked`: the wait that the answer asked for. `kept`: the time since the answer that this request retries.
 * - `early`: whether it arrived before that wait was over.
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
 * The totals of a report.
 *
 * **Details**
 *
 * - `retries`: the requests that retry another one. `early`: those of them that arrived too early.
 * - `tooManyRequests`: the answers of 429. `dropped`: the closed connections.
 * - `largestBurst`: the most requests in any second.
 * - `waited`: the total time that retries waited.
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
 * The totals of all requests, and the latest requests.
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
 * A report as a text table: one line for each request, and the totals.
 *
 * **Example** (Print what a client did)
 *
 * ```ts
 * import { Emulator, Report } from "@effect-comms/testing"
 * import { Console, Effect } from "effect"
 *
 * export const print = Effect.gen(function*() {
 *   const emulator = yield* Emulator.Emulator
 *   yield* Console.log(Report.toTable(yield* emulator.report))
 * })
 * ```
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
    request.status === undefined ? "dropped" : String(request.status),
    seconds(request.asked),
    seconds(request.kept) + (request.early ? " early" : ""),
    request.faults.join(", "),
    `${request.method} ${request.url}`
  ])
  return [
    pad([["#", "after", "call", "answer", "asked", "kept", "faults", "request"], ...rows]),
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
