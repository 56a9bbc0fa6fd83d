/**
 * Scans a long period by reading several parts of it at once, for every resource that has a creation time.
 *
 * The pages of a list come one after another, since each page has the token of the next. Dates have no such order:
 * `scan` cuts the period into windows by `startDate` and `endDate`, and each window is a list of its own.
 *
 * @module
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { intFrom, makeDecoder, omitUndefined, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import type * as Pagination from "@effect-comms/domain/Pagination"
import { isDateRange, TimestampFromInput } from "@effect-comms/domain/Timestamp"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Cut from "./internal/windows/cut.ts"
import type { Source, Windowed } from "./internal/windows/model.ts"
import * as Scan from "./internal/windows/scan.ts"

export { type Range, type Source, type Windowed } from "./internal/windows/model.ts"

/**
 * The largest number of windows that a scan can start with.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxWindows = 64

const maxConcurrency = 16

/**
 * How a period is scanned. Every option has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How many windows the scan starts with. Default 8. Range 1 to {@link maxWindows}, which is 64. */
  readonly windows?: number | undefined
  /** How many windows are read at once. Default: as many as `windows`, up to 16. Range 1 to 16. */
  readonly concurrency?: number | undefined
  /** `"window"` emits the windows one after another, `"none"` emits pages as they arrive. Default `"none"`. */
  readonly order?: "window" | "none" | undefined
  /** How far each request extends beyond its window at both ends. Default 1 second. Range: any duration above zero. */
  readonly overlap?: Duration.Input | undefined
}

const Input = Schema.Struct({
  windows: Schema.optional(intFrom(1, maxWindows)),
  concurrency: Schema.optional(intFrom(1, maxConcurrency)),
  order: Schema.optional(Schema.Literals(["window", "none"])),
  overlap: Schema.optional(PositiveDurationFromInput),
  startDate: TimestampFromInput,
  endDate: Schema.optional(TimestampFromInput)
}).check(isDateRange)

/**
 * Scans a period by reading several windows of it at once.
 *
 * **Details**
 *
 * - The scan sends no request before the first pull. Ending or interrupting the stream interrupts all of its requests.
 * - It emits the same items as a list of the whole period, each of them once. A window requests `overlap` more than it
 *   owns at both ends, and drops the items that it does not own. Results therefore do not depend on whether the server
 *   includes the ends of a range, compares whole seconds, or sorts its lists.
 * - A window with many more pages left than the others is split, and its parts are read from their start. Items that it
 *   has already emitted are not emitted again. The times in its pages give the estimate, so a split may cost a few
 *   extra requests.
 * - Each page is one chunk, without the items that its window does not own.
 * - The first error fails the scan and interrupts the other windows, after the pages that arrived before it. It is the
 *   error of `read` with the `window` that it happened in.
 * - Invalid input fails with `InvalidInput` before any request.
 *
 * **Gotchas**
 *
 * With `order: "window"`, pages of later windows are held in memory until the earlier windows are emitted. Each window
 * that is being read holds up to 64 pages. No further window is begun while 512 pages are held. Within a window, items
 * have the server's order. A window that was split first emits the pages that it had read before the split.
 *
 * A window tracks the ids of the items that it has emitted, up to 10,000. It is not split if it has emitted more, or if
 * it is shorter than 16 times the `overlap`. Items that were all created at the same time are read page after page.
 *
 * **Example** (Every operation of a week)
 *
 * ```ts
 * import { SenderPoolOperations, Windows } from "@effect-comms/client"
 * import { Effect, Stream } from "effect"
 *
 * export const scanWeek = Stream.unwrap(Effect.map(SenderPoolOperations.SenderPoolOperations, ({ streamPages }) =>
 *   Windows.scan({
 *     call: "scanWeek",
 *     range: { startDate: "2024-04-01", endDate: "2024-04-08" },
 *     read: (range) => streamPages({ ...range, pageSize: 1000 }, { prefetch: 0 }),
 *     items: (page) => page.operations,
 *     id: (operation) => operation.id,
 *     createdAt: (operation) => operation.createdAt
 *   }, { windows: 8 })))
 * ```
 *
 * @category streams
 * @since 0.1.0
 */
export const scan = <
  Page extends { readonly pagination: Pagination.PaginationMetadata },
  A,
  E extends CommsError.CommsError,
  R
>(
  source: Source<Page, A, E, R>,
  options?: Options
): Stream.Stream<A, Windowed<E> | CommsError.InvalidInput, R> =>
  Stream.unwrap(Effect.gen(function*() {
    const { range: { endDate, startDate } } = source
    const input = yield* makeDecoder(source.call, "options", Input)({ ...options, startDate, endDate })
    const now = yield* Clock.currentTimeMillis
    const start = DateTime.toEpochMillis(input.startDate)
    const period: Cut.Period = {
      start,
      end: input.endDate === undefined ? Math.max(start, now) : DateTime.toEpochMillis(input.endDate),
      range: omitUndefined({ startDate: input.startDate, endDate: input.endDate }),
      overlap: Math.ceil(Duration.toMillis(input.overlap ?? Duration.seconds(1)))
    }
    const windows = input.windows ?? 8
    return yield* Scan.start(source, {
      period,
      readers: input.concurrency ?? Math.min(windows, maxConcurrency),
      isOrdered: input.order === "window"
    }, windows)
  }))
