// A wait: looks become events, until the operation ends or a limit is reached.
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

/** Where a wait begins. */
export interface Start {
  readonly wait: Wait.Wait
  readonly state: Wait.State
  /** What is known of the operation already. */
  readonly seen: History.History | undefined
  /** Until when the first look may come, even if the time of the wait is over. */
  readonly firstDeadline: number
}

// Who comes back after the time was over still gets to see whether the operation has ended meanwhile.
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

/** The events of a wait. `stamp` is what its checkpoints are bound to. */
export const events = <A extends Operation>(
  { firstDeadline, state, wait }: Start,
  { next }: Subscription<A>,
  stamp: Effect.Effect<Checkpoint.Bound>
): Stream.Stream<Event<A>, WaitError.WaitError> => {
  const timeIsOver = Wait.deadlineOf(wait)
  return Stream.paginate(
    { state, after: undefined, error: undefined },
    Effect.fnUntraced(function*({ after, error, state }: Position) {
      if (error !== undefined) return yield* error
      const deadline = state.toldFirst ? timeIsOver : Math.max(timeIsOver, firstDeadline)
      const timeLeft = Math.max(0, deadline - (yield* Clock.currentTimeMillis))
      const look = yield* Effect.timeoutOption(next(after), timeLeft)
      if (Option.isNone(look) || look.value === undefined) {
        return yield* new WaitError.WaitTimeout({
          ...Wait.aboutWait(wait, state, yield* Clock.currentTimeMillis),
          limit: Option.isNone(look) ? "time" : "schedule"
        })
      }
      const step = Wait.advance(wait, state, look.value)
      const told = step.tell === undefined ? [] : toEvents(wait, step, look.value, yield* stamp)
      return [
        told,
        step.end === "ended"
          ? Option.none<Position>()
          : Option.some<Position>({ state: step.state, after: look.value.number, error: step.end })
      ] as const
    })
  )
}
