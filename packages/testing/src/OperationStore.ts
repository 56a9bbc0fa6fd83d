/**
 * The emulator's operations of one family: any number that a seed determines, and those that a test creates.
 *
 * Seeded operations are computed on request and never stored, so a million of them need no more memory than one. Each id
 * holds its position in scrambled form.
 *
 * @since 0.1.0
 */
import { type Operation, OperationId } from "@effect-comms/domain/Operation"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { build, canBeScheduled, type FamilyOf } from "./internal/family.ts"
import { hash, uint32, unit } from "./internal/seeded.ts"
import { type OperationPlan, standingAt } from "./OperationPlan.ts"

/**
 * How a store is made.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<A extends Operation> {
  /** The family of its operations. Families with the same seed have different operations. */
  readonly family: FamilyOf<A>
  /** Determines ids, times and counters. Range: safe integers. */
  readonly seed: number
  /** The number of seeded operations. Range from 0. */
  readonly operations: number
  /** The creation time of the newest seeded operation, in epoch milliseconds. Other families shift it a little. */
  readonly newest: number
  /** The period over which the seeded operations were created. Range from 0. */
  readonly span: Duration.Duration
  /** How long a created operation stays invisible. Range from 0. */
  readonly readDelay: Duration.Duration
}

/**
 * The filters and the position of a list.
 *
 * @category models
 * @since 0.1.0
 */
export interface Query {
  readonly startDate?: DateTime.Utc | undefined
  readonly endDate?: DateTime.Utc | undefined
  readonly status?: string | undefined
  /** The first position to read. Positions follow the order of creation. */
  readonly from: number
  /** The largest number of operations to return. */
  readonly limit: number
}

/**
 * The items of one page, and the position of the next page if there is one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Slice<A> {
  readonly items: ReadonlyArray<A>
  readonly next: Option.Option<number>
}

/**
 * A store of operations. Times are epoch milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface OperationStore<A extends Operation = Operation> {
  /** The number of operations. */
  readonly size: () => number
  /** Adds an operation that is created now. */
  readonly create: (plan: OperationPlan, now: number) => A
  /** Moves a created operation ahead in its plan. None for an id that was not created. */
  readonly advance: (id: string, by: Duration.Duration, now: number) => Option.Option<A>
  /** The operation as it is now. None when it does not exist or is not visible yet. */
  readonly get: (id: string, now: number) => Option.Option<A>
  /** The operations that match the filters, in the order of creation. */
  readonly list: (query: Query, now: number) => Slice<A>
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
// position, so that a seed always gives the same ids.
const idAt = (seed: number, position: number): OperationId =>
  OperationId.make(
    prefix + digits(firstId + position * 1000, 10) + digits((position ^ uint32(seed, 1)) & 0x3fffffff, 6) +
      digits(uint32(seed, position, 2), 5) + digits(uint32(seed, position, 3), 5)
  )

const positionOf = (seed: number, id: string): number =>
  ((valueOf(id.slice(prefix.length + 10, prefix.length + 16)) ^ uint32(seed, 1)) & 0x3fffffff) >>> 0

const minute = 60_000

const day = 24 * 60 * minute

// A fifth has failures. A few stay partly queued as in the documentation's example, are canceled, or never end.
const workAt = (seed: number, position: number): OperationPlan => {
  const total = 1 + uint32(seed, position, 10) % 1000
  const kind = unit(seed, position, 11)
  const failed = unit(seed, position, 12) < 0.2 ? Math.ceil(total * unit(seed, position, 13) * 0.5) : 0
  const duration = Duration.millis(Math.floor((1 + 29 * unit(seed, position, 14)) * minute))
  if (kind < 0.02) return { total, duration, failed, end: "PROCESSING", endsAt: unit(seed, position, 15) }
  if (kind < 0.08) return { total, duration, failed, end: "CANCELED", endsAt: unit(seed, position, 15) }
  if (kind < 0.11) return { total, duration, queued: Math.floor(total / 8) }
  return { total, duration, failed }
}

// Where the family has that status, a tenth is scheduled for up to three days.
const planAt = (seed: number, position: number, schedules: boolean): OperationPlan => {
  const work = workAt(seed, position)
  return schedules && unit(seed, position, 16) < 0.1
    ? { ...work, scheduled: Duration.millis(Math.floor(unit(seed, position, 17) * 3 * day)) }
    : work
}

interface Entry {
  readonly id: OperationId
  readonly plan: OperationPlan
  readonly createdAt: number
  /** When it was advanced, and by how much in total since its creation. */
  readonly jumps: ReadonlyArray<{ readonly at: number; readonly ahead: number }>
}

const aheadOf = ({ jumps }: Entry): number => jumps[jumps.length - 1]?.ahead ?? 0

// When a point of the plan was reached. A point that a jump skipped was reached at the jump.
const timeOf = ({ createdAt, jumps }: Entry, after: number): number =>
  jumps.reduce((time, { ahead, at }) => Math.min(time, Math.max(at, createdAt + after - ahead)), createdAt + after)

/**
 * Makes a store.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A extends Operation>(options: Options<A>): OperationStore<A> => {
  const { family, newest, operations: seeded } = options
  const salt = (hash(family.resource) ^ hash(SenderPoolOperation.family.resource)) >>> 0
  const seed = options.seed + salt
  const schedules = canBeScheduled(family)
  const span = Duration.toMillis(options.span)
  const readDelay = Duration.toMillis(options.readDelay)
  const created: Array<Entry> = []

  const size = () => seeded + created.length

  const createdAtOf = (position: number): number =>
    position < seeded
      ? Math.floor(newest - span * (seeded - 1 - position + salt / 0x100000000) / seeded)
      : created[position - seeded]?.createdAt ?? Infinity

  const entryAt = (position: number): Entry | undefined => {
    if (position >= seeded) return created[position - seeded]
    const createdAt = createdAtOf(position)
    return { id: idAt(seed, position), plan: planAt(seed, position, schedules), createdAt, jumps: [] }
  }

  const operationOf = (entry: Entry, now: number): A => {
    const { createdAt, id, plan } = entry
    const standing = standingAt(plan, Duration.millis(now - createdAt + aheadOf(entry)))
    return build(family, standing, {
      id,
      createdAt: DateTime.makeUnsafe(createdAt),
      updatedAt: DateTime.makeUnsafe(Math.max(createdAt, timeOf(entry, Duration.toMillis(standing.changedAfter))))
    })
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
      // Lists follow the order of creation, so an operation is never older than the one before it.
      const createdAt = position === 0 ? now : Math.max(now, createdAtOf(position - 1))
      const entry = { id: idAt(seed, position), plan, createdAt, jumps: [] }
      created.push(entry)
      return operationOf(entry, now)
    },
    advance: (id, by, now) => {
      const found = find(id)
      if (found === undefined || found[0] < seeded) return Option.none()
      const [position, before] = found
      const jump = { at: now, ahead: aheadOf(before) + Duration.toMillis(by) }
      const entry = { ...before, jumps: [...before.jumps, jump] }
      created[position - seeded] = entry
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
      const items: Array<A> = []
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
        // The page is full, and this item shows that another page follows.
        if (items.length === limit) return { items, next: Option.some(position) }
        items.push(operation)
      }
      return { items, next: Option.none() }
    }
  }
}
