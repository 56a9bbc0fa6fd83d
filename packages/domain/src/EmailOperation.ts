/**
 * Email operations: the asynchronous work of sending emails.
 *
 * @module
 * @see https://www.twilio.com/docs/email/api/reference/email-operation-resource
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Operation from "./Operation.ts"
import * as OperationFamily from "./OperationFamily.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * The progress of sending emails.
 *
 * **Details**
 *
 * - COMPLETED ends the processing, not the delivery: `delivered`, `opened` and `undelivered` can still change.
 * - SCHEDULED is not terminal, and can last for days.
 * - `stats.total` counts emails, `stats.recipients` people. Any counter can be absent, and the API can add others.
 *
 * @category models
 * @since 0.1.0
 */
export class EmailOperation extends Schema.Class<EmailOperation>("EmailOperation")({
  id: Operation.OperationIdFromServer,
  status: Operation.CommunicationOperationStatus,
  stats: Operation.openStats(["opened"]),
  createdAt: Timestamp,
  updatedAt: Timestamp
}, { description: "The progress of sending emails." }) {
  /** Whether the processing ended. See `Operation.isTerminalStatus`. */
  get isTerminal(): boolean {
    return Operation.isTerminalStatus(this.status)
  }
  /** The counters in common terms. `undelivered` and `failed` are failures. */
  get counts(): Operation.Counts {
    const { stats } = this
    // `sent` can include delivered and undelivered emails.
    const sent = Math.max(stats.sent ?? 0, Operation.sumOf(stats, ["delivered", "undelivered"]))
    const settled = sent + Operation.sumOf(stats, ["failed", "canceled"])
    return { total: stats.total ?? 0, settled, failed: Operation.sumOf(stats, ["failed", "undelivered"]) }
  }
}

/**
 * The family of Email operations.
 *
 * @category families
 * @since 0.1.0
 */
export const family = OperationFamily.make({
  resource: "EmailOperations",
  title: "Email operations",
  path: "/v1/Emails/Operations",
  model: EmailOperation,
  status: Operation.KnownCommunicationOperationStatus,
  succeeded: "delivered"
})
