// The progress of an operation, from its last polls.
import type { Operation } from "@effect-comms/domain/Operation"
import * as Duration from "effect/Duration"
import * as Equivalence from "effect/Equivalence"
import * as Record from "effect/Record"
import type { Progress } from "./model.ts"

/** An operation as a poll found it, with the time of the poll in milliseconds of the monotonic clock. */
export interface Seen {
  readonly at: number
  readonly operation: Operation
}

/** The last polls, and the time of the last change. */
export interface History {
  readonly last: Seen
  readonly changedAt: number
  readonly wentBackwards: boolean
  readonly recent: ReadonlyArray<{ readonly at: number; readonly settled: number }>
}

const remembered = 5

const haveSameValues = Record.makeEquivalence(Equivalence.Number)

export const hasChanged = (before: Operation, after: Operation): boolean =>
  before.status !== after.status || !haveSameValues(before.stats, after.stats)

const isBehind = (before: Operation, after: Operation): boolean =>
  after.counts.settled - after.counts.failed < before.counts.settled - before.counts.failed ||
  after.counts.failed < before.counts.failed ||
  (before.isTerminal && !after.isTerminal)

export const begin = (seen: Seen, changedAt = seen.at): History => ({
  last: seen,
  changedAt,
  wentBackwards: false,
  recent: [{ at: seen.at, settled: seen.operation.counts.settled }]
})

export const add = (history: History, seen: Seen): History => {
  const point = { at: seen.at, settled: seen.operation.counts.settled }
  if (!hasChanged(history.last.operation, seen.operation)) {
    return { ...history, last: seen, recent: [...history.recent, point].slice(-remembered) }
  }
  const wentBackwards = isBehind(history.last.operation, seen.operation)
  return {
    last: seen,
    changedAt: seen.at,
    wentBackwards,
    // A rate across a step backwards would be too low, or negative.
    recent: wentBackwards ? [point] : [...history.recent, point].slice(-remembered)
  }
}

const rateOf = ({ recent }: History): number | undefined => {
  const first = recent[0]
  const last = recent[recent.length - 1]
  return first === undefined || last === undefined || last.at <= first.at
    ? undefined
    : (last.settled - first.settled) * 1000 / (last.at - first.at)
}

export const toProgress = (history: History): Progress => {
  const { operation } = history.last
  const { settled, total } = operation.counts
  const left = Math.max(0, total - settled)
  const rate = operation.isTerminal ? undefined : rateOf(history)
  return {
    settled,
    total,
    fraction: total === 0 ? undefined : Math.min(1, settled / total),
    rate,
    remaining: operation.isTerminal ? Duration.zero : rate !== undefined && rate > 0
      ? Duration.millis(Math.ceil(left * 1000 / rate))
      : undefined,
    wentBackwards: history.wentBackwards,
    unchangedFor: Duration.millis(Math.max(0, history.last.at - history.changedAt))
  }
}
