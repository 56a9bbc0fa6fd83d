// The state that waits share. All times are in milliseconds of the monotonic clock. Functions change entries in place,
// since copies of 10,000 operations for each event would be slow.
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import type * as Cause from "effect/Cause"
import type * as Result from "effect/Result"
import type { Target } from "../observing/observer.ts"
import type * as History from "./history.ts"
import type { PollError } from "./model.ts"
import type * as Round from "./round.ts"

/** The result of one poll of an operation. */
export interface PollResult<A extends Operation> {
  /** Counts the polls of the operation from 1. */
  readonly number: number
  readonly at: number
  readonly result: Result.Result<A, PollError>
  /** Undefined until a poll succeeds. */
  readonly history: History.History | undefined
}

/** The round of waits for operations. */
export type RoundOf<A extends Operation> = Round.Round<Place<A>>

/** Operations that are polled together. */
export interface Batch<A extends Operation> {
  readonly targets: ReadonlyArray<Target>
  readonly rounds: Set<RoundOf<A>>
  readonly startedAt: number
  /** When its last result came. */
  settledAt: number
  /** How many of its operations still need a result. */
  left: number
  isOver: boolean
}

/** What the polls of an operation have shown. */
export interface Polled<A extends Operation> {
  readonly last: PollResult<A> | undefined
  readonly history: History.History | undefined
  /** How many polls have failed in a row. */
  readonly failures: number
  readonly notBefore: number
}

export interface Entry<A extends Operation> {
  readonly id: OperationId
  readonly places: Set<Place<A>>
  polled: Polled<A>
  /** The batch that polls the operation now. */
  batch: Batch<A> | undefined
}

/** A wait among the waits for an operation, and among those of a round. */
export interface Place<A extends Operation> {
  readonly entry: Entry<A>
  readonly round: RoundOf<A>
  readonly listener: Listener<A>
  /** The number of the newest result that the wait knows. Undefined until it asks, if it joined an earlier one. */
  seen: number | undefined
  /** Whether the listener has it in `missed`. */
  isMissed: boolean
}

/** The consumer of one or several waits. */
export interface Listener<A extends Operation> {
  /** Whether it wants results now. */
  readonly isAsking: boolean
  /** Takes a newer result, or undefined if the schedule has no more polls. */
  readonly take: (place: Place<A>, result: PollResult<A> | undefined) => void
  /** The waits for which something came while it did not ask. */
  missed: Array<Place<A>>
  readonly fail: (cause: Cause.Cause<never>) => void
}

export interface Entries<A extends Operation> {
  readonly byId: Map<OperationId, Entry<A>>
  /** The rounds that waits can still join, by their keys. */
  readonly forming: Map<unknown, RoundOf<A>>
  /** The rounds whose schedules have to be asked for a delay. */
  asked: Array<RoundOf<A>>
  readonly inProgress: Set<Batch<A>>
  /** When the next poll is due, as far as that was known at the last `takeDue`. */
  next: number
}

export const make = <A extends Operation>(): Entries<A> => ({
  byId: new Map(),
  forming: new Map(),
  asked: [],
  inProgress: new Set(),
  next: Infinity
})
