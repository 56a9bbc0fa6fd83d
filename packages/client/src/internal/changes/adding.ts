// What happens to the Senders of a bulk addition: the progress of its parts, and what each round means for its Senders.
import * as CommsError from "@effect-comms/domain/CommsError"
import type { Counts, OperationId } from "@effect-comms/domain/Operation"
import type { Outcome } from "@effect-comms/domain/Outcome"
import type { SenderId } from "@effect-comms/domain/Sender"
import type { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import type * as WaitError from "@effect-comms/domain/WaitError"
import { isTransient } from "../transient.ts"

/**
 * The error of a request that adds or removes Senders, or of waiting for its operation.
 *
 * @category errors
 * @since 0.1.0
 */
export type PartError = CommsError.CommsError | WaitError.WaitError

/**
 * The Senders of one request, and how it ended.
 *
 * **Details**
 *
 * - `operationId`: absent if the request failed.
 * - `outcome`: how the operation ended. Absent if the request or the wait failed.
 * - `error`: the error of the request or of the wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface Part {
  readonly senderIds: ReadonlyArray<SenderId>
  readonly operationId?: OperationId
  readonly outcome?: Outcome<SenderPoolOperation>
  readonly error?: PartError
}

/**
 * A Sender whose change did not happen. Without an `error`, its operation ended without it.
 *
 * @category models
 * @since 0.1.0
 */
export interface FailedSender {
  readonly senderId: SenderId
  readonly operationId?: OperationId
  readonly error?: PartError
}

/**
 * The progress over all parts.
 *
 * **Details**
 *
 * - `total`: the number of Senders to add, without those that were in the pool before.
 * - `settled`, `failed`: the sums of the counts of all operations.
 * - `parts`, `ended`: the number of requests, and of those that ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface AddProgress {
  readonly total: number
  readonly settled: number
  readonly failed: number
  readonly parts: number
  readonly ended: number
}

/** The counts of a part, which has ended if `isEnded`. */
export interface Tally extends Pick<Counts, "settled" | "failed"> {
  readonly isEnded: boolean
}

/** Adds the tallies of the parts of a round to the progress before it. */
export const progressOf = (before: AddProgress, tallies: ReadonlyArray<Tally>): AddProgress => {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((sum, tally) => sum + of(tally), 0)
  return {
    total: before.total,
    settled: Math.min(before.total, before.settled + sum(({ settled }) => settled)),
    failed: before.failed + sum(({ failed }) => failed),
    parts: before.parts + tallies.length,
    ended: before.ended + sum(({ isEnded }) => isEnded ? 1 : 0)
  }
}

/** The tally of a part that has ended: all of its Senders are settled. */
export const tallyOf = ({ outcome, senderIds }: Part): Tally => ({
  settled: senderIds.length,
  failed: outcome === undefined ? senderIds.length : Math.min(senderIds.length, outcome.operation.counts.failed),
  isEnded: true
})

export const missing = (ids: ReadonlyArray<SenderId>, present: ReadonlySet<string>): ReadonlyArray<SenderId> =>
  ids.filter((id) => !present.has(id))

/** Whether the server may have accepted the request of a part although it failed. */
export const isUnknown = ({ error, operationId }: Part): boolean =>
  operationId === undefined && (error?._tag === "OutcomeUnknown" || error?._tag === "InternalServerError")

/** Whether a list shows all that the parts may have done. A new member may be missing in a list for a moment. */
export const isVisible = (parts: ReadonlyArray<Part>, present: ReadonlySet<string>): boolean =>
  parts.every((part) => {
    if (part.outcome === undefined) return !isUnknown(part) || missing(part.senderIds, present).length === 0
    const { outcome, senderIds } = part
    if (outcome._tag === "Canceled") return true
    const allowed = outcome._tag === "Completed" ? 0 : outcome.failed + outcome.missing
    return missing(senderIds, present).length <= allowed
  })

/** Whether a removal may have happened although it failed. */
export const mayBeRemoved = (error: PartError | undefined): boolean =>
  error === undefined || error._tag === "NotFound" || error._tag === "OutcomeUnknown" ||
  error._tag === "InternalServerError"

/** The Senders whose removal failed, and those to remove again, by a list that was read after it. */
export const resolveRemoval = (
  senderIds: ReadonlyArray<SenderId>,
  errors: ReadonlyMap<string, CommsError.CommsError>,
  present: ReadonlySet<string>,
  isLast: boolean
) => {
  const failed: Array<FailedSender> = []
  const again: Array<SenderId> = []
  for (const senderId of senderIds.filter((id) => present.has(id))) {
    const error = errors.get(senderId)
    if (!isLast && error !== undefined && (error._tag === "OutcomeUnknown" || isTransient(error))) again.push(senderId)
    else failed.push(error === undefined ? { senderId } : { senderId, error })
  }
  return { failed, again }
}

const namedIn = (error: PartError | undefined): ReadonlySet<string | undefined> =>
  new Set(error?._tag === "BadRequest" ? error.errors.map(({ value }) => value) : [])

const isRepeatable = ({ error, operationId }: Part): boolean =>
  operationId === undefined && error !== undefined && CommsError.isCommsError(error) &&
  (error._tag === "OutcomeUnknown" || isTransient(error))

/**
 * The Senders of a round that failed, and those to send again, by a list that was read after it.
 *
 * The Senders of a request that failed for a transient reason are sent again, and so are those that an error does not
 * name if it names others. The Senders of an operation are not: it may still be in progress.
 */
export const resolve = (parts: ReadonlyArray<Part>, present: ReadonlySet<string>, isLast: boolean) => {
  const failed: Array<FailedSender> = []
  const again: Array<SenderId> = []
  for (const part of parts) {
    const { outcome: _outcome, senderIds, ...how } = part
    const named = namedIn(how.error)
    const isAgain = !isLast && (isRepeatable(part) || senderIds.some((id) => named.has(id)))
    for (const senderId of missing(senderIds, present)) {
      if (isAgain && !named.has(senderId)) again.push(senderId)
      else failed.push({ senderId, ...how })
    }
  }
  return { failed, again }
}
