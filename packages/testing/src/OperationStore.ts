/**
 * The emulator's operations: any number of them that follow from a seed, and those that a test creates.
 *
 * An operation that follows from the seed is computed when it is asked for and never stored, so a million of them take
 * no more memory than one. Its id holds its number, in disguise.
 *
 * @since 0.1.0
 */
import { OperationId } from "@effect-comms/domain/Operation"
import type * as Operation from "@effect-comms/domain/Operation"
import { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { uint32, unit } from "./internal/seeded.ts"
import { type OperationPlan, standingAt } from "./OperationPlan.ts"

/**
 * What a store is made of.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly seed: number
  /** How many operations follow from the seed. */
  readonly operations: number
  /** When the newest of them was created, in epoch milliseconds. */
  readonly newest: number
  /** Over which time they were created. */
  readonly span: Duration.Duration
  /** How long after its creation an operation that a test creates can be read. */
  readonly readDelay: Duration.Duration
}

/**
 * What a list asks a store for: a range of times, a status, where to begin, and how many.
 *
 * @category models
 * @since 0.1.0
 */
export interface Query {
  readonly startDate?: DateTime.Utc | undefined
  readonly endDate?: DateTime.Utc | undefined
  readonly status?: Operation.OperationStatus | undefined
  /** The position to begin at: operations are kept in the order in which they were created. */
  readonly from: number
  readonly limit: number
}

/**
 * What a list gets: the operations, and the position to go on at when there are more.
 *
 * @category models
 * @since 0.1.0
 */
export interface Slice {
  readonly operations: ReadonlyArray<SenderPoolOperation>
  readonly next: Option.Option<number>
}

/**
 * A store of operations.
 *
 * @category models
 * @since 0.1.0
 */
export interface OperationStore {
  /** How many operations there are. */
  readonly size: () => number
  /** Adds an operation that was created now. */
  readonly create: (plan: OperationPlan, now: number) => SenderPoolOperation
  /** Lets a created operation run ahead by a time. */
  readonly advance: (id: string, by: Duration.Duration, now: number) => Option.Option<SenderPoolOperation>
  /** Where an operation stands. None when there is none, or when it cannot be read yet. */
  readonly get: (id: string, now: number) => Option.Option<SenderPoolOperation>
  /** The operations of a list. */
  readonly list: (query: Query, now: number) => Slice
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const digits = (value: number, length: number): string => {
  let text = ""
  for (let rest = value, i = 0; i < length; i++, rest = Math.floor(rest / 32)) {
    text = alphabet.charAt(rest % 32) + text
  }
  return text
}

const valueOf = (text: string): number => [...text].reduce((value, digit) => value * 32 + alphabet.indexOf(digit), 0)

const prefix = "comms_operation_"

// The first second of 2024.
const firstId = 1_704_067_200_000

// Like a ULID, an id begins with a time: 10 digits of time, 6 of position, 10 of chance. The time follows from the
// position, so that a seed gives the same ids whenever it is used.
const idAt = (seed: number, position: number): OperationId =>
  OperationId.make(
    prefix + digits(firstId + position * 1000, 10) + digits((position ^ uint32(seed, 1)) & 0x3fffffff, 6) +
      digits(uint32(seed, position, 2), 5) + digits(uint32(seed, position, 3), 5)
  )

const positionOf = (seed: number, id: string): number =>
  ((valueOf(id.slice(prefix.length + 10, prefix.length + 16)) ^ uint32(seed, 1)) & 0x3fffffff) >>> 0

const minute = 60_000

// One in five has failures, few are left half queued as in the documentation's example, few are canceled, few never end.
const planAt = (seed: number, position: number): OperationPlan => {
  const total = 1 + uint32(seed, position, 10) % 1000
  const kind = unit(seed, position, 11)
  const failed = unit(seed, position, 12) < 0.2 ? Math.ceil(total * unit(seed, position, 13) * 0.5) : 0
  const duration = Duration.millis(Math.floor((1 + 29 * unit(seed, position, 14)) * minute))
  if (kind < 0.02) return { total, duration, failed, end: "PROCESSING", endsAt: unit(seed, position, 15) }
  if (kind < 0.08) return { total, duration, failed, end: "CANCELED", endsAt: unit(seed, position, 15) }
  if (kind < 0.11) return { total, duration, queued: Math.floor(total / 8) }
  return { total, duration, failed }
}

interface Entry {
  readonly id: OperationId
  readonly plan: OperationPlan
  readonly createdAt: number
  /** When it was let run ahead, and by how much in all since then. */
  readonly jumps: ReadonlyArray<{ readonly at: number; readonly ahead: number }>
}

const aheadOf = ({ jumps }: Entry): number => jumps[jumps.length - 1]?.ahead ?? 0

// When the plan was at a time, counted from its beginning: at a jump, if it is in what was skipped by it.
const timeOf = ({ createdAt, jumps }: Entry, after: number): number =>
  jumps.reduce((time, { ahead, at }) => Math.min(time, Math.max(at, createdAt + after - ahead)), createdAt + after)

const operationOf = (entry: Entry, now: number): SenderPoolOperation => {
  const { createdAt, id, plan } = entry
  const { changedAfter, stats, status } = standingAt(plan, Duration.millis(now - createdAt + aheadOf(entry)))
  return new SenderPoolOperation({
    id,
    status,
    stats,
    createdAt: DateTime.makeUnsafe(createdAt),
    updatedAt: DateTime.makeUnsafe(Math.max(createdAt, timeOf(entry, Duration.toMillis(changedAfter))))
  }, { disableChecks: true })
}

/**
 * Makes a store.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: Options): OperationStore => {
  const { newest, operations: seeded, seed } = options
  const span = Duration.toMillis(options.span)
  const readDelay = Duration.toMillis(options.readDelay)
  const created: Array<Entry> = []

  const size = () => seeded + created.length

  const createdAtOf = (position: number): number =>
    position < seeded
      ? Math.floor(newest - span * (seeded - 1 - position) / seeded)
      : created[position - seeded]?.createdAt ?? Infinity

  const entryAt = (position: number): Entry | undefined => {
    if (position >= seeded) return created[position - seeded]
    const createdAt = createdAtOf(position)
    return { id: idAt(seed, position), plan: planAt(seed, position), createdAt, jumps: [] }
  }

  const find = (id: string): readonly [position: number, entry: Entry] | undefined => {
    const position = positionOf(seed, id)
    const entry = entryAt(position)
    return entry?.id === id ? [position, entry] : undefined
  }

  // The first position whose operation was created at a time or later.
  const firstAtOrAfter = (time: number): number => {
    let low = 0
    let high = size()
    while (low < high) {
      const middle = (low + high) >>> 1
      if (createdAtOf(middle) < time) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    size,
    create: (plan, now) => {
      const position = size()
      // Operations are listed by their creation, so none may be older than the one before it.
      const createdAt = position === 0 ? now : Math.max(now, createdAtOf(position - 1))
      const entry = { id: idAt(seed, position), plan, createdAt, jumps: [] }
      created.push(entry)
      return operationOf(entry, now)
    },
    advance: (id, by, now) => {
      const found = find(id)
      if (found === undefined || found[0] < seeded) return Option.none()
      const { jumps } = found[1]
      const entry = {
        ...found[1],
        jumps: [...jumps, { at: now, ahead: aheadOf(found[1]) + Duration.toMillis(by) }]
      }
      created[found[0] - seeded] = entry
      return Option.some(operationOf(entry, now))
    },
    get: (id, now) => {
      const found = find(id)
      return found === undefined || (found[0] >= seeded && now < found[1].createdAt + readDelay)
        ? Option.none()
        : Option.some(operationOf(found[1], now))
    },
    list: ({ endDate, from, limit, startDate, status }, now) => {
      const end = endDate === undefined ? size() : firstAtOrAfter(DateTime.toEpochMillis(endDate))
      const operations: Array<SenderPoolOperation> = []
      let position = Math.max(
        from,
        startDate === undefined ? 0 : firstAtOrAfter(DateTime.toEpochMillis(startDate))
      )
      for (; position < end; position++) {
        const entry = entryAt(position)
        if (entry === undefined) break
        if (position >= seeded && now < entry.createdAt + readDelay) break
        const operation = operationOf(entry, now)
        if (status !== undefined && operation.status !== status) continue
        // One more than a page is looked for, so that the last page is known to be the last.
        if (operations.length === limit) return { operations, next: Option.some(position) }
        operations.push(operation)
      }
      return { operations, next: Option.none() }
    }
  }
}
