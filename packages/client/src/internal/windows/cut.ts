// How a period is cut into windows, which range each window requests, which items it owns, and when it is split.
import { omitUndefined } from "@effect-comms/domain/Input"
import * as DateTime from "effect/DateTime"
import type { Range } from "./model.ts"

/** A window owns the items created at or after its start and before its end, in epoch milliseconds. */
export interface Window {
  readonly start: number
  readonly end: number
}

/** The whole period of a scan. */
export interface Period extends Window {
  /** The caller's own range, which the outermost windows request at their outer edges. */
  readonly range: Range
  /** How far requests extend beyond their window at both ends, in milliseconds. */
  readonly overlap: number
}

/** Cuts a window into `count` windows of equal length, or into fewer if they would be shorter than `shortest`. */
export const cut = ({ end, start }: Window, count: number, shortest: number): ReadonlyArray<Window> => {
  const length = end - start
  const parts = Math.max(1, Math.min(count, Math.floor(length / shortest)))
  const edge = (n: number) => n === parts ? end : start + Math.floor(length * n / parts)
  return Array.from({ length: parts }, (_, n) => ({ start: edge(n), end: edge(n + 1) }))
}

/** The windows that a scan starts with. */
export const begin = (period: Period, count: number): ReadonlyArray<Window> => cut(period, count, period.overlap)

/** The range of a window that extends by `overlap` at both ends, within the caller's range. */
export const rangeOf = (period: Period, window: Window, overlap = period.overlap): Range =>
  omitUndefined({
    startDate: window.start - overlap <= period.start
      ? period.range.startDate
      : DateTime.makeUnsafe(window.start - overlap),
    endDate: window.end + overlap >= period.end ? period.range.endDate : DateTime.makeUnsafe(window.end + overlap)
  })

/** The outermost windows also own items outside of the period: the server decides what is in the caller's range. */
export const owns = (period: Period, { end, start }: Window) => (time: number): boolean =>
  (start === period.start || time >= start) && (end === period.end || time < end)

/** What the pages of a window have shown so far. */
export interface Progress {
  readonly pages: number
  /** The sum of the times that the pages spanned. */
  readonly spanned: number
  /** An estimate of how many pages are left. It affects only how many requests a scan costs. */
  readonly left: number | undefined
}

export const nothingRead: Progress = { pages: 0, spanned: 0, left: undefined }

// An unsorted list gives no estimate, so it may be split within its first pages.
const triesWhenUnsorted = 4

/**
 * Adds a page whose items were created at `times`. While pages do not overlap, the list looks sorted, and the estimate
 * assumes that the rest of the window is as dense as its last page.
 */
export const read = ({ end, start }: Window, before: Progress, times: ReadonlyArray<number>): Progress => {
  const pages = before.pages + 1
  // A single time has no span.
  if (times.length < 2) return { ...before, pages }
  const { max, min } = times.reduce(
    ({ max, min }, time) => ({ max: Math.max(max, time), min: Math.min(min, time) }),
    { max: -Infinity, min: Infinity }
  )
  // From the first time of this page to the first time of the next page.
  const span = Math.max(1, max - min) * times.length / (times.length - 1)
  const spanned = before.spanned + span
  const length = end - start
  if (spanned > length) return { pages, spanned, left: pages <= triesWhenUnsorted ? worth * pages : 0 }
  return { pages, spanned, left: (length - spanned) / span }
}

// A split reads the pages of a window again, so it needs this many times more pages left: at most a fifth of the
// requests is lost.
const worth = 4

// A window is long if it has this many times a reader's share left.
const long = 1.5

// A part of a window also requests its overlap, which should be a small part of its length.
const overlapsOfPart = 8

/** The windows that replace a window: itself, or several parts if it is long. */
export const split = (
  period: Period,
  window: Window,
  { left = 0, pages }: Progress,
  options: { readonly share: number; readonly readers: number }
): ReadonlyArray<Window> =>
  left < worth * pages || left < long * options.share
    ? [window]
    : cut(window, Math.min(options.readers, Math.ceil((left + pages) / options.share)), overlapsOfPart * period.overlap)
