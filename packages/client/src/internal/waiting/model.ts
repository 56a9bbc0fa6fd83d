// The types that the parts of a wait share with `Waiting`.
import type * as CommsError from "@effect-comms/domain/CommsError"
import type { Operation } from "@effect-comms/domain/Operation"
import type { WaitCheckpoint } from "@effect-comms/domain/WaitCheckpoint"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"

/**
 * What one poll can fail with. It ends no wait by itself.
 *
 * @category errors
 * @since 0.1.0
 */
export type PollError = CommsError.CommsError

/**
 * How far the work has come, as the last looks tell.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  /** How many items are done with: created or failed. */
  readonly settled: number
  /** How many items there are. */
  readonly total: number
  /** `settled` as a share of `total`, from 0 to 1; undefined when there are no items. */
  readonly fraction: number | undefined
  /** Items settled in a second, over the last five looks; undefined when there was one look only, and at the end. */
  readonly rate: number | undefined
  /** The time that is left at this rate; undefined when nothing moved. */
  readonly remaining: Duration.Duration | undefined
  /** Whether the last change took something back: items that were created or failed no longer are. */
  readonly wentBackwards: boolean
  /** How long status and stats have been what they are. */
  readonly unchangedFor: Duration.Duration
}

/**
 * An operation as it was seen.
 *
 * @category models
 * @since 0.1.0
 */
export interface Snapshot<A extends Operation = Operation> {
  readonly operation: A
  readonly seenAt: DateTime.Utc
  readonly progress: Progress
  /** What is needed to take the wait up again after a restart. */
  readonly checkpoint: WaitCheckpoint
}

/**
 * What happens in a wait.
 *
 * **Details**
 *
 * - `Changed`: the operation was seen for the first time, or its status or stats changed.
 * - `Stalled`: nothing changed for `stall.after`, and that is not an error for this caller. Told once, until it changes.
 * - `PollFailed`: a poll failed, and that is tolerated so far; `failures` of them in a row.
 * - `NotFoundYet`: the API does not know the operation, which may be too new.
 *
 * @category models
 * @since 0.1.0
 */
export type Event<A extends Operation = Operation> =
  | { readonly _tag: "Changed" | "Stalled"; readonly snapshot: Snapshot<A> }
  | { readonly _tag: "PollFailed"; readonly error: PollError; readonly failures: number }
  | { readonly _tag: "NotFoundYet" }

/**
 * What an interval's schedule gets to see: how many polls there were, how many of them failed in a row at last, and the
 * progress, when the operation was seen.
 *
 * @category models
 * @since 0.1.0
 */
export interface Poll {
  readonly polls: number
  readonly failures: number
  readonly progress: Progress | undefined
}

/**
 * The limits of a wait, with their defaults filled in.
 *
 * @category models
 * @since 0.1.0
 */
export type Limits = WaitCheckpoint["limits"]
