// One wait as a stream: results of polls become events, until the operation ends or the wait reaches a limit.
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type { Operation } from "@effect-comms/domain/Operation"
import { WaitCheckpoint } from "@effect-comms/domain/WaitCheckpoint"
import * as WaitError from "@effect-comms/domain/WaitError"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
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

export const resume = (checkpoint: WaitCheckpoint, limits: Limits, now: number): Start => {
  const { last, operationId, polls, unknownSince } = checkpoint
  const changedAt = DateTime.toEpochMillis(checkpoint.changedAt)
  return {
    wait: {
      operationId,
      startedAt: DateTime.toEpochMillis(checkpoint.startedAt),
      createdAt: DateTime.toEpochMillis(checkpoint.createdAt),
      limits
    },
    state: {
      ...Wait.begin(now),
      polls,
      last,
      changedAt,
      unknownSince: unknownSince === undefined ? undefined : DateTime.toEpochMillis(unknownSince)
    },
    seen: History.begin({ at: DateTime.toEpochMillis(checkpoint.seenAt), operation: last }, changedAt),
    firstDeadline: now + resumeGrace
  }
}

const toSnapshot = <A extends Operation>(
  { createdAt, limits, operationId, startedAt }: Wait.Wait,
  { changedAt, polls, unknownSince }: Wait.State,
  history: History.History,
  operation: A,
  bound: Checkpoint.Bound
): Snapshot<A> => {
  const { at } = history.last
  const seenAt = DateTime.makeUnsafe(at)
  const checkpoint = new WaitCheckpoint({
    ...bound,
    operationId,
    startedAt: DateTime.makeUnsafe(startedAt),
    createdAt: DateTime.makeUnsafe(createdAt),
    limits,
    polls,
    changedAt: DateTime.makeUnsafe(changedAt),
    ...(unknownSince === undefined ? {} : { unknownSince: DateTime.makeUnsafe(unknownSince) }),
    last: operation,
    seenAt
  }, { disableChecks: true })
  const unchangedFor = Duration.millis(Math.max(0, at - changedAt))
  return { operation, seenAt, checkpoint, progress: { ...History.toProgress(history), unchangedFor } }
}

const toEvents = <A extends Operation>(
  wait: Wait.Wait,
  { state, tell }: Wait.Step,
  { history, result }: PollResult<A>,
  bound: Checkpoint.Bound
): ReadonlyArray<Event<A>> => {
  if (tell === undefined) return []
  if (tell === "NotFoundYet") return [{ _tag: tell }]
  if (tell === "PollFailed") {
    return Result.isFailure(result) ? [{ _tag: tell, error: result.failure, failures: state.failures }] : []
  }
  return history === undefined || Result.isFailure(result)
    ? []
    : [{ _tag: tell, snapshot: toSnapshot(wait, state, history, result.success, bound) }]
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
  stamp: Effect.Effect<Checkpoint.Bound>
): Stream.Stream<Event<A>, WaitError.WaitError> => {
  const end = Wait.deadlineOf(wait)
  return Stream.paginate(
    { state, after: undefined, error: undefined },
    Effect.fnUntraced(function*({ after, error, state }: Position) {
      if (error !== undefined) return yield* error
      const deadline = state.toldFirst ? end : Math.max(end, firstDeadline)
      const timeLeft = Math.max(0, deadline - (yield* Clock.currentTimeMillis))
      const polled = yield* Effect.timeoutOption(next(after), timeLeft)
      if (Option.isNone(polled) || polled.value === undefined) {
        return yield* new WaitError.WaitTimeout({
          ...Wait.aboutWait(wait, state, yield* Clock.currentTimeMillis),
          limit: Option.isNone(polled) ? "time" : "schedule"
        })
      }
      const step = Wait.advance(wait, state, polled.value)
      const told = step.tell === undefined ? [] : toEvents(wait, step, polled.value, yield* stamp)
      return [
        told,
        step.end === "ended"
          ? Option.none<Position>()
          : Option.some<Position>({ state: step.state, after: polled.value.number, error: step.end })
      ] as const
    })
  )
}
