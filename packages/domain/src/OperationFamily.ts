/**
 * What a family of operations is made from. The contract, the client, the emulator, the mock and the command all work
 * from this definition, so a new family is one file like `SenderPoolOperation`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as CommsError from "./CommsError.ts"
import * as Endpoint from "./Endpoint.ts"
import { omitUndefined } from "./Input.ts"
import { type KnownCommunicationOperationStatus, type Operation, OperationId } from "./Operation.ts"
import { pageInput, pageQuery, PaginationMetadata } from "./Pagination.ts"
import { dateRangeInput, dateRangeQuery, isDateRange, type TimestampInput } from "./Timestamp.ts"

/**
 * The filters and paging of a list of operations, as a caller gives them.
 *
 * **Details**
 *
 * - `startDate`, `endDate`: created after, and before; a `DateTime`, a `Date`, or RFC 3339 text. No default.
 * - `status`: one of the family's documented statuses. No default.
 * - `pageToken`: the page to start with. Default the first page.
 * - `pageSize`: how many operations a page has. Default 50. Range 1 to 1000.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListParams<Status extends string = KnownCommunicationOperationStatus> {
  readonly startDate?: TimestampInput | undefined
  readonly endDate?: TimestampInput | undefined
  readonly status?: Status | undefined
  readonly pageToken?: string | undefined
  readonly pageSize?: number | undefined
}

/**
 * One page of operations.
 *
 * @category models
 * @since 0.1.0
 */
export interface Page<A> {
  readonly operations: ReadonlyArray<A>
  readonly pagination: PaginationMetadata
}

/**
 * The schema of a family's model.
 *
 * @category models
 * @since 0.1.0
 */
export type Model = Schema.Codec<Operation, unknown> & Endpoint.Body

const fetchErrors = [
  CommsError.BadRequest,
  CommsError.NotFound,
  CommsError.Conflict,
  CommsError.TooManyRequests,
  CommsError.InternalServerError,
  CommsError.ServiceUnavailable
] as const

const listErrors = [
  CommsError.BadRequest,
  CommsError.Conflict,
  CommsError.TooManyRequests,
  CommsError.InternalServerError,
  CommsError.ServiceUnavailable
] as const

/**
 * Defines a family of operations.
 *
 * **Details**
 *
 * - `resource`: the name of its service, such as `SenderPoolOperations`. Errors, spans, metrics and checkpoints hold it.
 * - `title`: its name in documentation and help, in the plural, such as `SenderPool operations`.
 * - `path`: where the operations are listed. One operation is fetched from the same path and its id.
 * - `model`: the schema of an operation.
 * - `status`: the documented statuses, which a list can be filtered by.
 * - `succeeded`: the counter of the items that succeeded, for operations that the emulator and the mock make up.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <M extends Model, const Status extends ReadonlyArray<KnownCommunicationOperationStatus>>(
  options: {
    readonly resource: `${string}Operations`
    readonly title: string
    readonly path: `/v1/${string}`
    readonly model: M
    readonly status: Schema.Literals<Status>
    readonly succeeded: string
  }
) => {
  const { model, path, resource, status, title } = options
  const name = resource.slice(0, -1)
  const query = { ...dateRangeQuery, status: Schema.optionalKey(status), ...pageQuery }
  const Page = Schema.Struct({ operations: Schema.Array(model), pagination: PaginationMetadata }).annotate({
    identifier: `${name}Page`,
    title: `${name}Page`,
    description: `One page of ${title}.`
  })
  return {
    ...options,
    Page,
    /** Checks the parameters of a list and turns them into its query. */
    ListParams: Schema.Struct({ ...dateRangeInput, status: Schema.optional(status), ...pageInput }).check(isDateRange)
      .pipe(Schema.decodeTo(
        Schema.toType(Schema.Struct(query)),
        SchemaTransformation.transform({ decode: omitUndefined, encode: (query) => query })
      )),
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
      errors: fetchErrors
    }),
    list: Endpoint.make({
      call: `${resource}.list`,
      operationId: `list${resource}`,
      description: `List ${title}, page by page.`,
      method: "GET",
      path,
      params: Schema.Struct({}),
      query: Schema.Struct(query),
      payload: Schema.Void,
      success: Page,
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
