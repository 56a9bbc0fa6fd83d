/**
 * The operations of SenderPools: fetch, list, stream and scan them, wait for them, and follow their changes.
 *
 * @see https://www.twilio.com/docs/comms/api/sender-pools
 * @since 0.1.0
 */
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import type { FeedCheckpoint } from "@effect-comms/domain/FeedCheckpoint"
import { makeDecoder } from "@effect-comms/domain/Input"
import { OperationId } from "@effect-comms/domain/Operation"
import { maxPageSize } from "@effect-comms/domain/Pagination"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import type { TimestampInput } from "@effect-comms/domain/Timestamp"
import type { WaitCheckpoint } from "@effect-comms/domain/WaitCheckpoint"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { CommsClient } from "./CommsClient.ts"
import * as Feed from "./Feed.ts"
import { anonymous } from "./internal/checkpoint.ts"
import { makeObserver } from "./internal/observing/observer.ts"
import { toText } from "./internal/timestamp.ts"
import * as Paging from "./Paging.ts"
import * as Waiting from "./Waiting.ts"
import * as Windows from "./Windows.ts"

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
export type StreamError = Paging.StreamError<ListError, Filters>

/**
 * What streaming operations from a checkpoint can fail with.
 *
 * @category errors
 * @since 0.1.0
 */
export type ResumeError = Paging.ResumeError<ListError, Filters>

/**
 * What scanning operations can fail with.
 *
 * @category errors
 * @since 0.1.0
 */
export type ScanError = Windows.Windowed<StreamError> | CommsError.InvalidInput

/**
 * What is scanned: the parameters of a list, with a date to begin with. Pages have 1,000 operations when `pageSize` says
 * nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface ScanParams extends Omit<SenderPoolOperation.ListParams, "pageToken" | "startDate"> {
  readonly startDate: TimestampInput
}

/**
 * The filters of a list of operations as they travel: those that an error's position or a checkpoint holds.
 *
 * @category models
 * @since 0.1.0
 */
export type Filters = Omit<typeof SenderPoolOperation.list.query.Encoded, "pageToken">

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
   * Every page: from the first, from that of `pageToken`, or from where an error's `position` says. All of them have the
   * same filters, what came before a failure was delivered, and a page that comes once more is not delivered again.
   */
  readonly streamPages: Streams["streamPages"]
  /** Every operation, page by page as {@link Service.streamPages} gets them. Each page is one chunk. */
  readonly stream: Streams["stream"]
  /**
   * Every operation of a period, read in several windows of it at once. See `Windows.scan`.
   */
  readonly scan: (
    params: ScanParams,
    options?: Windows.Options
  ) => Stream.Stream<SenderPoolOperation.SenderPoolOperation, ScanError>
  /** The operations that are new or have changed since a time, for ever. See `Feed.make`. */
  readonly changes: Feed.Feed<SenderPoolOperation.SenderPoolOperation>["changes"]
  /** Goes on from a checkpoint. */
  readonly resume: Resume
}

/**
 * Goes on from a checkpoint: of a list with its operations, of a wait with its snapshots, of a feed with its changes.
 *
 * **Details**
 *
 * A checkpoint of another server or account, or one that is older than `maxAge` (default 7 days), fails with
 * `CheckpointMismatch`, and nothing is sent.
 *
 * - A list has the filters that the checkpoint holds, and nothing comes when that walk was over.
 * - A wait keeps its clock and its limits, but for those that are given.
 * - A feed delivers nothing that was delivered before.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resume {
  <E = never, R = never>(
    checkpoint: Checkpoint.ListCheckpoint,
    options?: Paging.ResumeOptions<E, R>
  ): Stream.Stream<SenderPoolOperation.SenderPoolOperation, ResumeError | E, R>
  (checkpoint: WaitCheckpoint, options?: Waiting.Options): Stream.Stream<Waiting.Snapshot, Waiting.WatchError>
  <E = never, R = never>(
    checkpoint: FeedCheckpoint,
    options?: Feed.Options<E, R> & Feed.MaxAge
  ): Stream.Stream<Feed.Change<SenderPoolOperation.SenderPoolOperation>, Feed.FeedError | E, R>
}

type Streams = Paging.Streams<
  SenderPoolOperation.ListParams,
  Filters,
  SenderPoolOperation.SenderPoolOperationPage,
  SenderPoolOperation.SenderPoolOperation,
  ListError
>

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

  const observer = makeObserver({
    call: `${resource}.poll`,
    fetch,
    list: listPage,
    select: (page) => page.operations
  })

  const streams = Paging.make({
    resource,
    identity,
    params: SenderPoolOperation.ListParams,
    toFilters,
    fetchPage: (params, pageToken) => listPage(toQuery({ ...params, pageToken })),
    items: ({ operations }) => operations,
    parts: ({ createdAt, id, stats, status, updatedAt }) => [
      id,
      status,
      stats.total,
      stats.queued,
      stats.created,
      stats.failed,
      createdAt.epochMilliseconds,
      updatedAt.epochMilliseconds
    ]
  })

  const waiting = Waiting.make({ resource, identity, observer })

  const feed = Feed.make({
    call: `${resource}.changes`,
    resource,
    identity,
    version: Feed.versionOf,
    observe: observer.observe,
    read: (range) =>
      Stream.map(streams.streamPages({ ...range, pageSize: maxPageSize }), ({ operations }) => operations)
  })

  function resume<E, R>(
    ...args: OfList<E, R>
  ): Stream.Stream<SenderPoolOperation.SenderPoolOperation, ResumeError | E, R>
  function resume(...args: OfWait): Stream.Stream<Waiting.Snapshot, Waiting.WatchError>
  function resume<E, R>(
    ...args: OfFeed<E, R>
  ): Stream.Stream<Feed.Change<SenderPoolOperation.SenderPoolOperation>, Feed.FeedError | E, R>
  function resume<E, R>(
    ...args: OfList<E, R> | OfWait | OfFeed<E, R>
  ):
    | Stream.Stream<SenderPoolOperation.SenderPoolOperation, ResumeError | E, R>
    | Stream.Stream<Waiting.Snapshot, Waiting.WatchError>
    | Stream.Stream<Feed.Change<SenderPoolOperation.SenderPoolOperation>, Feed.FeedError | E, R>
  {
    if (isOfWait(args)) return waiting.watch(...args)
    return isOfFeed(args) ? feed.resume(...args) : streams.resume(...args)
  }

  return SenderPoolOperations.of({
    ...waiting,
    ...streams,
    fetch,
    list: (params) => Effect.flatMap(decodeParams(params ?? {}), (params) => listPage(toQuery(params))),
    scan: ({ endDate, pageSize = maxPageSize, startDate, status }, options) =>
      Windows.scan({
        call: `${resource}.scan`,
        range: { startDate, endDate },
        // The pages ahead of a window that is split would be asked for in vain.
        read: (range) => streams.streamPages({ ...range, status, pageSize }, { prefetch: 0 }),
        select: ({ operations }) => operations,
        id: ({ id }) => id,
        createdAt: ({ createdAt }) => createdAt
      }, options),
    changes: feed.changes,
    resume
  })
}

type OfList<E, R> = readonly [checkpoint: Checkpoint.ListCheckpoint, options?: Paging.ResumeOptions<E, R>]

type OfWait = readonly [checkpoint: WaitCheckpoint, options?: Waiting.Options]

type OfFeed<E, R> = readonly [checkpoint: FeedCheckpoint, options?: Feed.Options<E, R> & Feed.MaxAge]

const isOfWait = <E, R>(args: OfList<E, R> | OfWait | OfFeed<E, R>): args is OfWait => args[0]._tag === "WaitCheckpoint"

const isOfFeed = <E, R>(args: OfList<E, R> | OfFeed<E, R>): args is OfFeed<E, R> => args[0]._tag === "FeedCheckpoint"

const toQuery = (
  { endDate, pageSize, pageToken, startDate, status }: typeof SenderPoolOperation.ListParams.Type
): typeof SenderPoolOperation.list.query.Type => ({
  ...(startDate === undefined ? {} : { startDate }),
  ...(endDate === undefined ? {} : { endDate }),
  ...(status === undefined ? {} : { status }),
  ...(pageToken === undefined ? {} : { pageToken }),
  ...(pageSize === undefined ? {} : { pageSize })
})

const toFilters = ({ endDate, pageSize, startDate, status }: SenderPoolOperation.ListParams = {}): Filters => ({
  ...(startDate === undefined ? {} : { startDate: toText(startDate) }),
  ...(endDate === undefined ? {} : { endDate: toText(endDate) }),
  ...(status === undefined ? {} : { status }),
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
