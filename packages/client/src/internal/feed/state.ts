// The state of a feed: the time up to which everything was delivered, and the operations that it tracks.
import type { KnownOperation } from "@effect-comms/domain/FeedCheckpoint"
import { type Operation, type OperationId, version } from "@effect-comms/domain/Operation"
import * as DateTime from "effect/DateTime"
import type { Change } from "./model.ts"

export interface State {
  /** All operations created before this time were delivered, and are not listed again. In epoch milliseconds. */
  settled: number
  /** The latest creation time in a list, in epoch milliseconds. It is the only sign of the time on the server. */
  latest: number
  /** The tracked operations: those created since `settled`, and older ones that have not ended. */
  readonly known: Map<OperationId, KnownOperation>
  /** How many times in a row an operation was not found. */
  readonly missing: Map<OperationId, number>
}

export const make = (settled: number, known: ReadonlyArray<KnownOperation>): State => ({
  settled,
  latest: -Infinity,
  known: new Map(known.map((operation) => [operation.id, operation])),
  missing: new Map()
})

/** Tracks operations and returns those that are new or changed. */
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
    // A creation time in the future means that a clock is wrong.
    if (createdAt <= now) state.latest = Math.max(state.latest, createdAt)
    state.missing.delete(id)
    const known = { id, createdAt, version: version(operation), ended: isTerminal }
    if (before?.version === known.version) continue
    state.known.set(id, known)
    changes.push({ kind: before === undefined ? "new" : "changed", operation })
  }
  return changes
}

/** Records that everything created before a time was delivered, and stops tracking the ended operations of it. */
export const settle = (state: State, time: number): void => {
  state.settled = Math.max(state.settled, time)
  for (const { createdAt, ended, id } of state.known.values()) {
    if (ended && createdAt < state.settled) state.known.delete(id)
  }
}

/** The tracked operations that are no longer listed and have not ended. */
export const open = (state: State): ReadonlyArray<KnownOperation> =>
  Array.from(state.known.values()).filter(({ createdAt, ended }) => !ended && createdAt < state.settled)

/** Records that an operation was not found. Beyond the limit it is no longer tracked, and the result is true. */
export const miss = (state: State, id: OperationId, limit: number): boolean => {
  const count = (state.missing.get(id) ?? 0) + 1
  state.missing.set(id, count)
  if (count <= limit) return false
  state.missing.delete(id)
  return state.known.delete(id)
}
