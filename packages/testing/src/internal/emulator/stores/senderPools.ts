// The SenderPools of the account and their members. Every pool is made by a request.
import type { Operation } from "@effect-comms/domain/Operation"
import type { Sender } from "@effect-comms/domain/Sender"
import * as SenderPool from "@effect-comms/domain/SenderPool"
import type { Tags } from "@effect-comms/domain/Tags"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Slice, Window } from "../../listing.ts"
import { hash } from "../../seeded.ts"
import { standingAt } from "../../standing.ts"
import type { Writes } from "../model.ts"
import * as Ids from "./ids.ts"
import type { OperationStore } from "./operations.ts"
import * as Positions from "./positions.ts"
import { type Filters, matches, type SenderStore } from "./senders.ts"

export interface Options {
  readonly seed: number
  readonly senders: SenderStore
  /** The operations that track the work of writes. */
  readonly operations: OperationStore
  readonly writes: Writes
}

/** What became of a request to delete. */
export type Deletion = "deleted" | "deletedBefore" | "unknown"

/** A store of SenderPools. Times are epoch milliseconds. Writes see the pools as they are, reads with the delay. */
export interface SenderPoolStore {
  readonly create: (input: typeof SenderPool.endpoints.create.payload.Type, now: number) => Operation
  readonly update: (id: string, input: typeof SenderPool.endpoints.update.payload.Type, now: number) => boolean
  readonly delete: (id: string, now: number) => Deletion
  readonly addSenders: (
    id: string,
    senders: typeof SenderPool.AddSendersInput.Type,
    now: number
  ) => Option.Option<Operation>
  readonly removeSender: (id: string, senderId: string, now: number) => Deletion
  readonly get: (id: string, now: number) => Option.Option<SenderPool.SenderPool>
  /** The pools that match the filters, in the order of creation. */
  readonly list: (
    query: Omit<typeof SenderPool.endpoints.list.query.Type, "pageToken" | "pageSize"> & Window,
    now: number
  ) => Slice<SenderPool.SenderPool>
  /** The members of a pool, in the order in which they were added. */
  readonly members: (id: string, now: number) => Option.Option<Iterable<Sender>>
  /** The members of a pool that match the filters. None for a pool that does not exist. */
  readonly listSenders: (id: string, query: Filters & Window, now: number) => Slice<Sender>
  /** Every pool and the ids of its members, without the delay of reads. */
  readonly all: (now: number) => ReadonlyArray<{
    readonly pool: SenderPool.SenderPool
    readonly senderIds: ReadonlyArray<Sender["id"]>
  }>
}

interface Member {
  /** The position of the Sender. */
  readonly sender: number
  readonly operationId: string
  /** How many items of the operation succeed before this one. */
  readonly after: number
  readonly removedAt?: number
}

interface Version {
  readonly at: number
  readonly name: string
  readonly tags: Tags
}

interface Pool {
  readonly id: SenderPool.SenderPool["id"]
  readonly operationId: string
  readonly createdAt: number
  readonly versions: ReadonlyArray<Version>
  readonly deletedAt?: number
  /** In the order of addition. Removed ones stay, so that pages keep their positions. */
  readonly members: Array<Member>
  /** The index of the latest membership of a Sender. */
  readonly latest: Map<number, number>
}

export const make = ({ operations, seed, senders, writes }: Options): SenderPoolStore => {
  const ids = Ids.make("senderpool", seed + hash("SenderPools"))
  const readDelay = Duration.toMillis(writes.readDelay)
  const pools: Array<Pool> = []

  const find = (id: string): readonly [position: number, pool: Pool] | undefined => {
    const position = ids.positionOf(id)
    const pool = pools[position]
    return pool?.id === id ? [position, pool] : undefined
  }

  const findPresent = (id: string) => {
    const found = find(id)
    return found?.[1].deletedAt === undefined ? found : undefined
  }

  /** A pool as it was at some time, if it existed then. */
  const asOf = (pool: Pool, time: number): SenderPool.SenderPool | undefined => {
    const version = Arr.findLast(pool.versions, ({ at }) => at <= time).pipe(Option.getOrUndefined)
    if (version === undefined || (pool.deletedAt !== undefined && pool.deletedAt <= time)) return undefined
    const { at, name, tags } = version
    return new SenderPool.SenderPool({
      id: pool.id,
      name,
      tags,
      createdAt: DateTime.makeUnsafe(pool.createdAt),
      updatedAt: DateTime.makeUnsafe(at)
    }, { disableChecks: true })
  }

  const findReadable = (id: string, now: number): Option.Option<Pool> => {
    const [, pool] = find(id) ?? []
    return pool === undefined || asOf(pool, now - readDelay) === undefined ? Option.none() : Option.some(pool)
  }

  /** Tells whether a member was in its pool at some time. */
  const isMemberAt = (time: number) => {
    const succeeded = new Map<string, number>()
    const succeededOf = (operationId: string): number => {
      const count = succeeded.get(operationId) ?? operations.succeeded(operationId, time)
      succeeded.set(operationId, count)
      return count
    }
    return ({ after, operationId, removedAt }: Member): boolean =>
      (removedAt === undefined || time < removedAt) && after < succeededOf(operationId)
  }

  const isPresent = ({ latest, members }: Pick<Pool, "latest" | "members">, sender: number): boolean => {
    const member = members[latest.get(sender) ?? -1]
    return member !== undefined && member.removedAt === undefined
  }

  /** Begins the operation that adds Senders to a pool. Unknown Senders fail in it. */
  const enroll = (
    { latest, members }: Pick<Pool, "latest" | "members">,
    refs: ReadonlyArray<SenderPool.SenderRef>,
    now: number
  ): Operation => {
    const added: Array<{ readonly sender: number; readonly after: number }> = []
    const adding = new Set<number>()
    let succeeded = 0
    for (const { senderId } of refs) {
      const sender = senders.positionOf(senderId)
      if (sender === undefined) continue
      const isRepeated = adding.has(sender) || isPresent({ latest, members }, sender)
      if (isRepeated && writes.addTwice === "failed") continue
      if (!isRepeated) added.push({ sender, after: succeeded })
      adding.add(sender)
      succeeded++
    }
    const plan = { ...writes.plan, total: refs.length, failed: refs.length - succeeded }
    const operation = operations.create(plan, now)
    // An operation that is canceled or never ends adds only some of them.
    const { counts } = standingAt(plan, Duration.infinity)
    for (const { after, sender } of added) {
      if (after >= counts.succeeded) break
      latest.set(sender, members.length)
      members.push({ sender, operationId: operation.id, after })
    }
    return operation
  }

  return {
    create: ({ name = "", senders = [], tags = {} }, now) => {
      const members: Array<Member> = []
      const latest = new Map<number, number>()
      const operation = enroll({ members, latest }, senders, now)
      const createdAt = Math.max(now, pools.at(-1)?.createdAt ?? now)
      pools.push({
        id: SenderPool.SenderPoolId.make(ids.at(pools.length)),
        operationId: operation.id,
        createdAt,
        versions: [{ at: createdAt, name, tags }],
        members,
        latest
      })
      return operation
    },
    update: (id, changes, now) => {
      const found = findPresent(id)
      if (found === undefined) return false
      const [position, pool] = found
      const before = pool.versions.at(-1)
      const name = changes.name ?? before?.name ?? ""
      const kept = changes.tags === undefined || writes.tags === "merge" ? before?.tags : {}
      pools[position] = { ...pool, versions: [...pool.versions, { at: now, name, tags: { ...kept, ...changes.tags } }] }
      return true
    },
    delete: (id, now) => {
      const found = find(id)
      if (found === undefined) return "unknown"
      const [position, pool] = found
      if (pool.deletedAt !== undefined) return "deletedBefore"
      pools[position] = { ...pool, deletedAt: now }
      return "deleted"
    },
    addSenders: (id, refs, now) =>
      Option.map(Option.fromUndefinedOr(findPresent(id)), ([, pool]) => enroll(pool, refs, now)),
    removeSender: (id, senderId, now) => {
      const [, pool] = findPresent(id) ?? []
      const sender = senders.positionOf(senderId)
      if (pool === undefined || sender === undefined) return "unknown"
      const index = pool.latest.get(sender) ?? -1
      const member = pool.members[index]
      if (member === undefined) return "unknown"
      if (member.removedAt !== undefined) return "deletedBefore"
      pool.members[index] = { ...member, removedAt: now }
      return "deleted"
    },
    get: (id, now) => {
      const [, pool] = find(id) ?? []
      return Option.fromUndefinedOr(pool && asOf(pool, now - readDelay))
    },
    list: ({ operationId, ...range }, now) =>
      Positions.slice(
        range,
        { size: () => pools.length, createdAtOf: (position) => pools[position]?.createdAt ?? Infinity },
        (position) => {
          const pool = pools[position]
          if (pool === undefined || (operationId !== undefined && operationId !== pool.operationId)) return undefined
          return asOf(pool, now - readDelay)
        }
      ),
    members: (id, now) =>
      Option.map(findReadable(id, now), function*({ members }) {
        const isMember = isMemberAt(now - readDelay)
        for (const member of members) if (isMember(member)) yield senders.at(member.sender)
      }),
    listSenders: (id, { channel, endDate, startDate, status, ...window }, now) => {
      const { members } = Option.getOrElse(findReadable(id, now), () => ({ members: [] }))
      const isMember = isMemberAt(now - readDelay)
      const isMatch = matches(channel, status)
      return Positions.fill(window, { start: 0, end: members.length }, (index) => {
        const member = members[index]
        if (member === undefined || !isMember(member)) return undefined
        const sender = senders.at(member.sender)
        const isInRange = (startDate === undefined || DateTime.isGreaterThanOrEqualTo(sender.createdAt, startDate)) &&
          (endDate === undefined || DateTime.isLessThan(sender.createdAt, endDate))
        return isInRange && isMatch(sender) ? sender : undefined
      })
    },
    all: (now) => {
      const isMember = isMemberAt(now)
      return pools.flatMap((held) => {
        const pool = asOf(held, now)
        return pool === undefined
          ? []
          : [{ pool, senderIds: held.members.filter(isMember).map(({ sender }) => senders.at(sender).id) }]
      })
    }
  }
}
