// How waits join and leave the operations that are polled, and how their schedules continue.
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Batches from "./batches.ts"
import type { Batch, Entries, Entry, Listener, Place, RoundOf } from "./entries.ts"
import * as History from "./history.ts"
import type { Poll, Progress } from "./model.ts"
import * as Round from "./round.ts"

/** What to poll, and how often. */
export interface Request {
  readonly id: OperationId
  readonly rhythm: Round.Rhythm
  /** What a checkpoint knows of the operation. */
  readonly seen: History.History | undefined
}

const roundFor = <A extends Operation>(
  { asked, forming }: Entries<A>,
  { batch, places, polled: { last } }: Entry<A>,
  rhythm: Round.Rhythm
): RoundOf<A> => {
  for (const { round } of places) if (round.rhythm.key === rhythm.key) return round
  const isKnown = last !== undefined && Result.isSuccess(last.result)
  // Operations that are polled already have other times than those of a round that still forms.
  const isAlone = isKnown || batch !== undefined
  const found = isAlone ? undefined : forming.get(rhythm.key)
  const round = found ?? Round.make(rhythm)
  if (isKnown) {
    // Its schedule says whether the last result is recent enough.
    round.from = last.at
    round.dueAt = Infinity
    asked.push(round)
  }
  if (!isAlone) forming.set(rhythm.key, round)
  return round
}

/** Adds a wait. Changes `entries`. */
export const enter = <A extends Operation>(
  entries: Entries<A>,
  { id, rhythm, seen }: Request,
  listener: Listener<A>
): Place<A> => {
  const entry = entries.byId.get(id) ?? {
    id,
    places: new Set(),
    polled: { last: undefined, history: seen, failures: 0, notBefore: 0 },
    batch: undefined
  }
  const isKnown = entry.polled.last !== undefined
  const place = {
    entry,
    round: roundFor(entries, entry, rhythm),
    listener,
    seen: isKnown ? undefined : 0,
    isMissed: false
  }
  if (isKnown) Batches.miss(place)
  entries.byId.set(id, entry)
  entry.places.add(place)
  place.round.places.add(place)
  return place
}

/** Removes a wait, and returns the batch that no wait needs any more, if there is one. Changes `entries`. */
export const leave = <A extends Operation>(entries: Entries<A>, place: Place<A>, now: number): Batch<A> | undefined => {
  const { entry, round } = place
  entry.places.delete(place)
  round.places.delete(place)
  if (round.places.size === 0 && entries.forming.get(round.rhythm.key) === round) {
    entries.forming.delete(round.rhythm.key)
  }
  if (entry.places.size > 0) return undefined
  if (entries.byId.get(entry.id) === entry) entries.byId.delete(entry.id)
  const { batch } = entry
  if (batch === undefined) return undefined
  entry.batch = undefined
  Batches.finish(entries, batch, now)
  return batch.left === 0 ? batch : undefined
}

/** The rounds whose schedules have to be asked now. Changes `entries`. */
export const takeAsked = <A extends Operation>(entries: Entries<A>): ReadonlyArray<RoundOf<A>> => {
  const { asked } = entries
  entries.asked = []
  return asked
}

/**
 * Asks for the polls of a round. Returns whether one may be due earlier than was known at the last `takeDue`. A poll in
 * progress counts for a round with one wait. Changes `round`.
 */
export const ask = <A extends Operation>({ next }: Entries<A>, round: RoundOf<A>, now: number): boolean => {
  if (round.places.size === 1) {
    for (const { entry: { batch } } of round.places) {
      if (batch !== undefined && !batch.isOver && Round.isNear(round, now)) Batches.join(batch, round)
    }
  }
  return round.places.size > 0 && round.dueAt < next
}

const catchUp = <A extends Operation>(place: Place<A>, now: number): void => {
  place.isMissed = false
  const { entry: { polled: { last } }, round, seen } = place
  if (!round.places.has(place)) return
  if (last === undefined) return Batches.endIfOver(place)
  const isNew = seen === undefined
    ? Result.isSuccess(last.result) && (round.isOver || Round.isFresh(round, now))
    : last.number > seen
  if (isNew) return Batches.give(place, last)
  place.seen = last.number
  Batches.endIfOver(place)
}

/** Gives a listener what came while it did not ask. Changes `listener`. */
export const catchUpAll = <A extends Operation>(listener: Listener<A>, now: number): void => {
  const { missed } = listener
  listener.missed = []
  for (const place of missed) catchUp(place, now)
}

const endOf = ({ remaining, unchangedFor }: Progress): number =>
  remaining === undefined ? Infinity : Math.max(Duration.toMillis(remaining), Duration.toMillis(unchangedFor))

/** The input of the schedule of a round after a poll. */
export const toPoll = <A extends Operation>({ operations, places }: RoundOf<A>): Poll => {
  let polls = 0
  let failures = Infinity
  let first: Progress | undefined
  for (const { entry: { polled } } of places) {
    if (polled.last === undefined) continue
    polls = Math.max(polls, polled.last.number)
    failures = Math.min(failures, polled.failures)
    if (polled.history === undefined) continue
    const progress = History.toProgress(polled.history)
    if (first === undefined || endOf(progress) < endOf(first)) first = progress
  }
  return {
    polls,
    failures: failures === Infinity ? 0 : failures,
    progress: first,
    operations: Math.max(1, operations)
  }
}

/** Continues a round after its schedule was asked. Without a delay, it has no more polls. Changes `round`. */
export const proceed = <A extends Operation>(
  round: RoundOf<A>,
  delay: Duration.Duration | undefined,
  now: number
): void => {
  Round.begin(round, delay)
  // It joined an operation that is polled already.
  const hasJoined = round.operations === 0
  if (hasJoined && !Round.isFresh(round, now)) return Round.restart(round)
  for (const place of round.places) {
    const { entry: { polled: { last } }, listener } = place
    if (!listener.isAsking) {
      if (hasJoined) place.seen = undefined
      Batches.miss(place)
    } else if (hasJoined && last !== undefined) Batches.give(place, last)
    else Batches.endIfOver(place)
  }
}
