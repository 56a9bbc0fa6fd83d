/**
 * Scans of a long period that read several parts of it at once, for every resource that has a time of creation.
 *
 * The pages of a list come one after another, since each names the next one. Dates do not: a period can be cut into
 * windows by `startDate` and `endDate`, and each of them is a list of its own.
 *
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { intFrom, makeDecoder, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import type * as Pagination from "@effect-comms/domain/Pagination"
import { isDateRange, TimestampFromInput, type TimestampInput } from "@effect-comms/domain/Timestamp"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Window from "./internal/windows/cut.ts"
import * as Scan from "./internal/windows/scan.ts"

/**
 * A range of times of creation. Without an end it is open: whatever is created meanwhile is in it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Range {
  readonly startDate: DateTime.Utc
  readonly endDate: DateTime.Utc | undefined
}

/**
 * What is scanned.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source<Page extends { readonly pagination: Pagination.PaginationMetadata }, A, E extends object, R> {
  /** The name of the operation, for errors. */
  readonly call: string
  /** The period. Its end is open when it is absent. */
  readonly range: { readonly startDate: TimestampInput; readonly endDate?: TimestampInput | undefined }
  /** The pages of a range, one by one. Best without pages ahead: those of a window that is split are lost. */
  readonly read: (range: Range) => Stream.Stream<Page, E, R>
  /** What to emit of a page. */
  readonly select: (page: Page) => ReadonlyArray<A>
  /** What tells one resource from all others. */
  readonly id: (a: A) => string
  /** When it was created, to the millisecond. */
  readonly createdAt: (a: A) => DateTime.Utc
}

/**
 * How a period is scanned; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How many windows to begin with: 1 to 64. Default 8. */
  readonly windows?: number | undefined
  /** How many windows are read at once at most: 1 to 16. Default as many as there are windows, at most 16. */
  readonly concurrency?: number | undefined
  /** Whether windows are given one after another, or pages as they come. Default `"none"`. */
  readonly order?: "window" | "none" | undefined
  /** By how much more than its own a window asks for, at each end. Default 1 second. */
  readonly overlap?: Duration.Input | undefined
}

const maxWindows = 64

const maxConcurrency = 16

/**
 * Checks {@link Options} and brings them to one form.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Options = Schema.Struct({
  windows: Schema.optional(intFrom(1, maxWindows)),
  concurrency: Schema.optional(intFrom(1, maxConcurrency)),
  order: Schema.optional(Schema.Literals(["window", "none"])),
  overlap: Schema.optional(PositiveDurationFromInput)
})

const Input = Schema.Struct({
  ...Options.fields,
  startDate: TimestampFromInput,
  endDate: Schema.optional(TimestampFromInput)
}).check(isDateRange)

/**
 * A failure as the read of a window gave it, with the window: what was created from `startDate` on and before `endDate`.
 *
 * @category errors
 * @since 0.1.0
 */
export type Windowed<E> = E & { readonly window: Range }

/**
 * Scans a period, several windows of it at once.
 *
 * **Details**
 *
 * - Nothing is asked for before the first pull. Ending or interrupting the stream ends every request.
 * - What a list of the whole period would give is given, each resource once. A window asks for `overlap` more than it owns
 *   at each end and leaves out what it does not own, so it does not matter whether the server includes the ends, nor
 *   whether it compares whole seconds. The order within a list does not matter either.
 * - A window that has much more left than the others is split, and its parts are read anew: what it gave is not given
 *   again. That is a guess from the times in its pages, and costs some requests more.
 * - Each page is one chunk, less what was not the window's own.
 * - The first failure ends the scan and interrupts the other windows, after what had come until then. It is what
 *   `read` failed with, and has the `window` that it happened in.
 * - Input that makes no sense fails with `InvalidInput`, and nothing is sent.
 *
 * **Gotchas**
 *
 * With `order: "window"`, pages of later windows are held in memory until the earlier ones are given: at most 64 of each
 * window that is being read, and while 512 are held no other window is begun. Within a window the order is the server's,
 * and one that was split gives first what it had read before.
 *
 * The ids of what a window gave are kept while it may be split, some 10,000 at most; a window that gave more is not split.
 * Nor is one that is shorter than 16 times the `overlap`: what was created all at once is read page after page.
 *
 * **Example** (Every operation of a week)
 *
 * ```ts
 * import { SenderPoolOperations, Windows } from "@effect-comms/client"
 * import { Effect, Stream } from "effect"
 *
 * export const scanWeek = Stream.unwrap(Effect.map(SenderPoolOperations.SenderPoolOperations, ({ streamPages }) =>
 *   Windows.scan({
 *     operation: "scanWeek",
 *     range: { startDate: "2024-04-01", endDate: "2024-04-08" },
 *     read: (range) => streamPages({ ...range, pageSize: 1000 }, { prefetch: 0 }),
 *     select: (page) => page.operations,
 *     id: (operation) => operation.id,
 *     createdAt: (operation) => operation.createdAt
 *   }, { windows: 8 })))
 * ```
 *
 * @category streams
 * @since 0.1.0
 */
export const scan = <Page extends { readonly pagination: Pagination.PaginationMetadata }, A, E extends object, R>(
  source: Source<Page, A, E, R>,
  options?: Options
): Stream.Stream<A, Windowed<E> | CommsError.InvalidInput, R> =>
  Stream.unwrap(Effect.gen(function*() {
    const { range: { endDate, startDate } } = source
    const input = yield* makeDecoder(source.call, "options", Input)({ ...options, startDate, endDate })
    const now = yield* Clock.currentTimeMillis
    const start = DateTime.toEpochMillis(input.startDate)
    const period: Window.Period = {
      start,
      end: input.endDate === undefined ? Math.max(start, now) : DateTime.toEpochMillis(input.endDate),
      range: { startDate: input.startDate, endDate: input.endDate },
      overlap: Math.ceil(Duration.toMillis(input.overlap ?? Duration.seconds(1)))
    }
    const windows = input.windows ?? 8
    return yield* Scan.start(source, period, {
      windows,
      readers: input.concurrency ?? Math.min(windows, maxConcurrency),
      isOrdered: input.order === "window"
    })
  }))
