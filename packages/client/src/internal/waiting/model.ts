// The types that the parts of a wait share with `Waiting`.
import type * as CommsError from "@effect-comms/domain/CommsError"
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import type { WaitCheckpoint } from "@effect-comms/domain/WaitCheckpoint"
import type { WaitError } from "@effect-comms/domain/WaitError"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

/**
 * The errors of one poll. A transient one does not end the wait.
 *
 * @category errors
 * @since 0.1.0
 */
export type PollError = CommsError.CommsError

/**
 * The progress of an operation, from its last polls.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  /** How many items need no more processing. Failed items count as settled. */
  readonly settled: number
  /** How many items there are. */
  readonly total: number
  /** `settled` as a share of `total`, from 0 to 1; undefined when there are no items. */
  readonly fraction: number | undefined
  /** Settled items per second over the last five polls; undefined after one poll, and at the end. */
  readonly rate: number | undefined
  /** The time left at this rate; undefined if no items were settled. */
  readonly remaining: Duration.Duration | undefined
  /** Whether the last change went backwards, such as from settled items to fewer settled items. */
  readonly wentBackwards: boolean
  /** The time since the last change of status or stats. */
  readonly unchangedFor: Duration.Duration
}

/**
 * An operation as a poll found it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Snapshot<A extends Operation = Operation> {
  readonly operation: A
  readonly seenAt: DateTime.Utc
  readonly progress: Progress
  /**
   * Makes the checkpoint that resumes the wait, for example after a restart. It contains no secret. Fails on a platform
   * without WebCrypto.
   */
  readonly checkpoint: Effect.Effect<WaitCheckpoint, CommsError.InvalidInput>
}

/**
 * What happens in a wait. The `checkpoint` of every event resumes the wait there, as that of a {@link Snapshot} does.
 *
 * **Details**
 *
 * - `Started`: the wait began or resumed. It is the first event, before any request.
 * - `Changed`: the first poll found the operation, or its status or stats changed.
 * - `Stalled`: nothing changed for `stall.after`, with `stall.as: "event"`. It comes one time until something changes.
 * - `PollFailed`: a poll failed, within the limits of the wait. `failures` is how many failed in a row.
 * - `NotFoundYet`: the API does not know the operation yet, within `notFoundGrace`.
 *
 * @category models
 * @since 0.1.0
 */
export type Event<A extends Operation = Operation> =
  & (
    | { readonly _tag: "Started" }
    | { readonly _tag: "NotFoundYet" }
    | { readonly _tag: "Changed" | "Stalled"; readonly snapshot: Snapshot<A> }
    | { readonly _tag: "PollFailed"; readonly error: PollError; readonly failures: number }
  )
  & Pick<Snapshot, "checkpoint">

/**
 * What happens in one of many waits: an event of it, or `Failed` at its end. A `Changed` event whose operation is
 * terminal is the last one of a wait that does not fail.
 *
 * @category models
 * @since 0.1.0
 */
export type ManyEvent<A extends Operation = Operation> =
  & (Event<A> | { readonly _tag: "Failed"; readonly error: WaitError })
  & { readonly operationId: OperationId }

/**
 * The input of a schedule for polls: the number of polls, how many of the last ones failed in a row, and the progress.
 * `progress` is undefined until a poll finds the operation.
 *
 * **Details**
 *
 * Waits that share their polls also share a schedule. Then `operations` is the number of operations in the last poll,
 * `failures` counts the polls in which all of them failed, and `progress` is that of the operation that is expected to
 * end first.
 *
 * @category models
 * @since 0.1.0
 */
export interface Poll {
  readonly polls: number
  readonly failures: number
  readonly progress: Progress | undefined
  readonly operations: number
}

/**
 * The limits of a wait, with their defaults filled in.
 *
 * @category models
 * @since 0.1.0
 */
export type Limits = WaitCheckpoint["limits"]
