/**
 * The service of a family of operations, such as `SenderPoolOperations`: fetches, lists, streams and scans operations,
 * waits for them, and follows their changes.
 *
 * @module
 * @since 0.1.0
 */
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import { makeDecoder } from "@effect-comms/domain/Input"
import {
  isOperationId,
  type KnownCommunicationOperationStatus,
  type Operation,
  OperationId
} from "@effect-comms/domain/Operation"
import type * as OperationFamily from "@effect-comms/domain/OperationFamily"
import { maxPageSize } from "@effect-comms/domain/Pagination"
import type { TimestampInput } from "@effect-comms/domain/Timestamp"
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import * as Stream from "effect/Stream"
import { CommsClient } from "./CommsClient.ts"
import * as Feed from "./Feed.ts"
import { anonymous } from "./internal/checkpoint.ts"
import { withSpan } from "./internal/observed.ts"
import { makeObserver } from "./internal/observing/observer.ts"
import * as Paging from "./Paging.ts"
import * as Waiting from "./Waiting.ts"
import * as Windows from "./Windows.ts"

/**
 * The errors of fetching an operation.
 *
 * @category errors
 * @since 0.1.0
 */
export type FetchError = Endpoint.Error<Family["fetch"]>

/**
 * The errors of listing a page of operations.
 *
 * @category errors
 * @since 0.1.0
 */
export type ListError = Endpoint.Error<Family["list"]>

/**
 * The errors of streaming operations.
 *
 * @category errors
 * @since 0.1.0
 */
export type StreamError = Paging.StreamError<ListError>

/**
 * The errors of scanning operations.
 *
 * @category errors
 * @since 0.1.0
 */
export type ScanError = Windows.Windowed<StreamError> | CommsError.InvalidInput

/**
 * The parameters of a scan: those of a list, with a required start date and a `pageSize` of 1,000 by default.
 *
 * @category models
 * @since 0.1.0
 */
export interface ScanParams<Status extends string = KnownCommunicationOperationStatus>
  extends Omit<OperationFamily.ListParams<Status>, "pageToken" | "startDate">
{
  /** The start of the period, inclusive. */
  readonly startDate: TimestampInput
}

/**
 * How a period is scanned: the options of a scan, and what happens to items that cannot be decoded.
 *
 * @category models
 * @since 0.1.0
 */
export interface ScanOptions extends Windows.Options, Pick<Paging.Options, "invalidItems" | "onInvalidItem"> {}

/**
 * The service of a family of operations.
 *
 * @category models
 * @since 0.1.0
 */
export interface Operations<A extends Operation, Status extends string>
  extends Waiting.Waiting<A>, Paging.Streams<OperationFamily.ListParams<Status>, OperationFamily.Page<A>, A, ListError>
{
  /** Fetches one operation. An invalid id fails with `InvalidInput` before anything is sent. */
  readonly fetch: (operationId: string) => Effect.Effect<A, FetchError>
  /** Lists the first page, or the page of `pageToken`. `invalid` has an error for each item that cannot be decoded. */
  readonly list: (params?: OperationFamily.ListParams<Status>) => Effect.Effect<OperationFamily.Page<A>, ListError>
  /** Streams every operation of a period from several windows at once. See `Windows.scan`. */
  readonly scan: (params: ScanParams<Status>, options?: ScanOptions) => Stream.Stream<A, ScanError>
  /** Streams new and changed operations until interrupted. See `Feed.make`. */
  readonly changes: Feed.Changes<A>
}

type Family<
  M extends OperationFamily.Model = OperationFamily.Model,
  Status extends ReadonlyArray<KnownCommunicationOperationStatus> = ReadonlyArray<KnownCommunicationOperationStatus>
> = OperationFamily.OperationFamily<M, Status>

/**
 * Makes the service of a family from its two requests, of a client or a test.
 *
 * @category constructors
 * @stability unstable
 * @since 0.1.0
 */
export const fromCalls = <
  M extends OperationFamily.Model,
  Status extends ReadonlyArray<KnownCommunicationOperationStatus>
>(family: Family<M, Status>) => {
  const { resource } = family
  const decodeId = makeDecoder(family.fetch.call, "operationId", OperationId)
  const decodeParams = makeDecoder(family.list.call, "params", family.ListParams)

  return (calls: {
    /** Fetches an operation. */
    readonly fetch: (operationId: OperationId) => Effect.Effect<M["Type"], FetchError>
    /** Lists a page. */
    readonly list: (
      query: Family<M, Status>["list"]["query"]["Type"]
    ) => Effect.Effect<OperationFamily.Page<M["Type"]>, ListError>
    /** The server and the account that checkpoints are bound to. Default a fixed identity for tests. */
    readonly identity?: Effect.Effect<Checkpoint.Identity, CommsError.InvalidInput> | undefined
  }): Operations<M["Type"], Status[number]> => {
    const identity = calls.identity ?? Effect.succeed(anonymous)
    const items = (page: OperationFamily.Page<M["Type"]>) => page.operations
    const fetchSpan = withSpan(family.fetch.call)
    const listSpan = withSpan(family.list.call)
    const fetchById = (operationId: OperationId) => fetchSpan(calls.fetch(operationId))
    const listPage = flow(calls.list, listSpan)

    const observer = makeObserver({ call: `${resource}.poll`, fetch: fetchById, list: listPage, items })

    const streams: Pick<Operations<M["Type"], Status[number]>, "stream" | "streamPages"> = Paging.make({
      resource,
      identity,
      params: family.ListParams,
      query: family.list.query,
      fetchPage: listPage,
      items
    })

    return {
      ...Waiting.make({ resource, identity, observer }),
      ...streams,
      fetch: (operationId) =>
        isOperationId(operationId)
          ? withSpan(family.fetch.call, { operationId })(calls.fetch(operationId))
          : fetchSpan(Effect.flatMap(decodeId(operationId), calls.fetch)),
      list: (params = {}) => Effect.flatMap(decodeParams(params), listPage),
      scan: (
        { endDate, pageSize = maxPageSize, startDate, status },
        { invalidItems, onInvalidItem, ...options } = {}
      ) =>
        Windows.scan({
          call: `${resource}.scan`,
          range: { startDate, endDate },
          // A window that is split would discard prefetched pages.
          read: (range): Stream.Stream<OperationFamily.Page<M["Type"]>, StreamError> =>
            streams.streamPages({ ...range, status, pageSize }, { invalidItems, onInvalidItem, prefetch: 0 }),
          items,
          id: ({ id }) => id,
          createdAt: ({ createdAt }) => createdAt
        }, options),
      changes: Feed.make({
        call: `${resource}.changes`,
        resource,
        identity,
        observe: observer.observe,
        read: (range) => Stream.map(streams.streamPages({ ...range, pageSize: maxPageSize }), items)
      })
    }
  }
}

/**
 * Makes the service of a family from the client.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  M extends OperationFamily.Model,
  Status extends ReadonlyArray<KnownCommunicationOperationStatus>
>(family: Family<M, Status>): Effect.Effect<Operations<M["Type"], Status[number]>, never, CommsClient> =>
  Effect.map(CommsClient, (client) => {
    const fetch = client.endpoint(family.fetch)
    const list = client.endpoint(family.list)
    return fromCalls(family)({
      fetch: (operationId) => fetch({ params: { operationId } }),
      list: (query) => list({ query }),
      identity: client.identity
    })
  })
