// How a wait begins, and the checkpoint that resumes it.
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { omitUndefined } from "@effect-comms/domain/Input"
import { WaitCheckpoint } from "@effect-comms/domain/WaitCheckpoint"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { ToWall } from "../monotonic.ts"
import * as History from "./history.ts"
import type { Limits, Snapshot } from "./model.ts"
import * as Wait from "./step.ts"

/** The start of a wait, or of a resumed one. */
export interface Start {
  readonly wait: Wait.Wait
  readonly state: Wait.State
  /** What a checkpoint knows of the operation. */
  readonly seen: History.History | undefined
  /** How many intervals are over. */
  readonly position: number
  /** The deadline of the first poll, if it is later than that of the wait. */
  readonly firstDeadline: number
}

// A wait that is resumed beyond its deadline still polls one time, since the operation may have ended.
const resumeGrace = 30_000

export const begin = (wait: Wait.Wait): Start => ({
  wait,
  state: Wait.begin(wait.startedAt),
  seen: undefined,
  position: 0,
  firstDeadline: 0
})

/** Resumes a wait now. `offset` converts the times of the checkpoint to monotonic ones. */
export const resume = (checkpoint: WaitCheckpoint, limits: Limits, now: number, offset: number): Start => {
  const { failures = 0, failingSince, intervals = 0, last, notFound = 0, operationId, polls, seenAt, unknownSince } =
    checkpoint
  // A clock that was wrong before, or is wrong now, must not make the wait longer.
  const past = (time: DateTime.Utc) => Math.min(now, DateTime.toEpochMillis(time) - offset)
  const changedAt = past(checkpoint.changedAt)
  return {
    wait: {
      operationId,
      startedAt: past(checkpoint.startedAt),
      createdAt: DateTime.toEpochMillis(checkpoint.createdAt) - offset,
      limits
    },
    state: {
      ...Wait.begin(now),
      polls,
      notFound,
      isAnswered: polls > 0,
      last,
      changedAt,
      unknownSince: unknownSince === undefined ? undefined : past(unknownSince),
      failures,
      failingSince: failingSince === undefined ? now : past(failingSince)
    },
    seen: last === undefined || seenAt === undefined
      ? undefined
      : History.begin({ at: past(seenAt), operation: last }, changedAt),
    position: intervals,
    firstDeadline: now + resumeGrace
  }
}

/** Binds checkpoints to a server and an account. */
export type Stamp = Effect.Effect<Checkpoint.Bound, CommsError.InvalidInput>

/** The checkpoint is made when it is read: a stamp needs WebCrypto, and most checkpoints are never read. */
export const toCheckpoint = (
  { createdAt, limits, operationId, startedAt }: Wait.Wait,
  { changedAt, failingSince, failures, last, notFound, polls, unknownSince }: Wait.State,
  seenAt: number | undefined,
  intervals: number,
  stamp: Stamp,
  toWall: ToWall
): Snapshot["checkpoint"] =>
  Effect.map(stamp, (bound) =>
    new WaitCheckpoint({
      ...bound,
      operationId,
      startedAt: toWall(startedAt),
      createdAt: toWall(createdAt),
      limits,
      polls,
      notFound,
      intervals,
      failures,
      changedAt: toWall(changedAt),
      ...omitUndefined({
        failingSince: failures === 0 ? undefined : toWall(failingSince),
        unknownSince: unknownSince === undefined ? undefined : toWall(unknownSince),
        last,
        seenAt: seenAt === undefined ? undefined : toWall(seenAt)
      })
    }, { disableChecks: true }))
