// The operations of one family: any number that a seed determines, and those that a test creates.
//
// Seeded operations are computed on request and never stored, so a million of them need no more memory than one.
import { type Operation, OperationId } from "@effect-comms/domain/Operation"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { OperationPlan } from "../../../OperationPlan.ts"
import { build, canBeScheduled, type FamilyOf } from "../../family.ts"
import type { Query, Slice } from "../../listing.ts"
import { hash, uint32, unit } from "../../seeded.ts"
import { standingAt } from "../../standing.ts"
import * as Ids from "./ids.ts"
import * as Positions from "./positions.ts"

export interface Options<A extends Operation> {
  /** Families with the same seed have different operations. */
  readonly family: FamilyOf<A>
  readonly seed: number
  /** The number of seeded operations. */
  readonly operations: number
  /** The creation time of the newest seeded operation, in epoch milliseconds. */
  readonly newest: number
  /** The period over which the seeded operations were created. */
  readonly span: Duration.Duration
  /** How long a created operation stays invisible. */
  readonly readDelay: Duration.Duration
}

/** A store of operations. Times are epoch milliseconds. */
export interface OperationStore<A extends Operation = Operation> {
  readonly size: () => number
  readonly create: (plan: OperationPlan, now: number) => A
  /** Moves a created operation ahead in its plan. None for any other id. */
  readonly advance: (id: string, by: Duration.Duration, now: number) => Option.Option<A>
  /** The operation as it is now. None when it does not exist or is not visible yet. */
  readonly get: (id: string, now: number) => Option.Option<A>
  /** How many items of an operation have succeeded, even if it is not visible yet. */
  readonly succeeded: (id: string, now: number) => number
  /** The operations that match the filters, in the order of creation. */
  readonly list: (query: Query, now: number) => Slice<A>
}

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

export const make = <A extends Operation>(options: Options<A>): OperationStore<A> => {
  const { family, newest, operations: seeded } = options
  const salt = (hash(family.resource) ^ hash(SenderPoolOperation.family.resource)) >>> 0
  const seed = options.seed + salt
  const ids = Ids.make("operation", seed)
  const idAt = (position: number) => OperationId.make(ids.at(position))
  const schedules = canBeScheduled(family)
  const span = Duration.toMillis(options.span)
  const seededAt = Positions.seededTimes({ newest, span, size: seeded, offset: salt / 0x100000000 })
  const readDelay = Duration.toMillis(options.readDelay)
  const created: Array<Entry> = []

  const size = () => seeded + created.length

  const createdAtOf = (position: number): number =>
    position < seeded
      ? seededAt(position)
      : created[position - seeded]?.createdAt ?? Infinity

  const isVisible = (position: number, now: number): boolean =>
    position < seeded || now >= createdAtOf(position) + readDelay

  const entryAt = (position: number): Entry | undefined => {
    if (position >= seeded) return created[position - seeded]
    const createdAt = createdAtOf(position)
    return { id: idAt(position), plan: planAt(seed, position, schedules), createdAt, jumps: [] }
  }

  const standingOf = (entry: Entry, now: number) =>
    standingAt(entry.plan, Duration.millis(now - entry.createdAt + aheadOf(entry)))

  const operationOf = (entry: Entry, now: number): A => {
    const { createdAt, id } = entry
    const standing = standingOf(entry, now)
    return build(family, standing, {
      id,
      createdAt: DateTime.makeUnsafe(createdAt),
      updatedAt: DateTime.makeUnsafe(Math.max(createdAt, timeOf(entry, Duration.toMillis(standing.changedAfter))))
    })
  }

  const find = (id: string): readonly [position: number, entry: Entry] | undefined => {
    const position = ids.positionOf(id)
    const entry = entryAt(position)
    return entry?.id === id ? [position, entry] : undefined
  }

  return {
    size,
    create: (plan, now) => {
      const position = size()
      // Lists follow the order of creation, so an operation is never older than the one before it.
      const createdAt = position === 0 ? now : Math.max(now, createdAtOf(position - 1))
      const entry = { id: idAt(position), plan, createdAt, jumps: [] }
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
      return found !== undefined && isVisible(found[0], now) ? Option.some(operationOf(found[1], now)) : Option.none()
    },
    succeeded: (id, now) => {
      const [, entry] = find(id) ?? []
      return entry === undefined || now < entry.createdAt ? 0 : standingOf(entry, now).counts.succeeded
    },
    list: ({ status, ...range }, now) =>
      Positions.slice(range, { size, createdAtOf }, (position) => {
        const entry = entryAt(position)
        if (entry === undefined || !isVisible(position, now)) return undefined
        const operation = operationOf(entry, now)
        return status === undefined || operation.status === status ? operation : undefined
      })
  }
}
