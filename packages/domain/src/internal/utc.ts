// Reads and makes the times of a page, which are half the work of decoding it.
import * as DateTime from "effect/DateTime"
import { withPrototype } from "./instances.ts"

const digit = (text: string, index: number): number => text.charCodeAt(index) - 48

const isDigit = (n: number): boolean => n >= 0 && n <= 9

// NaN unless both characters are digits.
const two = (text: string, index: number): number => {
  const tens = digit(text, index)
  const ones = digit(text, index + 1)
  return isDigit(tens) && isDigit(ones) ? tens * 10 + ones : Number.NaN
}

// The days before each month, in a year that begins in March and so ends with its leap day.
const daysBefore = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275]

const daysIn = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const dash = 45
const colon = 58

/**
 * The time of a text in the form that the API sends, `2024-04-05T06:20:00Z` with or without milliseconds. NaN for any
 * other text, which may still be a timestamp.
 */
export const utcMillis = (text: string): number => {
  const { length } = text
  if (
    (length !== 20 && length !== 24) || text.charCodeAt(length - 1) !== 90 || text.charCodeAt(10) !== 84 ||
    text.charCodeAt(4) !== dash || text.charCodeAt(7) !== dash ||
    text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon
  ) return Number.NaN
  const month = two(text, 5) - 1
  const day = two(text, 8)
  const hour = two(text, 11)
  const minute = two(text, 14)
  const second = two(text, 17)
  // The general parser reads February 29, hour 24 and leap seconds.
  if (!(day >= 1 && day <= (daysIn[month] ?? 0) && hour < 24 && minute < 60 && second < 60)) return Number.NaN
  let millis = 0
  if (length === 24) {
    const last = digit(text, 22)
    if (text.charCodeAt(19) !== 46 || !isDigit(last)) return Number.NaN
    millis = two(text, 20) * 10 + last
  }
  const year = two(text, 0) * 100 + two(text, 2) - (month < 2 ? 1 : 0)
  const days = year * 365 + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400) +
    (daysBefore[month] ?? 0) + day - 719_469
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis
}

const prototype: DateTime.Utc = Object.getPrototypeOf(DateTime.makeUnsafe(0))

// `DateTime.makeUnsafe` defines the hidden property `partsUtc` on each instance, which takes ten times as long as the
// rest. Here the prototype defines it when a `DateTime` function first writes it. Instances of Effect's own hide this.
Object.defineProperty(prototype, "partsUtc", {
  configurable: true,
  get: () => undefined,
  set(this: object, value: unknown) {
    Object.defineProperty(this, "partsUtc", { configurable: false, enumerable: false, writable: true, value })
  }
})

const Utc = withPrototype(prototype, function(epochMilliseconds: number) {
  this["epochMilliseconds"] = epochMilliseconds
})

/** A `DateTime.Utc` of a time within its range, equal in every way to one of `DateTime.makeUnsafe`. */
export const makeUtc = (epochMilliseconds: number): DateTime.Utc => new Utc(epochMilliseconds)
