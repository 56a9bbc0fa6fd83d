// Waits as a stream: results of polls become events, until every operation ends or its wait reaches a limit.
import type { Operation } from "@effect-comms/domain/Operation"
import * as WaitError from "@effect-comms/domain/WaitError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ToWall, toWall as currentToWall, wholeMillis } from "../monotonic.ts"
import type { Place, PollResult } from "./entries.ts"
import * as History from "./history.ts"
import type { Event, ManyEvent } from "./model.ts"
import type { Poller } from "./poller.ts"
import type { Rhythm } from "./round.ts"
import * as Start from "./start.ts"
import * as Wait from "./step.ts"

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
interface Running extends Start.Start {
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

const failed = (error: WaitError.WaitError): ManyEvent<never> => ({
  _tag: "Failed",
  operationId: error.operationId,
  error
})

const timedOut = (
  { state, wait }: Pick<Running, "wait" | "state">,
  limit: WaitError.WaitTimeout["limit"],
  now: number,
  toWall: ToWall
) => failed(new WaitError.WaitTimeout({ ...Wait.aboutWait(wait, state, now, toWall), limit }))

/** The events of a result: the one to tell, and the failure of the wait. */
const toEvents = <A extends Operation>(
  told: Told<A>,
  stamp: Start.Stamp,
  now: number,
  toWall: ToWall
): ReadonlyArray<ManyEvent<A>> => {
  const { intervals, polled, state, step, wait } = told
  if (polled === undefined || step === undefined) return [timedOut(told, "schedule", now, toWall)]
  const checkpoint = Start.toCheckpoint(wait, state, polled.history?.last.at, intervals, stamp, toWall)
  const event = toEvent(step.tell, state, polled, checkpoint, toWall)
  return [
    ...(event === undefined ? [] : [{ ...event, operationId: wait.operationId }]),
    ...(typeof step.end === "function" ? [failed(step.end(toWall))] : [])
  ]
}

/** Waits that have begun. */
export interface Waits<A extends Operation> {
  /** The next events: the wanted ones, and those with which a wait ends. None after the last wait. */
  readonly next: Effect.Effect<ReadonlyArray<ManyEvent<A>>>
}

/** Begins waits until the scope closes. Their checkpoints are bound to `stamp`. */
export const begin = Effect.fnUntraced(function*<A extends Operation>(
  starts: ReadonlyArray<Start.Start>,
  poller: Poller<A>,
  rhythm: (position: number) => Rhythm,
  stamp: Start.Stamp,
  isWanted: (tag: Event["_tag"]) => boolean
): Effect.fn.Return<Waits<A>, never, Scope.Scope> {
  const running = new Map<Place<A>, Running>()
  let told: Array<Told<A>> = []
  // No wait has an earlier deadline. Looking at each of many waits after every poll would be slow.
  let earliest = -Infinity

  const take = (place: Place<A>, polled: PollResult<A> | undefined): boolean => {
    const wait = running.get(place)
    if (wait === undefined) return false
    const step = polled === undefined ? undefined : Wait.advance(wait.wait, wait.state, polled)
    wait.state = step?.state ?? wait.state
    const deadline = deadlineOf(wait)
    earliest = Math.min(earliest, deadline)
    const hasEnded = step === undefined || step.end !== undefined
    if (hasEnded) running.delete(place)
    if (hasEnded || (step.tell !== undefined && isWanted(step.tell))) {
      told.push({ place, wait: wait.wait, state: wait.state, intervals: place.round.position, polled, step })
      return true
    }
    return polled !== undefined && polled.at >= deadline
  }

  const { leave, next, places } = yield* poller.subscribe(
    starts.map(({ position, seen, wait }) => ({ id: wait.operationId, rhythm: rhythm(position), seen })),
    take
  )
  for (const [n, start] of starts.entries()) {
    const place = places[n]
    if (place !== undefined) running.set(place, { ...start })
  }

  const started = Effect.map(currentToWall, (toWall) =>
    starts.map(({ position, seen, state, wait }): ManyEvent<A> => ({
      _tag: "Started",
      operationId: wait.operationId,
      checkpoint: Start.toCheckpoint(wait, state, seen?.last.at, position, stamp, toWall)
    })))

  const takeTold = Effect.gen(function*() {
    const now = yield* wholeMillis
    const toWall = yield* currentToWall
    const events = told.flatMap((told) => toEvents(told, stamp, now, toWall))
    const ended = told.flatMap(({ place, step }) => step === undefined || step.end !== undefined ? [place] : [])
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
        ended.push(place)
        events.push(timedOut(wait, "time", now, toWall))
      }
    }
    if (ended.length > 0) yield* leave(ended)
    return events
  })

  let hasStarted = !isWanted("Started")
  return {
    next: Effect.gen(function*() {
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
  }
})

/** The events of waits as a stream. */
export const toStream = <A extends Operation, E, R>(
  begin: Effect.Effect<Waits<A>, E, R>
): Stream.Stream<ManyEvent<A>, E, Exclude<R, Scope.Scope>> =>
  Stream.unwrap(Effect.map(begin, ({ next }) =>
    Stream.paginate(undefined, () =>
      Effect.map(
        next,
        (events) => [events, events.length === 0 ? Option.none<void>() : Option.some<void>(undefined)] as const
      ))))
