// The part of a list that a feed reads at once: small enough to be read again, large enough to be worth a request.
import * as DateTime from "effect/DateTime"

/** Creations from `start` until before `end`; the last window has no end. In epoch milliseconds. */
export interface Window {
  readonly start: number
  readonly end: number | undefined
}

/** What a list is asked for. */
export interface Range {
  readonly startDate: DateTime.Utc
  readonly endDate?: DateTime.Utc
}

/** A window that goes on beyond so many pages is given up, and read in parts. */
export const maxPages = 10

// One of no more pages than that was quick, and the next one is twice as long.
const quickPages = 3

export const firstWidth = 3_600_000

const minWidth = 1_000

const parts = 4

export const windowAt = (start: number, width: number, now: number): Window => ({
  start,
  end: start + width < now ? start + width : undefined
})

/** How long a part of a window is; undefined when it cannot be parted. */
export const widthOfPart = ({ end, start }: Window, now: number): number | undefined => {
  const width = Math.ceil(((end ?? now) - start) / parts)
  return width >= minWidth ? width : undefined
}

/** How long the next window is after one that was read to its end. */
export const nextWidth = (width: number, pages: number): number => pages <= quickPages ? width * 2 : width

// The first second of the year 1: earlier years are not written with four digits.
const earliest = -62_135_596_800_000

// Whether the ends belong to a range is not documented.
const margin = 1_000

export const toRange = ({ end, start }: Window): Range => ({
  startDate: DateTime.makeUnsafe(Math.max(earliest, start - margin)),
  ...(end === undefined ? {} : { endDate: DateTime.makeUnsafe(end + margin) })
})
