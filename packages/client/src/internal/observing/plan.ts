// Decides which operations to read from lists and which to fetch, by the measured length of earlier lists.
import type { OperationId } from "@effect-comms/domain/Operation"
import { maxPageSize } from "@effect-comms/domain/Pagination"
import * as Arr from "effect/Array"
import * as Order from "effect/Order"

/** An operation to poll. */
export interface Target {
  readonly id: OperationId
  /** The creation time in epoch milliseconds, if it is known. */
  readonly createdAt: number | undefined
}

/** A target whose creation time a list can be filtered by. */
export interface DatedTarget extends Target {
  readonly createdAt: number
}

/** A range of times in epoch milliseconds, including both ends. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Operations to read from one list. */
export interface Cluster extends Range {
  readonly targets: ReadonlyArray<Target>
}

/** The status filter of a list. */
export type Status = "PROCESSING" | undefined

interface Seen extends Range {
  readonly status: Status
  readonly at: number
}

interface Sample extends Seen {
  readonly pages: number
}

interface Failure extends Seen {
  readonly since: number
}

// The API does not document whether a range includes its ends.
const overlap = 1000

// The years 0 to 9999. RFC 3339 has four digits for a year, so no list can be filtered by other times.
const minTime = -62_167_219_200_000
const maxTime = 253_402_300_799_999

const forgetAfter = 300_000
const maxSamples = 100

/** The filter range of a list that contains both times even if the API excludes its ends. */
export const around = (first: number, last: number, margin = overlap): Range => ({
  start: Math.max(minTime, Math.floor(first - margin)),
  end: Math.min(maxTime, Math.ceil(last + margin))
})

export const isDated = (target: Target): target is DatedTarget =>
  target.createdAt !== undefined && target.createdAt >= minTime && target.createdAt <= maxTime

const byCreation = Order.mapInput(Order.Number, (target: DatedTarget) => target.createdAt)

const touches = (a: Range, b: Range): boolean => a.start <= b.end && b.start <= a.end

const covers = (a: Range, b: Range): boolean => a.start <= b.start && a.end >= b.end

/** The share of a sample's pages that is expected in a range. */
const pagesWithin = (sample: Sample, { end, start }: Range): number =>
  sample.pages * Math.max(0, Math.min(end, sample.end) - Math.max(start, sample.start)) / (sample.end - sample.start)

export const makePlanner = () => {
  let samples: ReadonlyArray<Sample> = []
  let failures: ReadonlyArray<Failure> = []

  // A range without samples is expected to have one page. An unfiltered list contains those of each status.
  const pagesOf = (range: Range, status: Status, now: number): number =>
    samples.reduce(
      (pages, sample) =>
        now - sample.at <= forgetAfter && (sample.status === status || status === undefined)
          ? Math.max(pages, pagesWithin(sample, range))
          : pages,
      0
    )

  /** Whether a list is expected to take fewer requests than fetching the cluster. */
  const isListCheaper = (cluster: Cluster, status: Status, now: number): boolean => {
    const { length } = cluster.targets
    return length > 2 && pagesOf(cluster, status, now) < length
  }

  /**
   * Whether the unfiltered list of many operations is read at once, since the list with a status does not have those
   * that have ended. If it is known to be ten times as long or more, most of it is not about the targets.
   */
  const isReadWhole = (cluster: Cluster, now: number): boolean => {
    const pages = samples.reduce(
      (pages, sample) =>
        sample.status === undefined && now - sample.at <= forgetAfter && covers(sample, cluster)
          ? Math.min(pages, sample.pages)
          : pages,
      Infinity
    )
    const least = Math.ceil(cluster.targets.length / maxPageSize)
    return least > 2 && (pages === Infinity || least > pages / 10)
  }

  // Another list costs one more page, so a gap of more than a page divides the cluster.
  const cut = (targets: ReadonlyArray<DatedTarget>, status: Status, now: number): ReadonlyArray<Cluster> => {
    const [first, ...rest] = Arr.sort(targets, byCreation)
    if (first === undefined) return []
    let group: Arr.NonEmptyArray<DatedTarget> = [first]
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
    pagesOf,
    isListCheaper,
    isReadWhole,
    /** Chooses lists or fetches for the targets, whichever are expected to take fewer requests. */
    plan: (targets: ReadonlyArray<DatedTarget>, status: Status, now: number) => {
      const clusters = cut(targets, status, now)
      const lists = clusters.filter((cluster) => isListCheaper(cluster, status, now))
      return { lists, fetches: clusters.flatMap((cluster) => lists.includes(cluster) ? [] : cluster.targets) }
    },
    /** Records the number of pages of a list. */
    addList: ({ end, start }: Range, status: Status, pages: number, now: number): void => {
      const sample = { start, end, status, pages, at: now }
      const isKept = (old: Sample) => now - old.at <= forgetAfter && (old.status !== status || !covers(sample, old))
      // A single page is expected without a sample.
      samples = [...samples.filter(isKept), ...(pages > 1 ? [sample] : [])].slice(-maxSamples)
      failures = failures.filter((failure) => failure.status !== status || !touches(failure, sample))
    },
    /** Records a failed list. Returns for how long lists of this range have failed. */
    addFailure: ({ end, start }: Range, status: Status, now: number): number => {
      const isSame = (old: Failure) =>
        now - old.at <= forgetAfter && old.status === status && touches(old, { start, end })
      const since = failures.filter(isSame).reduce((since, failure) => Math.min(since, failure.since), now)
      failures = [
        ...failures.filter((old) => now - old.at <= forgetAfter && !isSame(old)),
        { start, end, status, since, at: now }
      ].slice(-maxSamples)
      return now - since
    }
  }
}
