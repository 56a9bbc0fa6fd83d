/**
 * Email operations: the asynchronous work of sending emails.
 *
 * @see https://www.twilio.com/docs/email/api/reference/email-operation-resource
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
 * The progress of sending emails.
 *
 * **Details**
 *
 * - COMPLETED ends the processing, not the delivery: `delivered`, `opened` and `undelivered` can still change.
 * - SCHEDULED is not an end, and can last for days.
 * - `total` counts emails, `recipients` people. Counters that the API adds later are kept, and any can be absent.
 *
 * @category models
 * @since 0.1.0
 */
export class EmailOperation extends Schema.Class<EmailOperation>("EmailOperation")({
  id: OperationId,
  status: CommunicationOperationStatus,
  stats: openStats([
    "total",
    "recipients",
    "attempts",
    "scheduled",
    "queued",
    "sent",
    "delivered",
    "opened",
    "undelivered",
    "failed",
    "canceled"
  ]),
  createdAt: Timestamp,
  updatedAt: Timestamp
}, { description: "The progress of sending emails." }) {
  /** Whether processing has ended: COMPLETED or CANCELED. An unknown status is not an end. */
  get isTerminal(): boolean {
    return isTerminalStatus(this.status)
  }
  /** Failed are `failed` and `undelivered`. An email counts as `sent` even when it is delivered, or fails to be. */
  get counts(): Counts {
    const { stats } = this
    const sent = Math.max(stats.sent ?? 0, sumOf(stats, ["delivered", "undelivered"]))
    return {
      total: stats.total ?? 0,
      settled: sent + sumOf(stats, ["failed", "canceled"]),
      failed: sumOf(stats, ["failed", "undelivered"])
    }
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
  status: KnownCommunicationOperationStatus,
  succeeded: "delivered"
})
