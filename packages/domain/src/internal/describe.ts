// How errors say what happened: `DescribedError` is their base, the rest are phrases that several of them use.
import type * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { printable } from "../Printable.ts"

/**
 * An error in sentences: what happened, why, and what to do about it.
 *
 * **Details**
 *
 * Every part is one line without control characters, whatever the server sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Description {
  readonly what: string
  readonly why: ReadonlyArray<string>
  readonly advice?: string | undefined
  readonly requestId?: string | undefined
}

/** The class of an error, as `Schema.TaggedError` makes it, with a description. */
export type DescribedErrorClass<Self, Tag extends string, Fields extends Schema.Struct.Fields> = Schema.Class<
  Self,
  Schema.TaggedStruct<Tag, Fields>,
  Cause.YieldableError & { readonly description: Description }
>

const encoder = new TextEncoder()

/** The longest beginning of a text that has at most so many bytes. */
const cut = (text: string, bytes: number): string => {
  const { read } = encoder.encodeInto(text, new Uint8Array(bytes))
  return read === text.length ? text : `${text.slice(0, read)}…`
}

/** The length of a text from outside that is shown. */
export const maxShown = 100

// Together less than 4 KiB, whatever the server sent.
const maxBytes = { what: 1000, why: 2200, advice: 400, requestId: 300 }

const limit = ({ advice, requestId, what, why }: Description): Description => {
  const kept: Array<string> = []
  let left = maxBytes.why
  for (const part of why) {
    if (left <= 0) break
    const text = cut(part, left)
    kept.push(text)
    // And the space between two parts.
    left -= encoder.encode(text).length + 1
  }
  return {
    what: cut(what, maxBytes.what),
    why: kept,
    advice: advice === undefined ? undefined : cut(advice, maxBytes.advice),
    requestId: requestId === undefined ? undefined : cut(requestId, maxBytes.requestId)
  }
}

type Annotations = { readonly description: string; readonly httpApiStatus: number }

/** A `Schema.TaggedError` whose `description` is made from its fields when it is read, and whose `message` joins it. */
export function DescribedError<Self>(): <Tag extends string, const Fields extends Schema.Struct.Fields>(
  tag: Tag,
  fields: Fields,
  describe: (error: Schema.Struct.Type<Fields>) => Description,
  annotations?: Annotations
) => DescribedErrorClass<Self, Tag, Fields>
// A class cannot extend a base whose type depends on `Self`, so only the signature above is precise.
export function DescribedError(): unknown {
  return (
    tag: string,
    fields: Schema.Struct.Fields,
    describe: (error: unknown) => Description,
    annotations?: Annotations
  ) =>
    class extends Schema.TaggedError<object>()(tag, fields, annotations) {
      get description(): Description {
        return limit(describe(this))
      }
      override get message(): string {
        const { advice, requestId, what, why } = this.description
        return [what, ...why, advice, requestId === undefined ? undefined : `Request id: ${requestId}.`]
          .filter(Predicate.isNotUndefined)
          .join(" ")
      }
    }
}

export const sentence = (text: string): string => {
  const clean = printable(text)
  return /[.!?]$/.test(clean) ? clean : `${clean}.`
}

export const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`

/** A duration in whole seconds, such as "1 hour 5 minutes"; shorter than a second, in milliseconds. */
export const inWords = (duration: Duration.Duration): string => {
  if (Duration.isLessThan(duration, Duration.seconds(1))) {
    return counted(Math.round(Duration.toMillis(duration)), "millisecond")
  }
  const { days, hours, minutes, seconds } = Duration.parts(Duration.seconds(Math.round(Duration.toSeconds(duration))))
  return ([[days, "day"], [hours, "hour"], [minutes, "minute"], [seconds, "second"]] as const)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => counted(count, unit))
    .join(" ")
}

/** How often something failed, in front of what failed last. */
export const timesOf = ({ failures, since }: { readonly failures: number; readonly since: DateTime.Utc }): string =>
  failures === 1 ? "" : ` ${failures} times in a row since ${DateTime.formatIso(since)}; last error`

interface Exchange {
  readonly method?: string
  readonly url?: string
  readonly attempts?: ReadonlyArray<unknown>
  readonly requestId?: string
  readonly mediaType?: string
  readonly excerpt?: string
}

// The token of a page can be long, and what happened comes after the URL.
const maxUrlBytes = 500

export const requestOf = ({ method, url }: Exchange): string =>
  [method, url].filter(Predicate.isNotUndefined).map((text) => cut(printable(text), maxUrlBytes)).join(" ") ||
  "The request"

export const afterAttempts = ({ attempts = [] }: Exchange): string =>
  attempts.length > 1 ? ` after ${attempts.length} attempts` : ""

export const bodyOf = ({ excerpt, mediaType }: Exchange): ReadonlyArray<string> =>
  excerpt === undefined ? [] : [
    `The body (${printable(mediaType ?? "no media type")}) ${
      excerpt === "" ? "is empty" : `begins with "${printable(excerpt)}"`
    }.`
  ]

/** The description of a response. `returned` begins with its status. */
export const describeResponse = (
  error: Exchange,
  parts: { readonly returned: string; readonly why: ReadonlyArray<string>; readonly advice: string }
): Description => ({
  what: `${requestOf(error)} returned ${parts.returned}${afterAttempts(error)}.`,
  why: parts.why,
  advice: parts.advice,
  requestId: error.requestId === undefined ? undefined : printable(error.requestId)
})
