/**
 * The definition of a family of operations. The contract, the client, the emulator, the mock and the command are made
 * from it, so a new family is one file like `SenderPoolOperation`.
 *
 * @module
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.ts"
import * as Fast from "./internal/fast.ts"
import * as Listing from "./internal/listing.ts"
import { type KnownCommunicationOperationStatus, type Operation, OperationId } from "./Operation.ts"
import * as Paged from "./Page.ts"

/**
 * The filters and paging of a list of operations.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListParams<Status extends string = KnownCommunicationOperationStatus> extends Listing.Range {
  /** List operations with this status. Default every status. */
  readonly status?: Status | undefined
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
    ListParams: Listing.Params({ status }, {}),
    /** The endpoint that fetches one operation. */
    fetch: Endpoint.make({
      call: `${resource}.fetch`,
      operationId: `fetch${name}`,
      description: `Fetch one of the ${title} by its id.`,
      method: "GET",
      readOnly: true,
      path: `${path}/:operationId`,
      params: Schema.Struct({ operationId: OperationId }),
      query: Schema.Struct({}),
      payload: Schema.Void,
      success: model,
      errors: Listing.errorsOfOne,
      answers: ({ operationId }, { id }) => id === operationId
    }),
    /** The endpoint that lists one page. */
    list: Endpoint.make({
      call: `${resource}.list`,
      operationId: `list${resource}`,
      description: `List ${title}, page by page.`,
      method: "GET",
      readOnly: true,
      path,
      params: Schema.Struct({}),
      query: Listing.Query({ status }),
      payload: Schema.Void,
      success: page,
      errors: Listing.errors
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
