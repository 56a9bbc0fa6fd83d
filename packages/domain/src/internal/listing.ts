// What the endpoints of every resource share: the parameters of its list, and the documented errors.
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as CommsError from "../CommsError.ts"
import type { Body } from "../Endpoint.ts"
import { withoutUndefined } from "../Input.ts"
import { PageSize, PageToken } from "../Pagination.ts"
import { isDateRange, Timestamp, TimestampFromInput, type TimestampInput } from "../Timestamp.ts"

/** The errors of an endpoint without a resource in its path. Where pages of the documentation differ, all of them. */
export const errors = [
  CommsError.BadRequest,
  CommsError.Conflict,
  CommsError.TooManyRequests,
  CommsError.InternalServerError,
  CommsError.ServiceUnavailable
] as const

/** The errors of an endpoint of one resource. */
export const errorsOfOne = [...errors, CommsError.NotFound] as const

/**
 * The range of creation times and the paging of a list.
 *
 * **Gotchas**
 *
 * The API does not document whether the range includes its ends.
 *
 * @category models
 * @since 0.1.0
 */
export interface Range {
  /** List resources created after this time: a `DateTime`, a `Date` or RFC 3339 text. Default no limit. */
  readonly startDate?: TimestampInput | undefined
  /** List resources created before this time: a `DateTime`, a `Date` or RFC 3339 text. Default no limit. */
  readonly endDate?: TimestampInput | undefined
  /** The token of the page to start with. Default the first page. */
  readonly pageToken?: string | undefined
  /** The number of resources in a page. Default 50. Range 1 to 1000. */
  readonly pageSize?: number | undefined
}

/** The filters that only one list has. */
type Filters = { readonly [name: string]: Body }

/** The query of a list: its own filters, the range of creation times and the paging. */
export const Query = <F extends Filters>(filters: F) =>
  Schema.Struct({
    startDate: Schema.optionalKey(Timestamp),
    endDate: Schema.optionalKey(Timestamp),
    ...Struct.map(filters, Schema.optionalKey),
    pageToken: Schema.optionalKey(PageToken),
    pageSize: Schema.optionalKey(PageSize)
  })

/** Checks the parameters of a list and turns them into its query. */
export const Params = <F extends Filters, Required extends Filters = {}>(filters: F, required: Required) =>
  withoutUndefined(
    Schema.Struct({
      ...required,
      startDate: Schema.optional(TimestampFromInput),
      endDate: Schema.optional(TimestampFromInput),
      ...Struct.map(filters, Schema.optional),
      pageToken: Schema.optional(PageToken),
      pageSize: Schema.optional(PageSize)
    }).check(isDateRange)
  )
