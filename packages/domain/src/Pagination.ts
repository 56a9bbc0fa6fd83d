/**
 * The paging of every list: page tokens, page sizes and the metadata of a page.
 *
 * @module
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The opaque token of one page of a list.
 *
 * **Gotchas**
 *
 * Tokens contain `=`, `+` and `/`, and some look like URLs. Do not parse or fetch a token: send it back as `pageToken`.
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

export type PageToken = typeof PageToken.Type

/**
 * The maximum page size of the API.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxPageSize = 1000

/**
 * The page size of the API for requests without `pageSize`.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultPageSize = 50

/**
 * The number of resources in a page. Default 50. Range 1 to 1000.
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

export type PageSize = typeof PageSize.Type

/**
 * The position of a page in its list.
 *
 * **Details**
 *
 * - `next`: the token of the next page, or `null` at the end of the list.
 * - `self`: the token of this page.
 *
 * @category models
 * @since 0.1.0
 */
export class PaginationMetadata extends Schema.Class<PaginationMetadata>("PaginationMetadata")({
  next: Schema.NullOr(PageToken),
  self: PageToken
}, { description: "The position of a page in its list." }) {}

/**
 * The filters of a list on the wire, such as `status` or `startDate`, and `pageSize`. Dates are RFC 3339 text.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Filters = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite]))

export type Filters = typeof Filters.Type

/**
 * The position at which a stream of a list failed. A stream that resumes there loses and repeats nothing.
 *
 * **Details**
 *
 * - `pageToken`: the token of the page that failed, absent for the first page. Every page before it was delivered.
 * - `filters`: the filters of the list.
 * - `pages`, `items`: the number of pages and items that were delivered.
 * - `lastPage`: a fingerprint of the last page that was not empty, which detects a repeated page.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Position = Schema.Struct({
  filters: Filters,
  pages: Schema.Natural,
  items: Schema.Natural,
  lastPage: Schema.optionalKey(Schema.String),
  pageToken: Schema.optionalKey(PageToken)
})

/**
 * The type of the schema `Position`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Position extends Schema.Schema.Type<typeof Position> {}
