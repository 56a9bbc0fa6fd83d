// The state that waiters share: which operations are due at a time, and what a poll changes. All times are in
// milliseconds of the monotonic clock. Functions change only the entries that they are given, in place, since copies of
// 10,000 operations for each event would be slow.
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type * as Schedule from "effect/Schedule"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { Target } from "../observing/observer.ts"
import * as History from "./history.ts"
import type { Poll, PollError } from "./model.ts"
import * as Timer from "./timer.ts"

/** The result of one poll of an operation. */
export interface PollResult<A extends Operation> {
  /** Counts the polls of the operation from 1. */
  readonly number: number
  readonly at: number
  readonly result: Result.Result<A, PollError>
  /** Undefined until a poll succeeds. */
  readonly history: History.History | undefined
}

/** Operations that are polled together. Each batch is a new array, which also identifies it. */
export type Batch = ReadonlyArray<Target>

/** What the polls of an operation have shown. */
interface Polled<A extends Operation> {
  readonly last: PollResult<A> | undefined
  readonly history: History.History | undefined
  /** How many polls have failed in a row. */
  readonly failures: number
  readonly notBefore: number
}

/** The waiters that share a timer: how many there are, and how many of them want a poll now. */
interface Slot {
  timer: Timer.Timer
  users: number
  asking: number
  /** The number of the last poll that the schedule was asked about. */
  follows: number
}

interface Entry<A extends Operation> {
  readonly id: OperationId
  /** A slot for each schedule, by its key. */
  readonly slots: Map<unknown, Slot>
  polled: Polled<A>
  /** The batch that polls the operation now. */
  batch: Batch | undefined
}

export interface Entries<A extends Operation> {
  readonly byId: Map<OperationId, Entry<A>>
  /** The batches in progress, each with the number of its operations that still need a result. */
  readonly inProgress: Map<Batch, number>
}

/** What to poll, and how often. */
export interface Request {
  readonly id: OperationId
  /** Waiters with equal keys share one timer. */
  readonly key: unknown
  readonly schedule: Schedule.Schedule<unknown, Poll>
  /** What a checkpoint knows of the operation. */
  readonly seen: History.History | undefined
}

/** One waiter's place among the waiters for an operation. */
export interface Place<A extends Operation> {
  readonly key: unknown
  readonly entry: Entry<A>
  readonly slot: Slot
}

/** The shortest time between two polls of an operation in milliseconds, whatever its schedules say. */
const minInterval = 100

// A longer `Retry-After` is honoured for a day, here and for the whole account.
const maxRetryAfter = 86_400_000

// Fewer operations than this are fetched one by one, where each early poll costs a request.
const minShared = 3

export const make = <A extends Operation>(): Entries<A> => ({ byId: new Map(), inProgress: new Map() })

/** Adds a waiter. Changes `entries`. */
export const enter = <A extends Operation>(
  { byId }: Entries<A>,
  { id, key, schedule, seen }: Request
): Place<A> => {
  const entry = byId.get(id) ?? {
    id,
    slots: new Map(),
    polled: { last: undefined, history: seen, failures: 0, notBefore: 0 },
    batch: undefined
  }
  const slot = entry.slots.get(key) ?? { timer: Timer.make(schedule), users: 0, asking: 0, follows: 0 }
  slot.users++
  byId.set(id, entry)
  entry.slots.set(key, slot)
  return { key, entry, slot }
}

/** Counts down the operations of a batch, and tells whether that was the last one. */
const finish = <A extends Operation>({ inProgress }: Entries<A>, batch: Batch): boolean => {
  const left = (inProgress.get(batch) ?? 0) - 1
  if (left > 0) inProgress.set(batch, left)
  else inProgress.delete(batch)
  return left <= 0
}

/** Removes a waiter, and returns the batch that no waiter needs any more, if there is one. Changes `entries`. */
export const leave = <A extends Operation>(entries: Entries<A>, { entry, key, slot }: Place<A>): Batch | undefined => {
  slot.users--
  if (slot.users === 0) entry.slots.delete(key)
  if (entry.slots.size > 0) return undefined
  entries.byId.delete(entry.id)
  return entry.batch !== undefined && finish(entries, entry.batch) ? entry.batch : undefined
}

/** One more (1) or one less (-1) demand for a poll. Changes `place`. */
export const ask = <A extends Operation>({ slot }: Place<A>, by: 1 | -1): void => {
  slot.asking += by
}

/** Begins the schedule again, unless other waiters share it. Changes `place`. */
export const restart = <A extends Operation>({ slot }: Place<A>): void => {
  if (slot.users > 1) return
  slot.timer = Timer.make(slot.timer.schedule)
  slot.follows = 0
}

/**
 * What to ask the schedule about the poll after `last`. Undefined if it was asked before, or if `last` came too early
 * to count for it. Changes `place`.
 */
export const follow = <A extends Operation>({ entry, slot }: Place<A>, last: PollResult<A>) => {
  const { follows, timer: { schedule, step } } = slot
  if (follows === last.number || !Timer.isNear(slot.timer, last.at)) return undefined
  slot.follows = last.number
  const { failures, history } = entry.polled
  const progress = history === undefined ? undefined : History.toProgress(history)
  const poll: Poll = { polls: last.number, failures, progress }
  return { schedule, step, poll }
}

/** Begins the interval that the schedule answered. Changes `place`. */
export const beginInterval = <A extends Operation>(
  { slot }: Place<A>,
  step: Timer.Step,
  from: number,
  delay: Duration.Duration | undefined
): void => {
  slot.timer = Timer.begin(slot.timer, step, from, delay)
}

const dueAt = <A extends Operation>({ batch, polled: { notBefore }, slots }: Entry<A>): number => {
  if (batch !== undefined) return Infinity
  let due = Infinity
  for (const { asking, timer } of slots.values()) {
    if (asking > 0) due = Math.min(due, Math.max(timer.dueAt, notBefore))
  }
  return due
}

const isNear = <A extends Operation>({ batch, polled: { notBefore }, slots }: Entry<A>, now: number): boolean => {
  if (batch !== undefined || notBefore > now) return false
  for (const { asking, timer } of slots.values()) {
    if (asking > 0 && Timer.isNear(timer, now)) return true
  }
  return false
}

/**
 * The batches to poll now, and when the next poll is due. When an operation is due, others whose time is near join its
 * batch, because one more operation in a list costs nothing. Changes `entries`.
 */
export const takeDue = <A extends Operation>(
  { byId, inProgress }: Entries<A>,
  now: number
): { readonly batches: ReadonlyArray<Batch>; readonly next: number } => {
  let next = Infinity
  for (const entry of byId.values()) next = Math.min(next, dueAt(entry))
  if (next > now) return { batches: [], next }
  const near = Array.from(byId.values()).filter((entry) => isNear(entry, now))
  const groups = near.length < minShared
    ? near.filter((entry) => dueAt(entry) <= now).map((entry) => [entry])
    : [near]
  const batches = groups.map((group) => {
    const batch = group.map(({ id, polled }) => ({
      id,
      createdAt: polled.history?.last.operation.createdAt.epochMilliseconds
    }))
    for (const entry of group) entry.batch = batch
    inProgress.set(batch, batch.length)
    return batch
  })
  return { batches, next }
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

/** Takes the result of an operation, unless the batch is not in progress for it. Changes `entries`. */
export const settle = <A extends Operation>(
  entries: Entries<A>,
  batch: Batch,
  id: OperationId,
  at: number,
  result: Result.Result<A, PollError>
): PollResult<A> | undefined => {
  const entry = entries.byId.get(id)
  if (entry?.batch !== batch) return undefined
  finish(entries, batch)
  const polled = afterPoll(entry.polled, at, result)
  entry.polled = polled
  entry.batch = undefined
  return polled.last
}

/** Abandons a batch, and returns those of its operations that still need a result. Changes `entries`. */
export const abandon = <A extends Operation>({ byId, inProgress }: Entries<A>, batch: Batch) => {
  inProgress.delete(batch)
  return batch.flatMap(({ id }) => {
    const entry = byId.get(id)
    if (entry?.batch !== batch) return []
    entry.batch = undefined
    return [id]
  })
}
