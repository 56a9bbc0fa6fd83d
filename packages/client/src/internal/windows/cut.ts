// How a period is cut into windows, what is asked for each, which of it is its own, and when one is cut again.
import * as DateTime from "effect/DateTime"
import type * as Windows from "../../Windows.ts"

/** A window owns what was created from its start on and before its end, in epoch milliseconds. */
export interface Window {
  readonly start: number
  readonly end: number
}

/** The whole of what is scanned. */
export interface Period extends Window {
  /** The caller's own range: what is asked for at the outer edges. */
  readonly range: Windows.Range
  /** By how many milliseconds windows ask for more than they own. */
  readonly overlap: number
}

/** Cuts a window into so many of the same length, or fewer when they would be shorter than `shortest`. */
export const cut = ({ end, start }: Window, count: number, shortest: number): ReadonlyArray<Window> => {
  const length = end - start
  const parts = Math.max(1, Math.min(count, Math.floor(length / shortest)))
  const edge = (n: number) => n === parts ? end : start + Math.floor(length * n / parts)
  return Array.from({ length: parts }, (_, n) => ({ start: edge(n), end: edge(n + 1) }))
}

/** The windows to begin with. */
export const begin = (period: Period, count: number): ReadonlyArray<Window> => cut(period, count, period.overlap)

/** What to ask for: more than the window owns, but no more than the caller asked for. */
export const rangeOf = ({ end, overlap, range, start }: Period, window: Window): Windows.Range => ({
  startDate: window.start - overlap <= start ? range.startDate : DateTime.makeUnsafe(window.start - overlap),
  endDate: window.end + overlap >= end ? range.endDate : DateTime.makeUnsafe(window.end + overlap)
})

/** What a window owns, from its start on and before its end, as its errors tell it. */
export const ownRangeOf = ({ end, range, start }: Period, window: Window): Windows.Range => ({
  startDate: window.start === start ? range.startDate : DateTime.makeUnsafe(window.start),
  endDate: window.end === end ? range.endDate : DateTime.makeUnsafe(window.end)
})

/** The outer windows own what the server gives beyond the outer edges as well: it is the caller's range that counts. */
export const owns = (period: Period, { end, start }: Window) => (time: number): boolean =>
  (start === period.start || time >= start) && (end === period.end || time < end)

/** What the pages of a window have shown so far. */
export interface Progress {
  readonly pages: number
  /** The times that its pages spanned, added up. */
  readonly spanned: number
  /** How many pages are left, as far as can be guessed. It decides about cost only. */
  readonly left: number | undefined
}

export const nothingRead: Progress = { pages: 0, spanned: 0, left: undefined }

// When nothing tells how much is left, the first pages are worth a try.
const triesWhenUnsorted = 4

/**
 * Adds a page whose resources were created at these times. As long as pages do not overlap, the list looks sorted, and
 * what is left of the window is guessed to be as dense as the last page.
 */
export const read = ({ end, start }: Window, before: Progress, times: ReadonlyArray<number>): Progress => {
  const pages = before.pages + 1
  // One time has no span.
  if (times.length < 2) return { ...before, pages }
  const { max, min } = times.reduce(
    ({ max, min }, time) => ({ max: Math.max(max, time), min: Math.min(min, time) }),
    { max: -Infinity, min: Infinity }
  )
  // From one page's first time to the next page's.
  const span = Math.max(1, max - min) * times.length / (times.length - 1)
  const spanned = before.spanned + span
  const length = end - start
  if (spanned > length) return { pages, spanned, left: pages <= triesWhenUnsorted ? worth * pages : 0 }
  return { pages, spanned, left: (length - spanned) / span }
}

// Pages are read again when that many times more are left: it costs a fifth of the requests at most.
const worth = 4

// A window is long when it has half as much again left as a reader's share.
const long = 1.5

// A part asks for its overlap as well, which should be little of it.
const overlapsOfPart = 8

/** The windows to go on with in place of one: itself, or parts of it when it is long. */
export const split = (
  period: Period,
  window: Window,
  { left = 0, pages }: Progress,
  options: { readonly share: number; readonly readers: number }
): ReadonlyArray<Window> =>
  left < worth * pages || left < long * options.share
    ? [window]
    : cut(window, Math.min(options.readers, Math.ceil((left + pages) / options.share)), overlapsOfPart * period.overlap)
