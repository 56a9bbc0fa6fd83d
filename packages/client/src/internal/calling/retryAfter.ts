// Reads the header `Retry-After` in the forms that servers and proxies send, besides the two of RFC 9110.
import { Timestamp } from "@effect-comms/domain/Timestamp"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Headers from "effect/http/Headers"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

// `2.5`, `+3`, `3s`
const secondsForm = /^\+?(\d+)(?:\.(\d*))?\s?s?$/i

// A repeated header arrives as one text with commas, and a date has a comma after its day.
const separator = /(?<!day|mon|tue|wed|thu|fri|sat|sun),/i

const utcZone = / ?(?:utc|[+-]00:?00)$/i

const decodeTimestamp = Schema.decodeUnknownOption(Timestamp)

const dateOf = (text: string): DateTime.Utc | undefined =>
  Result.getOrUndefined(Headers.parseHttpDate(text.replace(utcZone, " GMT"))) ??
    Option.getOrUndefined(decodeTimestamp(text.replace(utcZone, "Z")))

const waitOf = (text: string, sent: number): Duration.Duration => {
  const [, whole, fraction = ""] = secondsForm.exec(text) ?? []
  if (whole !== undefined) {
    const seconds = BigInt(whole) + (/[1-9]/.test(fraction) ? 1n : 0n)
    return Result.match(Headers.parseRetryAfter(String(seconds)), {
      onFailure: () => Duration.zero,
      onSuccess: (parsed) => Headers.retryAfterDelay(parsed, sent)
    })
  }
  const date = dateOf(text)
  return date === undefined ? Duration.zero : Duration.millis(Math.max(0, DateTime.toEpochMillis(date) - sent))
}

/**
 * The wait that the server asks for, from now on.
 *
 * Of several values, the longest wait counts. A date is compared with the `Date` header of the answer, so that a wrong
 * clock on either side has no effect. A value that is no wait (zero, negative, in the past, or not a time) is ignored.
 */
export const retryAfterOf = (headers: Headers.Headers, now: number): Duration.Duration | undefined => {
  const header = headers["retry-after"]
  if (header === undefined) return undefined
  const date = dateOf(headers["date"] ?? "")
  const sent = date === undefined ? now : DateTime.toEpochMillis(date)
  const wait = header.replaceAll("\"", "").split(separator)
    .map((text) => waitOf(text.trim(), sent))
    .reduce(Duration.max)
  return Duration.isZero(wait) ? undefined : wait
}
