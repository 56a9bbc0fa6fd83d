// Waits as a stream: results of polls become events, until every operation ends or its wait reaches a limit.
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { omitUndefined } from "@effect-comms/domain/Input"
import type { Operation } from "@effect-comms/domain/Operation"
import { WaitCheckpoint } from "@effect-comms/domain/WaitCheckpoint"
import * as WaitError from "@effect-comms/domain/WaitError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ToWall, toWall as currentToWall, wholeMillis } from "../monotonic.ts"
import type { Place, PollResult } from "./entries.ts"
import * as History from "./history.ts"
import type { Event, Limits, ManyEvent } from "./model.ts"
import type { Poller } from "./poller.ts"
import type { Rhythm } from "./round.ts"
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

export const start = (wait: Wait.Wait): Start => ({
  wait,
  state: Wait.begin(wait.startedAt),
  seen: undefined,
  position: 0,
  firstDeadline: 0
})

/** Resumes a wait now. `offset` converts the times of the checkpoint to monotonic ones. */
export const resume = (checkpoint: WaitCheckpoint, limits: Limits, now: number, offset: number): Start => {
  const { failures, failingSince, intervals, last, notFound, operationId, polls, seenAt, unknownSince } = checkpoint
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

type Stamp = Effect.Effect<Checkpoint.Bound, CommsError.InvalidInput>

// Made when it is read, since a stamp needs WebCrypto, and most checkpoints of many waits are never read.
const toCheckpoint = (
  { createdAt, limits, operationId, startedAt }: Wait.Wait,
  { changedAt, failingSince, failures, last, notFound, polls, unknownSince }: Wait.State,
  seenAt: number | undefined,
  intervals: number,
  stamp: Stamp,
  toWall: ToWall
): Event["checkpoint"] =>
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

const toEvent = <A extends Operation>(
  tell: Wait.Step["tell"],
  { changedAt, failures }: Wait.State,
  { history, result }: PollResult<A>,
  checkpoint: Event["checkpoint"],
  toWall: ToWall
): Event<A> | undefined => {
  switch (tell) {
    case "Changed":
    case "Stalled": {
      if (history === undefined || Result.isFailure(result)) return undefined
      const { at } = history.last
      const progress = {
        ...History.toProgress(history),
        unchangedFor: Duration.millis(Math.max(0, at - changedAt))
      }
      return {
        _tag: tell,
        snapshot: { operation: result.success, seenAt: toWall(at), checkpoint, progress },
        checkpoint
      }
    }
    case "PollFailed":
      return Result.isFailure(result) ? { _tag: tell, error: result.failure, failures, checkpoint } : undefined
    case "NotFoundYet":
      return { _tag: tell, checkpoint }
    case undefined:
      return undefined
  }
}

/** A wait in progress. */
interface Running extends Start {
  state: Wait.State
}

/** What a result means for a wait. Without a result, the schedule has no more polls. */
interface Told<A extends Operation> {
  readonly place: Place<A>
  readonly wait: Wait.Wait
  readonly state: Wait.State
  readonly intervals: number
  readonly polled: PollResult<A> | undefined
  readonly step: Wait.Step | undefined
}

const deadlineOf = ({ firstDeadline, state, wait }: Running): number => {
  const deadline = Wait.deadlineOf(wait)
  return state.toldFirst ? deadline : Math.max(deadline, firstDeadline)
}

const timeout = (
  wait: Wait.Wait,
  state: Wait.State,
  limit: WaitError.WaitTimeout["limit"],
  now: number,
  toWall: ToWall
) => new WaitError.WaitTimeout({ ...Wait.aboutWait(wait, state, now, toWall), limit })

/**
 * Begins waits until the scope closes. Returns the effect of their next events: the wanted ones, and those with which a
 * wait ends. It gives none after the last wait. Checkpoints are bound to `stamp`.
 */
export const begin = Effect.fnUntraced(function*<A extends Operation>(
  starts: ReadonlyArray<Start>,
  poller: Poller<A>,
  rhythm: (position: number) => Rhythm,
  stamp: Stamp,
  isWanted: (tag: Event["_tag"]) => boolean
): Effect.fn.Return<Effect.Effect<ReadonlyArray<ManyEvent<A>>>, never, Scope.Scope> {
  const running = new Map<Place<A>, Running>()
  let told: Array<Told<A>> = []
  const { leave, next, places } = yield* poller.subscribe(
    starts.map(({ position, seen, wait }) => ({ id: wait.operationId, rhythm: rhythm(position), seen })),
    (place, polled) => {
      const wait = running.get(place)
      if (wait === undefined) return false
      const step = polled === undefined ? undefined : Wait.advance(wait.wait, wait.state, polled)
      wait.state = step?.state ?? wait.state
      earliest = Math.min(earliest, deadlineOf(wait))
      const hasEnded = step === undefined || step.end !== undefined
      if (hasEnded) running.delete(place)
      if (hasEnded || (step.tell !== undefined && isWanted(step.tell))) {
        told.push({ place, wait: wait.wait, state: wait.state, intervals: place.round.position, polled, step })
        return true
      }
      return polled !== undefined && polled.at >= deadlineOf(wait)
    }
  )
  for (const [n, start] of starts.entries()) {
    const place = places[n]
    if (place !== undefined) running.set(place, { ...start })
  }
  // No wait has an earlier deadline. Looking at each of many waits after every poll would be slow.
  let earliest = -Infinity

  const started = Effect.map(currentToWall, (toWall) =>
    starts.map(({ position, seen, state, wait }): ManyEvent<A> => ({
      _tag: "Started",
      operationId: wait.operationId,
      checkpoint: toCheckpoint(wait, state, seen?.last.at, position, stamp, toWall)
    })))

  const takeTold = Effect.gen(function*() {
    const now = yield* wholeMillis
    const toWall = yield* currentToWall
    const events: Array<ManyEvent<A>> = []
    const ended: Array<Place<A>> = []
    const fail = (place: Place<A>, error: WaitError.WaitError) => {
      ended.push(place)
      events.push({ _tag: "Failed", operationId: error.operationId, error })
    }
    for (const { intervals, place, polled, state, step, wait } of told) {
      if (polled === undefined || step === undefined) {
        fail(place, timeout(wait, state, "schedule", now, toWall))
        continue
      }
      const checkpoint = toCheckpoint(wait, state, polled.history?.last.at, intervals, stamp, toWall)
      const event = toEvent(step.tell, state, polled, checkpoint, toWall)
      if (event !== undefined) events.push({ ...event, operationId: wait.operationId })
      if (step.end === "ended") ended.push(place)
      else if (step.end !== undefined) fail(place, step.end(toWall))
    }
    told = []
    if (now >= earliest) {
      earliest = Infinity
      for (const [place, wait] of running) {
        const deadline = deadlineOf(wait)
        if (now < deadline) {
          earliest = Math.min(earliest, deadline)
          continue
        }
        running.delete(place)
        fail(place, timeout(wait.wait, wait.state, "time", now, toWall))
      }
    }
    if (ended.length > 0) yield* leave(ended)
    return events
  })

  let hasStarted = !isWanted("Started")
  return Effect.gen(function*() {
    if (!hasStarted) {
      hasStarted = true
      return yield* started
    }
    while (running.size > 0) {
      yield* next(earliest)
      const events = yield* takeTold
      if (events.length > 0) return events
    }
    return []
  })
})

/** The events of waits as a stream. */
export const toStream = <A extends Operation, E, R>(
  begin: Effect.Effect<Effect.Effect<ReadonlyArray<ManyEvent<A>>>, E, R>
): Stream.Stream<ManyEvent<A>, E, Exclude<R, Scope.Scope>> =>
  Stream.unwrap(Effect.map(begin, (next) =>
    Stream.paginate(undefined, () =>
      Effect.map(
        next,
        (events) => [events, events.length === 0 ? Option.none<void>() : Option.some<void>(undefined)] as const
      ))))
