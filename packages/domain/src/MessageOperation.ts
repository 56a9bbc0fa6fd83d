/**
 * Message operations: the asynchronous work of sending messages.
 *
 * @see https://www.twilio.com/docs/bulk-messaging/api/operation-resource
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import {
  CommunicationOperationStatus,
  type Counts,
  isTerminalStatus,
  KnownCommunicationOperationStatus,
  openStats,
  OperationId,
  sumOf
} from "./Operation.ts"
import * as OperationFamily from "./OperationFamily.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * The progress of sending messages.
 *
 * **Details**
 *
 * - COMPLETED ends the processing, not the delivery: `delivered`, `read` and `undelivered` can still change.
 * - SCHEDULED is not an end, and can last for days.
 * - `total` counts messages, `recipients` people. Counters that the API adds later are kept, and any can be absent.
 *
 * @category models
 * @since 0.1.0
 */
export class MessageOperation extends Schema.Class<MessageOperation>("MessageOperation")({
  id: OperationId,
  status: CommunicationOperationStatus,
  stats: openStats([
    "total",
    "recipients",
    "attempts",
    "unaddressable",
    "scheduled",
    "queued",
    "sent",
    "delivered",
    "read",
    "undelivered",
    "failed",
    "canceled"
  ]),
  createdAt: Timestamp,
  updatedAt: Timestamp
}, { description: "The progress of sending messages." }) {
  /** Whether processing has ended: COMPLETED or CANCELED. An unknown status is not an end. */
  get isTerminal(): boolean {
    return isTerminalStatus(this.status)
  }
  /** Failed are `failed`, `undelivered` and `unaddressable`. These, `sent`, `delivered`, `read` and `canceled` are settled. */
  get counts(): Counts {
    const { stats } = this
    const failed = sumOf(stats, ["failed", "undelivered", "unaddressable"])
    return {
      total: stats.total ?? 0,
      settled: failed + sumOf(stats, ["sent", "delivered", "read", "canceled"]),
      failed
    }
  }
}

/**
 * The family of Message operations.
 *
 * @category families
 * @since 0.1.0
 */
export const family = OperationFamily.make({
  resource: "MessageOperations",
  title: "Message operations",
  path: "/v1/Messages/Operations",
  model: MessageOperation,
  status: KnownCommunicationOperationStatus,
  succeeded: "delivered"
})
