// What the looks at an operation say about its progress.
import type { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import * as Duration from "effect/Duration"
import type { Progress } from "../../Waiting.ts"

/** A look at an operation: what it said, and when that was, in epoch milliseconds. */
export interface Seen {
  readonly at: number
  readonly operation: SenderPoolOperation
}

/** What is remembered of the looks: the last ones, and when what they saw last changed. */
export interface History {
  readonly last: Seen
  readonly changedAt: number
  readonly wentBackwards: boolean
  readonly recent: ReadonlyArray<{ readonly at: number; readonly settled: number }>
}

const remembered = 5

const settledOf = ({ stats }: SenderPoolOperation): number => stats.created + stats.failed

export const hasChanged = (before: SenderPoolOperation, after: SenderPoolOperation): boolean =>
  before.status !== after.status || before.stats.total !== after.stats.total ||
  before.stats.queued !== after.stats.queued || before.stats.created !== after.stats.created ||
  before.stats.failed !== after.stats.failed

const isBehind = (before: SenderPoolOperation, after: SenderPoolOperation): boolean =>
  after.stats.created < before.stats.created || after.stats.failed < before.stats.failed ||
  (before.isTerminal && !after.isTerminal)

export const begin = (seen: Seen, changedAt = seen.at): History => ({
  last: seen,
  changedAt,
  wentBackwards: false,
  recent: [{ at: seen.at, settled: settledOf(seen.operation) }]
})

export const add = (history: History, seen: Seen): History => {
  const point = { at: seen.at, settled: settledOf(seen.operation) }
  if (!hasChanged(history.last.operation, seen.operation)) {
    return { ...history, last: seen, recent: [...history.recent, point].slice(-remembered) }
  }
  const wentBackwards = isBehind(history.last.operation, seen.operation)
  return {
    last: seen,
    changedAt: seen.at,
    wentBackwards,
    // What went before says nothing about the speed of work that went backwards.
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
  const { total } = operation.stats
  const settled = settledOf(operation)
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
