/**
 * Message operations: the asynchronous work of sending messages.
 *
 * @module
 * @see https://www.twilio.com/docs/bulk-messaging/api/operation-resource
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Operation from "./Operation.ts"
import * as OperationFamily from "./OperationFamily.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * The progress of sending messages.
 *
 * **Details**
 *
 * - COMPLETED ends the processing, not the delivery: `delivered`, `read` and `undelivered` can still change.
 * - SCHEDULED is not terminal, and can last for days.
 * - `stats.total` counts messages, `stats.recipients` people. Any counter can be absent, and the API can add others.
 *
 * @category models
 * @since 0.1.0
 */
export class MessageOperation extends Schema.Class<MessageOperation>("MessageOperation")({
  id: Operation.OperationIdFromServer,
  status: Operation.CommunicationOperationStatus,
  stats: Operation.openStats(["unaddressable", "read"]),
  createdAt: Timestamp,
  updatedAt: Timestamp
}, { description: "The progress of sending messages." }) {
  /** Whether the processing ended. See `Operation.isTerminalStatus`. */
  get isTerminal(): boolean {
    return Operation.isTerminalStatus(this.status)
  }
  /** The counters in common terms. `unaddressable`, `undelivered` and `failed` are failures. */
  get counts(): Operation.Counts {
    const { stats } = this
    const failed = Operation.sumOf(stats, ["failed", "undelivered", "unaddressable"])
    const settled = failed + Operation.sumOf(stats, ["sent", "delivered", "read", "canceled"])
    return { total: stats.total ?? 0, settled, failed }
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
  status: Operation.KnownCommunicationOperationStatus,
  succeeded: "delivered"
})
