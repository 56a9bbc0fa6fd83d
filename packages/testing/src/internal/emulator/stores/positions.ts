// Items by position, in the order of creation.
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { Slice, Window } from "../../listing.ts"

/** The creation times, in epoch milliseconds. */
export interface Times {
  readonly size: () => number
  readonly createdAtOf: (position: number) => number
}

/** The creation times of seeded items. They are spread evenly over a period, and `offset` is below one. */
export const seededTimes = ({ newest, offset = 0, size, span }: {
  readonly newest: number
  readonly span: number
  readonly size: number
  readonly offset?: number
}) =>
(position: number): number => Math.floor(newest - span * (size - 1 - position + offset) / size)

// The first position whose item was created at a time or later.
const firstAtOrAfter = ({ createdAtOf, size }: Times, time: number): number => {
  let low = 0
  let high = size()
  while (low < high) {
    const middle = (low + high) >>> 1
    if (createdAtOf(middle) < time) low = middle + 1
    else high = middle
  }
  return low
}

/** A page of the items that were created in a range of time. Those without an item are left out. */
export const slice = <A>(
  { endDate, startDate, ...window }: Window & {
    readonly startDate?: DateTime.Utc
    readonly endDate?: DateTime.Utc
  },
  times: Times,
  itemAt: (position: number) => A | undefined
): Slice<A> => {
  const end = endDate === undefined ? times.size() : firstAtOrAfter(times, DateTime.toEpochMillis(endDate))
  const start = startDate === undefined ? 0 : firstAtOrAfter(times, DateTime.toEpochMillis(startDate))
  return fill(window, { start, end }, itemAt)
}

/** A page of the items between two positions. Those without an item are left out. */
export const fill = <A>(
  { from, limit }: Window,
  { end, start }: { readonly start: number; readonly end: number },
  itemAt: (position: number) => A | undefined
): Slice<A> => {
  const items: Array<A> = []
  for (let position = Math.max(from, start); position < end; position++) {
    const item = itemAt(position)
    if (item === undefined) continue
    // The page is full, and this item shows that another page follows.
    if (items.length === limit) return { items, next: Option.some(position) }
    items.push(item)
  }
  return { items, next: Option.none() }
}
