// Which operations to look for in a list, and which to fetch: what lists cost is learnt from those that were read.
import type { OperationId } from "@effect-comms/domain/Operation"
import * as Arr from "effect/Array"
import * as Order from "effect/Order"

/** An operation to look at. */
export interface Target {
  readonly id: OperationId
  /** In epoch milliseconds, when it is known. */
  readonly createdAt: number | undefined
}

/** One that a list can be asked for, since it is known when it was created. */
export interface PlacedTarget extends Target {
  readonly createdAt: number
}

/** From one time to another, both included, in epoch milliseconds. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Operations that one list is read for. */
export interface Cluster extends Range {
  readonly targets: ReadonlyArray<Target>
}

/** The filter of a list by status, or none. */
export type Status = "PROCESSING" | undefined

export interface Plan {
  readonly lists: ReadonlyArray<Cluster>
  readonly fetches: ReadonlyArray<Target>
}

export interface Planner {
  /** Divides operations into those that lists are read for and those that are fetched, whichever takes fewer requests. */
  readonly plan: (targets: ReadonlyArray<PlacedTarget>, status: Status, now: number) => Plan
  /** Whether reading a list for a cluster takes fewer requests than fetching it, as far as is known. */
  readonly isWorthAList: (cluster: Cluster, status: Status, now: number) => boolean
  /** Takes note of how many pages a list took. */
  readonly learn: (range: Range, status: Status, pages: number, now: number) => void
  /** Takes note of a list that failed. Says for how long lists of this range have failed by now. */
  readonly learnFailure: (range: Range, status: Status, now: number) => number
}

interface Lesson extends Range {
  readonly status: Status
  readonly pages: number
  readonly at: number
}

interface Failure extends Range {
  readonly status: Status
  readonly since: number
  readonly at: number
}

// Whether the ends of a range are included is not documented.
const overlap = 1000

// RFC 3339 has four digits for a year, and what a server says of other times is not asked back.
const minTime = -62_167_219_200_000
const maxTime = 253_402_300_799_999

const forgetAfter = 300_000
const maxLessons = 100

/** A range that a list can be asked for, and that holds both times whether or not its ends are included. */
export const around = (first: number, last: number, margin = overlap): Range => ({
  start: Math.max(minTime, Math.floor(first - margin)),
  end: Math.min(maxTime, Math.ceil(last + margin))
})

export const isPlaced = (target: Target): target is PlacedTarget =>
  target.createdAt !== undefined && target.createdAt >= minTime && target.createdAt <= maxTime

const byCreation = Order.mapInput(Order.Number, (target: PlacedTarget) => target.createdAt)

const touches = (a: Range, b: Range): boolean => a.start <= b.end && b.start <= a.end

const covers = (a: Range, b: Range): boolean => a.start <= b.start && a.end >= b.end

// How many of the pages of a lesson are to be expected in a range.
const pagesWithin = (lesson: Lesson, { end, start }: Range): number =>
  lesson.pages * Math.max(0, Math.min(end, lesson.end) - Math.max(start, lesson.start)) / (lesson.end - lesson.start)

export const makePlanner = (): Planner => {
  let lessons: ReadonlyArray<Lesson> = []
  let failures: ReadonlyArray<Failure> = []

  // Where no list was read yet, one page is expected to be enough: the first round finds out. A list without a filter
  // holds what the list of one status does.
  const pagesOf = (range: Range, status: Status, now: number): number =>
    lessons.reduce(
      (pages, lesson) =>
        now - lesson.at <= forgetAfter && (lesson.status === status || status === undefined)
          ? Math.max(pages, pagesWithin(lesson, range))
          : pages,
      0
    )

  const isWorthAList = (cluster: Cluster, status: Status, now: number): boolean => {
    const { length } = cluster.targets
    return length > 2 && pagesOf(cluster, status, now) < length
  }

  // A list of its own is one page more, so a gap that takes longer to read is left out.
  const cut = (targets: ReadonlyArray<PlacedTarget>, status: Status, now: number): ReadonlyArray<Cluster> => {
    const [first, ...rest] = Arr.sort(targets, byCreation)
    if (first === undefined) return []
    let group: Arr.NonEmptyArray<PlacedTarget> = [first]
    const groups = [group]
    for (const target of rest) {
      const gap = { start: Arr.lastNonEmpty(group).createdAt, end: target.createdAt }
      if (pagesOf(gap, status, now) > 1) groups.push(group = [target])
      else group.push(target)
    }
    return groups.map((targets) => ({
      targets,
      ...around(Arr.headNonEmpty(targets).createdAt, Arr.lastNonEmpty(targets).createdAt)
    }))
  }

  return {
    isWorthAList,
    plan: (targets, status, now) => {
      const clusters = cut(targets, status, now)
      const lists = clusters.filter((cluster) => isWorthAList(cluster, status, now))
      return {
        lists,
        fetches: clusters.flatMap((cluster) => lists.includes(cluster) ? [] : cluster.targets)
      }
    },
    learn: ({ end, start }, status, pages, now) => {
      const lesson = { start, end, status, pages, at: now }
      const isKept = (old: Lesson) => now - old.at <= forgetAfter && (old.status !== status || !covers(lesson, old))
      // A single page is what is expected anyway.
      lessons = [...lessons.filter(isKept), ...(pages > 1 ? [lesson] : [])].slice(-maxLessons)
      failures = failures.filter((failure) => failure.status !== status || !touches(failure, lesson))
    },
    learnFailure: ({ end, start }, status, now) => {
      const isSame = (old: Failure) =>
        now - old.at <= forgetAfter && old.status === status && touches(old, { start, end })
      const since = failures.filter(isSame).reduce((since, failure) => Math.min(since, failure.since), now)
      failures = [
        ...failures.filter((old) => now - old.at <= forgetAfter && !isSame(old)),
        { start, end, status, since, at: now }
      ].slice(-maxLessons)
      return now - since
    }
  }
}
