/**
 * What every list of the Comms API has in common: tokens, sizes and the metadata of a page.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The opaque name of one page of a list.
 *
 * **Gotchas**
 *
 * Tokens hold `=`, `+` and `/`, and some look like URLs. Nothing may be read from one, and nothing may be fetched from
 * one: it goes back in `pageToken`, and nowhere else.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PageToken = Schema.String.annotate({
  title: "PageToken",
  description: "The token that identifies the page of resources to fetch."
}).check(Schema.isNonEmpty({ expected: "a page token that is not empty", toJsonSchema: () => [{}, true] })).pipe(
  Schema.brand("PageToken")
)

/**
 * @category models
 * @since 0.1.0
 */
export type PageToken = typeof PageToken.Type

/**
 * The largest page that the API gives.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxPageSize = 1000

/**
 * The number of resources in a page when none is asked for.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultPageSize = 50

/**
 * How many resources one page may hold: an integer from 1 to 1000. The API's default is 50.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PageSize = Schema.Int.annotate({
  title: "PageSize",
  description: "The number of resources in a page, from 1 to 1000. The default is 50.",
  default: defaultPageSize,
  expected: "an integer from 1 to 1000"
}).check(
  Schema.isBetween({ minimum: 1, maximum: maxPageSize }, { expected: "an integer from 1 to 1000" })
).pipe(Schema.brand("PageSize"))

/**
 * @category models
 * @since 0.1.0
 */
export type PageSize = typeof PageSize.Type

/**
 * Where a page stands in its list: the token of the next page, `null` at the end, and the page's own.
 *
 * @category models
 * @since 0.1.0
 */
export class PaginationMetadata extends Schema.Class<PaginationMetadata>("PaginationMetadata")({
  next: Schema.NullOr(PageToken),
  self: PageToken
}, { description: "Where a page stands in its list." }) {}

/**
 * The paging parameters of every list, as they travel.
 *
 * @category schemas
 * @since 0.1.0
 */
export const pageQuery = {
  pageToken: Schema.optionalKey(PageToken),
  pageSize: Schema.optionalKey(PageSize)
}

/**
 * The same parameters as a caller may give them.
 *
 * @category schemas
 * @since 0.1.0
 */
export const pageInput = {
  pageToken: Schema.optional(PageToken),
  pageSize: Schema.optional(PageSize)
}

/**
 * The filters of a list as they travel, such as `status` or `startDate`, and `pageSize`. Dates are RFC 3339 text.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Filters = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite]))

/**
 * @category models
 * @since 0.1.0
 */
export type Filters = typeof Filters.Type

/**
 * How far a walk through the pages of a list has come.
 *
 * **Details**
 *
 * `filters` are those in force; `pages` and `items` were delivered so far, and `lastPage` is a fingerprint of the last
 * one that was not empty, by which it is known when it comes once more.
 *
 * @category schemas
 * @since 0.1.0
 */
export const progress = {
  filters: Filters,
  pages: Schema.Natural,
  items: Schema.Natural,
  lastPage: Schema.optionalKey(Schema.String)
}

/**
 * Where a walk through the pages of a list failed.
 *
 * **Details**
 *
 * `pageToken` is that of the page that failed, and absent when it was the list's first one. Everything before it was
 * delivered, and nothing of it: whoever goes on there, with the same filters, loses nothing and gets nothing twice.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Position = Schema.Struct({ ...progress, pageToken: Schema.optionalKey(PageToken) })

/**
 * @category models
 * @since 0.1.0
 */
export interface Position extends Schema.Schema.Type<typeof Position> {}
