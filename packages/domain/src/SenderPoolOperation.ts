/**
 * SenderPool operations: the asynchronous work of creating a SenderPool or changing its senders.
 *
 * @see https://www.twilio.com/docs/comms/api/sender-pools
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as CommsError from "./CommsError.ts"
import * as Endpoint from "./Endpoint.ts"
import { KnownOperationStatus, OperationId, OperationStatus } from "./Operation.ts"
import { pageInput, pageQuery, PaginationMetadata } from "./Pagination.ts"
import { dateRangeInput, dateRangeQuery, isDateRange, Timestamp, type TimestampInput } from "./Timestamp.ts"

/**
 * How many of an operation's items are in which state.
 *
 * **Gotchas**
 *
 * Do not expect `queued` to be 0 in a completed operation, nor `created + failed` to be `total`: the documentation's
 * own example of a COMPLETED operation has 111 of 888 queued.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SenderPoolOperationStats = Schema.Struct({
  total: Schema.Natural,
  queued: Schema.Natural,
  created: Schema.Natural,
  failed: Schema.Natural
}).annotate({ identifier: "SenderPoolOperationStats", title: "SenderPoolOperationStats" })

/**
 * @category models
 * @since 0.1.0
 */
export interface SenderPoolOperationStats extends Schema.Schema.Type<typeof SenderPoolOperationStats> {}

/**
 * The progress of one piece of work on a SenderPool.
 *
 * **Details**
 *
 * Failures show as `stats.failed` only: there is no status for them, no list of errors, and no id of the pool. The pool
 * that an operation created is found by listing SenderPools with its `operationId`.
 *
 * @category models
 * @since 0.1.0
 */
export class SenderPoolOperation extends Schema.Class<SenderPoolOperation>("SenderPoolOperation")({
  id: OperationId,
  status: OperationStatus,
  stats: SenderPoolOperationStats,
  createdAt: Timestamp,
  updatedAt: Timestamp
}, { description: "The progress of creating a SenderPool or of changing its senders." }) {
  /** Whether the work is over: COMPLETED or CANCELED. A status that is not known does not count as an end. */
  get isTerminal(): boolean {
    return this.status === "COMPLETED" || this.status === "CANCELED"
  }
}

/**
 * One page of operations.
 *
 * @category models
 * @since 0.1.0
 */
export class SenderPoolOperationPage extends Schema.Class<SenderPoolOperationPage>("SenderPoolOperationPage")({
  operations: Schema.Array(SenderPoolOperation),
  pagination: PaginationMetadata
}, { description: "One page of SenderPool operations." }) {}

/**
 * What a list of operations can be asked for, as a caller may give it.
 *
 * **Details**
 *
 * - `startDate`, `endDate`: created after, and before; a `DateTime`, a `Date`, or RFC 3339 text. No default.
 * - `status`: PROCESSING, COMPLETED or CANCELED. No default.
 * - `pageToken`: the page to start with; the first when absent.
 * - `pageSize`: 1 to 1000; the API's default is 50.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListParams {
  readonly startDate?: TimestampInput | undefined
  readonly endDate?: TimestampInput | undefined
  readonly status?: KnownOperationStatus | undefined
  readonly pageToken?: string | undefined
  readonly pageSize?: number | undefined
}

/**
 * Checks {@link ListParams} and brings them to one form.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ListParams = Schema.Struct({
  ...dateRangeInput,
  status: Schema.optional(KnownOperationStatus),
  ...pageInput
}).check(isDateRange)

/**
 * Fetches one operation by its id.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const fetch = Endpoint.make({
  call: "SenderPoolOperations.fetch",
  operationId: "fetchSenderPoolOperation",
  description: "Fetch one SenderPool operation by its id.",
  method: "GET",
  path: "/v1/SenderPools/Operations/:operationId",
  readOnly: true,
  params: Schema.Struct({ operationId: OperationId }),
  query: Schema.Struct({}),
  success: SenderPoolOperation,
  errors: [
    CommsError.BadRequest,
    CommsError.NotFound,
    CommsError.Conflict,
    CommsError.TooManyRequests,
    CommsError.InternalServerError,
    CommsError.ServiceUnavailable
  ]
})

/**
 * Lists operations, page by page.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const list = Endpoint.make({
  call: "SenderPoolOperations.list",
  operationId: "listSenderPoolOperations",
  description: "List SenderPool operations, page by page.",
  method: "GET",
  path: "/v1/SenderPools/Operations",
  readOnly: true,
  params: Schema.Struct({}),
  query: Schema.Struct({
    ...dateRangeQuery,
    status: Schema.optionalKey(KnownOperationStatus),
    ...pageQuery
  }),
  success: SenderPoolOperationPage,
  errors: [
    CommsError.BadRequest,
    CommsError.Conflict,
    CommsError.TooManyRequests,
    CommsError.InternalServerError,
    CommsError.ServiceUnavailable
  ]
})
