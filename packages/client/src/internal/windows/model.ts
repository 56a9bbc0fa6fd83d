// The types that scans share with `Windows`.
import type * as CommsError from "@effect-comms/domain/CommsError"
import type * as Pagination from "@effect-comms/domain/Pagination"
import type { TimestampInput } from "@effect-comms/domain/Timestamp"
import type * as DateTime from "effect/DateTime"
import type * as Stream from "effect/Stream"

/**
 * A range of creation times. Without an `endDate` it is open, and includes resources that are created during the scan.
 *
 * @category models
 * @since 0.1.0
 */
export interface Range {
  readonly startDate: DateTime.Utc
  readonly endDate?: DateTime.Utc
}

/**
 * The resource to scan.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source<
  Page extends { readonly pagination: Pagination.PaginationMetadata },
  A,
  E extends CommsError.CommsError,
  R
> {
  /** The name of the method, for errors. */
  readonly call: string
  /** The period to scan. Without an `endDate` it is open. */
  readonly range: { readonly startDate: TimestampInput; readonly endDate?: TimestampInput | undefined }
  /** Streams the pages of a range. Disable prefetching: a window that is split discards its prefetched pages. */
  readonly read: (range: Range) => Stream.Stream<Page, E, R>
  /** The items of a page. */
  readonly items: (page: Page) => ReadonlyArray<A>
  /** The unique id of an item. */
  readonly id: (a: A) => string
  /** The creation time of an item, to the millisecond. */
  readonly createdAt: (a: A) => DateTime.Utc
}

/**
 * An error of `read`, with the window that it happened in: created at or after `startDate`, and before `endDate`.
 *
 * @category errors
 * @since 0.1.0
 */
export type Windowed<E> = E & { readonly window: Range }
