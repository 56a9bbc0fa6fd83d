/**
 * The operations of SenderPools: fetch one, list a page, stream them all.
 *
 * @see https://www.twilio.com/docs/comms/api/sender-pools
 * @since 0.1.0
 */
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import { makeDecoder } from "@effect-comms/domain/Input"
import { OperationId } from "@effect-comms/domain/Operation"
import type * as Pagination from "@effect-comms/domain/Pagination"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { CommsClient } from "./CommsClient.ts"
import { anonymous } from "./internal/checkpoint.ts"
import { makeObserver } from "./internal/observe.ts"
import * as Paging from "./Paging.ts"
import * as Waiting from "./Waiting.ts"

/**
 * What fetching an operation can fail with.
 *
 * @category errors
 * @since 0.1.0
 */
export type FetchError = Endpoint.Error<typeof SenderPoolOperation.fetch>

/**
 * What listing a page of operations can fail with.
 *
 * @category errors
 * @since 0.1.0
 */
export type ListError = Endpoint.Error<typeof SenderPoolOperation.list>

/**
 * What streaming operations can fail with.
 *
 * @category errors
 * @since 0.1.0
 */
export type StreamError = ListError | CommsError.PaginationLoop

/**
 * The operations of SenderPools.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service extends Waiting.Waiting {
  /** Fetches one operation. A malformed id fails with `InvalidInput`, and nothing is sent. */
  readonly fetch: (operationId: string) => Effect.Effect<SenderPoolOperation.SenderPoolOperation, FetchError>
  /** Lists one page: the first, or that of `pageToken`. */
  readonly list: (
    params?: SenderPoolOperation.ListParams
  ) => Effect.Effect<SenderPoolOperation.SenderPoolOperationPage, ListError>
  /**
   * Every page, from the first or from that of `pageToken`. A page is asked for when it is pulled, with the same filters
   * as the one before it; what came before a failure was delivered.
   */
  readonly streamPages: (
    params?: SenderPoolOperation.ListParams
  ) => Stream.Stream<SenderPoolOperation.SenderPoolOperationPage, StreamError>
  /** Every operation, page by page as {@link Service.streamPages} gets them. Each page is one chunk. */
  readonly stream: (
    params?: SenderPoolOperation.ListParams
  ) => Stream.Stream<SenderPoolOperation.SenderPoolOperation, StreamError>
}

/**
 * The operations of SenderPools.
 *
 * @category services
 * @since 0.1.0
 */
export class SenderPoolOperations extends Context.Service<SenderPoolOperations, Service>()(
  "@effect-comms/client/SenderPoolOperations"
) {}

const resource = "SenderPoolOperations"

const decodeId = makeDecoder("SenderPoolOperations.fetch", "operationId", OperationId)

const decodeParams = makeDecoder("SenderPoolOperations.list", "params", SenderPoolOperation.ListParams)

/**
 * Makes the service from any way to fetch an operation and a page of them: the client's, or a test's.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromCalls = (calls: {
  readonly fetch: (
    operationId: OperationId
  ) => Effect.Effect<SenderPoolOperation.SenderPoolOperation, FetchError>
  readonly list: (
    query: typeof SenderPoolOperation.list.query.Type
  ) => Effect.Effect<SenderPoolOperation.SenderPoolOperationPage, ListError>
  /** What checkpoints are bound to. Default: to nothing in particular, as a test needs it. */
  readonly identity?: Effect.Effect<Checkpoint.Identity> | undefined
}): Service => {
  const identity = calls.identity ?? Effect.succeed(anonymous)

  const fetch = Effect.fn("SenderPoolOperations.fetch")(function*(operationId: string) {
    const id = yield* decodeId(operationId)
    yield* Effect.annotateCurrentSpan({ operationId: id })
    return yield* calls.fetch(id)
  })

  const listPage = Effect.fn("SenderPoolOperations.list")(calls.list)

  const paginate = <A>(
    params: SenderPoolOperation.ListParams | undefined,
    select: (page: SenderPoolOperation.SenderPoolOperationPage) => ReadonlyArray<A>
  ) =>
    Stream.unwrap(Effect.map(decodeParams(params ?? {}), (params) => {
      const { pageToken, ...filters } = toQuery(params)
      return Paging.paginate({
        operation: "SenderPoolOperations.stream",
        pageToken,
        fetchPage: (pageToken) => listPage(pageToken === undefined ? filters : { ...filters, pageToken }),
        select
      })
    }))

  const observer = makeObserver({
    operation: `${resource}.poll`,
    fetch,
    list: listPage,
    select: (page) => page.operations
  })

  return SenderPoolOperations.of({
    ...Waiting.make({ resource, identity, observer }),
    fetch,
    list: (params) => Effect.flatMap(decodeParams(params ?? {}), (params) => listPage(toQuery(params))),
    streamPages: (params) => paginate(params, (page) => [page]),
    stream: (params) => paginate(params, (page) => page.operations)
  })
}

const toQuery = (
  { endDate, pageSize, pageToken, startDate, status }: typeof SenderPoolOperation.ListParams.Type
): typeof SenderPoolOperation.list.query.Type & { readonly pageToken?: Pagination.PageToken } => ({
  ...(startDate === undefined ? {} : { startDate }),
  ...(endDate === undefined ? {} : { endDate }),
  ...(status === undefined ? {} : { status }),
  ...(pageToken === undefined ? {} : { pageToken }),
  ...(pageSize === undefined ? {} : { pageSize })
})

/**
 * Makes the service from the client.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<Service, never, CommsClient> = Effect.map(CommsClient, (client) => {
  const fetch = client.endpoint(SenderPoolOperation.fetch)
  const list = client.endpoint(SenderPoolOperation.list)
  return fromCalls({
    fetch: (operationId) => fetch({ params: { operationId }, query: {} }),
    list: (query) => list({ params: {}, query }),
    identity: client.identity
  })
})

/**
 * A layer of the service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<SenderPoolOperations, never, CommsClient> = Layer.effect(SenderPoolOperations, make)
