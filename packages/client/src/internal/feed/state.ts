// What a feed remembers: up to when everything was delivered, and the operations that it still has an eye on.
import type { KnownOperation } from "@effect-comms/domain/FeedCheckpoint"
import { type Operation, type OperationId, version } from "@effect-comms/domain/Operation"
import * as DateTime from "effect/DateTime"
import type { Change } from "./model.ts"

export interface State {
  /** Everything that was created before was delivered, and is not listed again. In epoch milliseconds, as all times here. */
  settled: number
  /** The latest creation that was seen: the only thing that tells what time it is on the server. */
  latest: number
  /** Those created since `settled`, and the older ones that have not ended. */
  readonly known: Map<OperationId, KnownOperation>
  /** How often in a row an operation was not found any more. */
  readonly missing: Map<OperationId, number>
}

export const make = (settled: number, known: ReadonlyArray<KnownOperation>): State => ({
  settled,
  latest: -Infinity,
  known: new Map(known.map((operation) => [operation.id, operation])),
  missing: new Map()
})

/** Takes note of operations, and tells which are new or changed. */
export const take = <A extends Operation>(
  state: State,
  operations: ReadonlyArray<A>,
  now: number
): ReadonlyArray<Change<A>> => {
  const changes: Array<Change<A>> = []
  for (const operation of operations) {
    const { id, isTerminal } = operation
    const createdAt = DateTime.toEpochMillis(operation.createdAt)
    const before = state.known.get(id)
    if (before === undefined && createdAt < state.settled) continue
    // A time that has not come yet is a clock's error, the server's or our own, and no evidence of anything.
    if (createdAt <= now) state.latest = Math.max(state.latest, createdAt)
    state.missing.delete(id)
    const known = { id, createdAt, version: version(operation), ended: isTerminal }
    if (before?.version === known.version) continue
    state.known.set(id, known)
    changes.push({ kind: before === undefined ? "new" : "changed", operation })
  }
  return changes
}

/** Everything created before a time was delivered, so what has ended of it can be forgotten. */
export const settle = (state: State, time: number): void => {
  state.settled = Math.max(state.settled, time)
  for (const { createdAt, ended, id } of state.known.values()) {
    if (ended && createdAt < state.settled) state.known.delete(id)
  }
}

/** Those that no list brings any more, and that have not ended. */
export const open = (state: State): ReadonlyArray<KnownOperation> =>
  Array.from(state.known.values()).filter(({ createdAt, ended }) => !ended && createdAt < state.settled)

/** An operation was not found: after so many times it is given up. Tells whether it is. */
export const miss = (state: State, id: OperationId, limit: number): boolean => {
  const count = (state.missing.get(id) ?? 0) + 1
  state.missing.set(id, count)
  if (count <= limit) return false
  state.missing.delete(id)
  return state.known.delete(id)
}
