/**
 * The definition of a family of operations. The contract, the client, the emulator, the mock and the command are made
 * from it, so a new family is one file like `SenderPoolOperation`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as CommsError from "./CommsError.ts"
import * as Endpoint from "./Endpoint.ts"
import { omitUndefined } from "./Input.ts"
import * as Fast from "./internal/fast.ts"
import { type KnownCommunicationOperationStatus, type Operation, OperationId } from "./Operation.ts"
import * as Paged from "./Page.ts"
import { PageSize, PageToken } from "./Pagination.ts"
import { isDateRange, Timestamp, TimestampFromInput, type TimestampInput } from "./Timestamp.ts"

/**
 * The filters and paging of a list of operations.
 *
 * **Gotchas**
 *
 * The API does not document whether the range of the dates includes its ends.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListParams<Status extends string = KnownCommunicationOperationStatus> {
  /** List operations created after this time: a `DateTime`, a `Date` or RFC 3339 text. Default no limit. */
  readonly startDate?: TimestampInput | undefined
  /** List operations created before this time: a `DateTime`, a `Date` or RFC 3339 text. Default no limit. */
  readonly endDate?: TimestampInput | undefined
  /** List operations with this status. Default every status. */
  readonly status?: Status | undefined
  /** The token of the page to start with. Default the first page. */
  readonly pageToken?: string | undefined
  /** The number of operations in a page. Default 50. Range 1 to 1000. */
  readonly pageSize?: number | undefined
}

/**
 * One page of operations.
 *
 * @category models
 * @since 0.1.0
 */
export type Page<A> = Paged.Page<"operations", A>

/**
 * The schema of a family's model.
 *
 * @category models
 * @since 0.1.0
 */
export type Model = Schema.Codec<Operation, unknown> & Endpoint.Body & { readonly prototype: object }

const listErrors = [
  CommsError.BadRequest,
  CommsError.Conflict,
  CommsError.TooManyRequests,
  CommsError.InternalServerError,
  CommsError.ServiceUnavailable
] as const

/**
 * Makes the definition of a family of operations.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <M extends Model, const Status extends ReadonlyArray<KnownCommunicationOperationStatus>>(
  options: {
    /** The name of the service, such as `SenderPoolOperations`. Errors, spans, metrics and checkpoints show it. */
    readonly resource: `${string}Operations`
    /** The name in documentation and help, in the plural, such as `SenderPool operations`. */
    readonly title: string
    /** The path of the list. The path of one operation appends its id. */
    readonly path: `/v1/${string}`
    /** The schema of an operation. */
    readonly model: M
    /** The documented statuses, by which a list can be filtered. */
    readonly status: Schema.Literals<Status>
    /** The counter of succeeded items, for the operations that the emulator and the mock generate. */
    readonly succeeded: string
  }
) => {
  const { model, path, resource, status, title } = options
  const name = resource.slice(0, -1)
  Fast.install(model)
  const Query = Schema.Struct({
    startDate: Schema.optionalKey(Timestamp),
    endDate: Schema.optionalKey(Timestamp),
    status: Schema.optionalKey(status),
    pageToken: Schema.optionalKey(PageToken),
    pageSize: Schema.optionalKey(PageSize)
  })
  const page = Paged.make({
    key: "operations",
    item: model,
    identifier: `${name}Page`,
    description: `One page of ${title}.`
  })
  return {
    ...options,
    /** The schema of a page. */
    Page: page,
    /** Checks the parameters of a list and turns them into its query. */
    ListParams: Schema.Struct({
      startDate: Schema.optional(TimestampFromInput),
      endDate: Schema.optional(TimestampFromInput),
      status: Schema.optional(status),
      pageToken: Schema.optional(PageToken),
      pageSize: Schema.optional(PageSize)
    }).check(isDateRange).pipe(Schema.decodeTo(
      Schema.toType(Query),
      SchemaTransformation.transform({ decode: omitUndefined, encode: (query) => query })
    )),
    /** The endpoint that fetches one operation. */
    fetch: Endpoint.make({
      call: `${resource}.fetch`,
      operationId: `fetch${name}`,
      description: `Fetch one of the ${title} by its id.`,
      method: "GET",
      path: `${path}/:operationId`,
      params: Schema.Struct({ operationId: OperationId }),
      query: Schema.Struct({}),
      payload: Schema.Void,
      success: model,
      errors: [...listErrors, CommsError.NotFound],
      answers: ({ operationId }, { id }) => id === operationId
    }),
    /** The endpoint that lists one page. */
    list: Endpoint.make({
      call: `${resource}.list`,
      operationId: `list${resource}`,
      description: `List ${title}, page by page.`,
      method: "GET",
      path,
      params: Schema.Struct({}),
      query: Query,
      payload: Schema.Void,
      success: page,
      errors: listErrors
    })
  }
}

/**
 * A family of operations, as {@link make} defines it.
 *
 * @category models
 * @since 0.1.0
 */
export type OperationFamily<
  M extends Model,
  Status extends ReadonlyArray<KnownCommunicationOperationStatus>
> = ReturnType<typeof make<M, Status>>
