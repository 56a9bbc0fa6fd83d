// The time windows in which a feed reads a list.
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Order from "effect/Order"
import type { Range } from "../windows/model.ts"

/** The creation times from `start` to before `end`, in epoch milliseconds. The last window has no end. */
export interface Window {
  readonly start: number
  readonly end: number | undefined
}

/** A window with more pages is read in parts, unless its operations were created together. */
export const maxPages = 10

// The parts of operations that were created within a minute would only add requests.
const minSpread = 60_000

// After a window of at most this many pages, the next one is twice as long.
const quickPages = 3

export const firstWidth = 3_600_000

const minWidth = 1_000

const parts = 4

export const windowAt = (start: number, width: number, now: number): Window => ({
  start,
  end: start + width < now ? start + width : undefined
})

/** The width of a part of a window; undefined if the window cannot be divided. */
export const widthOfPart = ({ end, start }: Window, now: number): number | undefined => {
  const width = Math.ceil(((end ?? now) - start) / parts)
  return width >= minWidth ? width : undefined
}

/** Whether operations were created apart, as far as the middle half of their creation times tells. */
export const isSpread = (times: ReadonlyArray<number>): boolean => {
  const sorted = Arr.sort(times, Order.Number)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  return at(0.75) - at(0.25) >= minSpread
}

/** The width of the window after one that was read to its end. */
export const nextWidth = (width: number, pages: number): number => pages <= quickPages ? width * 2 : width

// The first second of the year 1. RFC 3339 has four digits for a year.
const earliest = -62_135_596_800_000

// The API does not document whether a range includes its ends.
const margin = 1_000

export const toRange = ({ end, start }: Window): Range => ({
  startDate: DateTime.makeUnsafe(Math.max(earliest, start - margin)),
  ...(end === undefined ? {} : { endDate: DateTime.makeUnsafe(end + margin) })
})
