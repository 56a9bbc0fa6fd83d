// One wait as a stream: results of polls become events, until the operation ends or the wait reaches a limit.
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import type { Operation } from "@effect-comms/domain/Operation"
import { WaitCheckpoint } from "@effect-comms/domain/WaitCheckpoint"
import * as WaitError from "@effect-comms/domain/WaitError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { type ToWall, toWall as currentToWall, wholeMillis } from "../monotonic.ts"
import type { PollResult } from "./entries.ts"
import * as History from "./history.ts"
import type { Event, Limits, Snapshot } from "./model.ts"
import type { Subscription } from "./poller.ts"
import * as Wait from "./step.ts"

/** The start of a wait, or of a resumed one. */
export interface Start {
  readonly wait: Wait.Wait
  readonly state: Wait.State
  /** What a checkpoint knows of the operation. */
  readonly seen: History.History | undefined
  /** The deadline of the first poll, if it is later than that of the wait. */
  readonly firstDeadline: number
}

// A wait that is resumed beyond its deadline still polls one time, since the operation may have ended.
const resumeGrace = 30_000

export const begin = (wait: Wait.Wait): Start => ({
  wait,
  state: Wait.begin(wait.startedAt),
  seen: undefined,
  firstDeadline: 0
})

/** Resumes a wait now. `offset` converts the times of the checkpoint to monotonic ones. */
export const resume = (checkpoint: WaitCheckpoint, limits: Limits, now: number, offset: number): Start => {
  const { last, operationId, polls, unknownSince } = checkpoint
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
      last,
      changedAt,
      unknownSince: unknownSince === undefined ? undefined : past(unknownSince)
    },
    seen: History.begin({ at: past(checkpoint.seenAt), operation: last }, changedAt),
    firstDeadline: now + resumeGrace
  }
}

type Stamp = Effect.Effect<Checkpoint.Bound, CommsError.InvalidInput>

const toSnapshot = <A extends Operation>(
  { createdAt, limits, operationId, startedAt }: Wait.Wait,
  { changedAt, polls, unknownSince }: Wait.State,
  history: History.History,
  operation: A,
  stamp: Stamp,
  toWall: ToWall
): Snapshot<A> => {
  const { at } = history.last
  const seenAt = toWall(at)
  const checkpoint = Effect.map(stamp, (bound) =>
    new WaitCheckpoint({
      ...bound,
      operationId,
      startedAt: toWall(startedAt),
      createdAt: toWall(createdAt),
      limits,
      polls,
      changedAt: toWall(changedAt),
      ...(unknownSince === undefined ? {} : { unknownSince: toWall(unknownSince) }),
      last: operation,
      seenAt
    }, { disableChecks: true }))
  const unchangedFor = Duration.millis(Math.max(0, at - changedAt))
  return { operation, seenAt, checkpoint, progress: { ...History.toProgress(history), unchangedFor } }
}

const toEvents = <A extends Operation>(
  wait: Wait.Wait,
  { state, tell }: Wait.Step,
  { history, result }: PollResult<A>,
  stamp: Stamp,
  toWall: ToWall
): ReadonlyArray<Event<A>> => {
  if (tell === undefined) return []
  if (tell === "NotFoundYet") return [{ _tag: tell }]
  if (tell === "PollFailed") {
    return Result.isFailure(result) ? [{ _tag: tell, error: result.failure, failures: state.failures }] : []
  }
  return history === undefined || Result.isFailure(result)
    ? []
    : [{ _tag: tell, snapshot: toSnapshot(wait, state, history, result.success, stamp, toWall) }]
}

interface Position {
  readonly state: Wait.State
  readonly after: number | undefined
  readonly error: WaitError.WaitError | undefined
}

/** The events of a wait. Its checkpoints are bound to `stamp`. */
export const events = <A extends Operation>(
  { firstDeadline, state, wait }: Start,
  { next }: Subscription<A>,
  stamp: Stamp
): Stream.Stream<Event<A>, WaitError.WaitError> => {
  const end = Wait.deadlineOf(wait)
  return Stream.paginate(
    { state, after: undefined, error: undefined },
    Effect.fnUntraced(function*({ after, error, state }: Position) {
      if (error !== undefined) return yield* error
      const deadline = state.toldFirst ? end : Math.max(end, firstDeadline)
      const timeLeft = Math.max(0, deadline - (yield* wholeMillis))
      const polled = yield* Effect.timeoutOption(next(after), timeLeft)
      const toWall = yield* currentToWall
      if (Option.isNone(polled) || polled.value === undefined) {
        return yield* new WaitError.WaitTimeout({
          ...Wait.aboutWait(wait, state, yield* wholeMillis, toWall),
          limit: Option.isNone(polled) ? "time" : "schedule"
        })
      }
      const step = Wait.advance(wait, state, polled.value, toWall)
      const told = step.tell === undefined ? [] : toEvents(wait, step, polled.value, stamp, toWall)
      return [
        told,
        step.end === "ended"
          ? Option.none<Position>()
          : Option.some<Position>({ state: step.state, after: polled.value.number, error: step.end })
      ] as const
    })
  )
}
