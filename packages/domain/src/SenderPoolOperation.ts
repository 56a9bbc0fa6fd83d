/**
 * SenderPool operations: the asynchronous work of creating a SenderPool or adding Senders to it.
 *
 * @module
 * @see https://www.twilio.com/docs/comms/api/sender-pools
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import {
  type Counts,
  isTerminalStatus,
  KnownOperationStatus,
  OperationIdFromServer,
  OperationStatus
} from "./Operation.ts"
import * as OperationFamily from "./OperationFamily.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * The number of items in each state, and the `total`.
 *
 * **Gotchas**
 *
 * The states need not add up to `total`. In the API's documentation, a COMPLETED operation has 111 of 888 items queued.
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
 * The type of the schema `SenderPoolOperationStats`.
 *
 * @category models
 * @since 0.1.0
 */
export interface SenderPoolOperationStats extends Schema.Schema.Type<typeof SenderPoolOperationStats> {}

/**
 * The progress of creating a SenderPool or adding Senders to it.
 *
 * **Details**
 *
 * Failures appear only in `stats.failed`. An operation has no failed status, no list of errors and no pool id. To find
 * the pool that it created, list SenderPools by `operationId`.
 *
 * **Example** (An operation for a test)
 *
 * ```ts
 * import { Operation, SenderPoolOperation } from "@effect-comms/domain"
 * import { DateTime } from "effect"
 *
 * export const operation = new SenderPoolOperation.SenderPoolOperation({
 *   id: Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq8"),
 *   status: "COMPLETED",
 *   stats: { total: 10, queued: 0, created: 8, failed: 2 },
 *   createdAt: DateTime.makeUnsafe("2024-04-05T06:20:00Z"),
 *   updatedAt: DateTime.makeUnsafe("2024-04-05T06:21:00Z")
 * })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class SenderPoolOperation extends Schema.Class<SenderPoolOperation>("SenderPoolOperation")({
  id: OperationIdFromServer,
  status: OperationStatus,
  stats: SenderPoolOperationStats,
  createdAt: Timestamp,
  updatedAt: Timestamp
}, { description: "The progress of creating a SenderPool or of changing its senders." }) {
  /** Whether the processing ended. See `Operation.isTerminalStatus`. */
  get isTerminal(): boolean {
    return isTerminalStatus(this.status)
  }
  /** The counters in common terms. Created and failed items are settled. */
  get counts(): Counts {
    const { created, failed, total } = this.stats
    return { total, settled: created + failed, failed }
  }
}

/**
 * The family of SenderPool operations.
 *
 * @category families
 * @since 0.1.0
 */
export const family = OperationFamily.make({
  resource: "SenderPoolOperations",
  title: "SenderPool operations",
  path: "/v1/SenderPools/Operations",
  model: SenderPoolOperation,
  status: KnownOperationStatus,
  succeeded: "created"
})
