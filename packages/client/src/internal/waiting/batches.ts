// Which operations are polled at a time, and what a poll changes.
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { Batch, Entries, Entry, Place, Polled, PollResult, RoundOf } from "./entries.ts"
import * as History from "./history.ts"
import type { PollError } from "./model.ts"
import * as Round from "./round.ts"

/** The shortest time between two polls of an operation in milliseconds, whatever its schedules say. */
const minInterval = 100

// A longer `Retry-After` is honoured for a day, here and for the whole account.
const maxRetryAfter = 86_400_000

// Fewer operations than this are fetched one by one, where each early poll costs a request.
const minShared = 3

// How long a batch delays other rounds, which would read the same lists, and its own rounds after its last result.
const maxDelay = 5_000

/** Makes a batch one that polls for a round. */
export const join = <A extends Operation>(batch: Batch<A>, round: RoundOf<A>): void => {
  batch.rounds.add(round)
  round.batches++
  round.dueAt = Infinity
}

/** Ends the part of the batch that its rounds wait for. Changes `entries`. */
const end = <A extends Operation>({ asked, inProgress }: Entries<A>, batch: Batch<A>, at: number): void => {
  if (batch.isOver) return
  batch.isOver = true
  for (const round of batch.rounds) {
    // The rest of its operations are few, and may be slow.
    if (round.batches > 1) { for (const { rounds } of inProgress) rounds.delete(round) }
    round.batches = 0
    round.from = at
    round.operations = batch.targets.length
    asked.push(round)
  }
}

/** Counts down the operations of a batch. A few that are slow do not delay the next poll of the others. */
export const finish = <A extends Operation>(entries: Entries<A>, batch: Batch<A>, at: number): void => {
  batch.left--
  batch.settledAt = at
  if (batch.left === 0) entries.inProgress.delete(batch)
  if (batch.left < Math.min(minShared, batch.targets.length)) end(entries, batch, at)
}

const dueAt = <A extends Operation>({ batch, places, polled: { notBefore } }: Entry<A>): number => {
  if (batch !== undefined) return Infinity
  let due = Infinity
  for (const { listener, round } of places) {
    if (round.dueAt < due && listener.isAsking) due = round.dueAt
  }
  return Math.max(due, notBefore)
}

const isNear = <A extends Operation>({ batch, places, polled: { notBefore } }: Entry<A>, now: number): boolean => {
  if (batch !== undefined || notBefore > now) return false
  for (const { listener, round } of places) {
    if (Round.isNear(round, now) && listener.isAsking) return true
  }
  return false
}

// A round that waits for operations which this poll leaves out would never come to poll them.
const isLeftOut = <A extends Operation>(round: RoundOf<A>, now: number): boolean => {
  if (round.dueAt <= now) return false
  for (const { entry } of round.places) if (isNear(entry, now)) return true
  return false
}

const makeBatch = <A extends Operation>(
  { inProgress }: Entries<A>,
  group: ReadonlyArray<Entry<A>>,
  now: number
): Batch<A> => {
  const batch: Batch<A> = {
    targets: group.map(({ id, polled }) => ({
      id,
      createdAt: polled.history?.last.operation.createdAt.epochMilliseconds
    })),
    rounds: new Set(),
    startedAt: now,
    settledAt: now,
    left: group.length,
    isOver: false
  }
  for (const entry of group) {
    entry.batch = batch
    for (const { listener, round } of entry.places) {
      if (listener.isAsking && Round.isNear(round, now)) batch.rounds.add(round)
    }
  }
  inProgress.add(batch)
  return batch
}

/**
 * The batches to poll now. When an operation is due, others whose time is near join its batch, because one more
 * operation in a list costs nothing. Changes `entries`, also the time of the next poll.
 */
export const takeDue = <A extends Operation>(entries: Entries<A>, now: number): ReadonlyArray<Batch<A>> => {
  entries.next = Infinity
  for (const batch of entries.inProgress) {
    if (batch.isOver || batch.left === batch.targets.length) continue
    const { settledAt } = batch
    if (now < settledAt + maxDelay) entries.next = Math.min(entries.next, settledAt + maxDelay)
    else end(entries, batch, settledAt)
  }
  for (const { isOver, startedAt, targets } of entries.inProgress) {
    if (!isOver && targets.length >= minShared && now < startedAt + maxDelay) {
      entries.next = Math.min(entries.next, startedAt + maxDelay)
      return []
    }
  }
  for (const entry of entries.byId.values()) entries.next = Math.min(entries.next, dueAt(entry))
  if (entries.next > now) return []
  const near = Array.from(entries.byId.values()).filter((entry) => isNear(entry, now))
  const groups = near.length < minShared
    ? near.filter((entry) => dueAt(entry) <= now).map((entry) => [entry])
    : [near]
  const batches = groups.map((group) => makeBatch(entries, group, now))
  for (const { rounds } of batches) {
    for (const round of rounds) if (isLeftOut(round, now)) rounds.delete(round)
  }
  for (const batch of batches) {
    for (const round of batch.rounds) {
      join(batch, round)
      if (entries.forming.get(round.rhythm.key) === round) entries.forming.delete(round.rhythm.key)
    }
  }
  return batches
}

const afterPoll = <A extends Operation>(
  { failures, history: before, last }: Polled<A>,
  at: number,
  result: Result.Result<A, PollError>
) => {
  const number = (last?.number ?? 0) + 1
  if (Result.isFailure(result)) {
    const retryAfter = RetryPolicy.retryAfter(result.failure)
    const pause = retryAfter === undefined ? 0 : Math.min(Duration.toMillis(retryAfter), maxRetryAfter)
    return {
      last: { number, at, result, history: before },
      history: before,
      failures: failures + 1,
      notBefore: Math.ceil(at + Math.max(minInterval, pause))
    }
  }
  const seen = { at, operation: result.success }
  const history = before === undefined ? History.begin(seen) : History.add(before, seen)
  return { last: { number, at, result, history }, history, failures: 0, notBefore: Math.ceil(at + minInterval) }
}

/** Keeps a wait until its listener asks again. Changes `place`. */
export const miss = <A extends Operation>(place: Place<A>): void => {
  if (place.isMissed) return
  place.isMissed = true
  place.listener.missed.push(place)
}

/** Tells a wait if its schedule is over, but not before the result of a poll in progress. */
export const endIfOver = <A extends Operation>(place: Place<A>): void => {
  if (place.round.isOver && place.entry.batch === undefined) place.listener.take(place, undefined)
}

/** Gives a wait a result. Changes `place`. */
export const give = <A extends Operation>(place: Place<A>, result: PollResult<A>): void => {
  place.seen = result.number
  place.listener.take(place, result)
  endIfOver(place)
}

/** Takes the result of an operation, unless the batch is not in progress for it. Changes `entries`. */
export const settle = <A extends Operation>(
  entries: Entries<A>,
  batch: Batch<A>,
  id: OperationId,
  at: number,
  result: Result.Result<A, PollError>
): PollResult<A> | undefined => {
  const entry = entries.byId.get(id)
  if (entry?.batch !== batch) return undefined
  const polled = afterPoll(entry.polled, at, result)
  entry.polled = polled
  entry.batch = undefined
  finish(entries, batch, at)
  for (const place of entry.places) {
    if (place.listener.isAsking) give(place, polled.last)
    else miss(place)
  }
  return polled.last
}

/** Abandons a batch, and returns the waits for those of its operations that still need a result. Changes `entries`. */
export const abandon = <A extends Operation>(
  { byId, inProgress }: Entries<A>,
  batch: Batch<A>
): ReadonlyArray<Place<A>> => {
  inProgress.delete(batch)
  if (!batch.isOver) {
    batch.isOver = true
    for (const round of batch.rounds) if (--round.batches === 0) round.dueAt = batch.startedAt
  }
  return batch.targets.flatMap(({ id }) => {
    const entry = byId.get(id)
    if (entry?.batch !== batch) return []
    entry.batch = undefined
    return Array.from(entry.places)
  })
}
