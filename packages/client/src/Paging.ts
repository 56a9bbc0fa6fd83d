/**
 * Lists as streams: one page after another, for every resource, with limits, and with what is needed to go on after a
 * failure or in another process.
 *
 * @since 0.1.0
 */
import * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { makeDecoder, omitUndefined, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import * as Pagination from "@effect-comms/domain/Pagination"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Struct from "effect/Struct"
import { check, stamp } from "./internal/checkpoint.ts"
import { prefetch } from "./internal/paging/prefetch.ts"
import * as Walk from "./internal/paging/walk.ts"

/**
 * How a list is streamed.
 *
 * **Details**
 *
 * - `prefetch`: how many pages are asked for ahead of the consumer, 0 to 16. Default 1: the next page comes while this one
 *   is worked on, and a consumer that stops early has cost at most one page more. With 0, a page is asked for when it is
 *   pulled, and not before.
 * - `maxPages`, `maxItems`: the stream fails with `PaginationLimit` when the list goes on beyond so many pages (default
 *   100,000) or items (no default). They count anew for each stream. A page that would go beyond `maxItems` is not
 *   delivered in part.
 * - `onRepeatedPage`: runs when a page comes that had come before, word for word, with the token that it came by.
 * - `checkpoint`: runs when the consumer has taken a page, which is when it pulls for the next one or for the end, with what
 *   is needed to go on behind that page; behind the last page too. The next page is delivered when it is done. When it
 *   fails, the stream does.
 *
 * **Gotchas**
 *
 * Operators that pull ahead, such as `Stream.buffer`, count as the consumer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<E = never, R = never> {
  readonly prefetch?: number | undefined
  readonly maxPages?: number | undefined
  readonly maxItems?: number | undefined
  readonly onRepeatedPage?: ((pageToken: Pagination.PageToken | undefined) => Effect.Effect<void>) | undefined
  readonly checkpoint?: ((checkpoint: Checkpoint.ListCheckpoint) => Effect.Effect<void, E, R>) | undefined
}

/**
 * How a stream resumes from a checkpoint.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResumeOptions<E = never, R = never> extends Options<E, R> {
  /** How old the checkpoint may be. Default 7 days. */
  readonly maxAge?: Duration.Input | undefined
}

/**
 * The number of pages that are asked for ahead when nothing is said.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultPrefetch = 1

/**
 * The number of pages that a stream may have when nothing is said.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaxPages = 100_000

/**
 * An error of a page, with the position at which the stream can resume.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Paged<E> = Walk.Paged<E>

/**
 * The errors of a stream of a list, where a page can fail with `E`.
 *
 * @category errors
 * @since 0.1.0
 */
export type StreamError<E> = Paged<
  E | CommsError.InvalidInput | CommsError.PaginationLoop | CommsError.PaginationLimit
>

/**
 * The errors of a stream that resumes from a checkpoint.
 *
 * @category errors
 * @since 0.1.0
 */
export type ResumeError<E> = StreamError<E> | CommsError.CheckpointMismatch

/**
 * What a list is: how to check its parameters, how to fetch a page of it, and what a page holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface List<
  Query extends PageQuery,
  Page extends Paginated,
  Item extends Identified,
  E extends CommsError.CommsError
> {
  readonly resource: string
  readonly identity: Effect.Effect<Checkpoint.Identity>
  /** Checks the parameters that a caller gives, and turns them into the query. */
  readonly params: Schema.ConstraintDecoder<Query>
  /** The query on the wire. Without the token, it is the filters that positions and checkpoints hold. */
  readonly query: Schema.ConstraintCodec<Query, PageQueryEncoded>
  readonly fetchPage: (query: Query) => Effect.Effect<Page, E>
  readonly items: (page: Page) => ReadonlyArray<Item>
}

type PageQuery = { readonly pageToken?: Pagination.PageToken }

type PageQueryEncoded = { readonly pageToken?: string }

type Paginated = { readonly pagination: Pagination.PaginationMetadata }

type Identified = { readonly id: string }

/**
 * A stream of the items or of the pages of a list.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListStream<Params extends object, A, E> {
  /** From the first page, from the page of `pageToken`, or from the position of an error. */
  <E2 = never, R = never>(
    start?: Params | Pagination.Position,
    options?: Options<E2, R>
  ): Stream.Stream<A, StreamError<E> | E2, R>
  /** From a checkpoint, with the filters that it holds. Empty when the checkpoint is that of the last page. */
  <E2 = never, R = never>(
    start: Checkpoint.ListCheckpoint,
    options?: ResumeOptions<E2, R>
  ): Stream.Stream<A, ResumeError<E> | E2, R>
}

/**
 * The streams of a list.
 *
 * @category models
 * @since 0.1.0
 */
export interface Streams<Params extends object, Page, Item, E> {
  /** Every item. Each page is one chunk. */
  readonly stream: ListStream<Params, Item, E>
  /** Every page, empty ones too. */
  readonly streamPages: ListStream<Params, Page, E>
}

const isFunction = Schema.declare(Predicate.isFunction, { expected: "a function" })

const atLeast = (minimum: number) =>
  Schema.Int.check(Schema.isGreaterThanOrEqualTo(minimum, { expected: `a whole number from ${minimum}` }))

const CheckedOptions = Schema.Struct({
  prefetch: Schema.optional(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 16 }, { expected: "a whole number from 0 to 16" }))
  ),
  maxPages: Schema.optional(atLeast(1)),
  maxItems: Schema.optional(atLeast(0)),
  maxAge: Schema.optional(PositiveDurationFromInput),
  onRepeatedPage: Schema.optional(isFunction),
  checkpoint: Schema.optional(isFunction)
})

// A stream that resumes from the position of a refused input must be refused as well, not start without filters.
const refused = (error: CommsError.InvalidInput) =>
  Walk.failAt({ filters: { [error.field]: "" }, pages: 0, items: 0, pageToken: undefined })(error)

type Start = object | Pagination.Position | Checkpoint.ListCheckpoint

const isPosition = (start: object): start is Pagination.Position =>
  Predicate.hasProperty(start, "filters") && !isCheckpoint(start)

const isCheckpoint = (start: object): start is Checkpoint.ListCheckpoint => Predicate.isTagged(start, "ListCheckpoint")

/**
 * Makes the streams of a list.
 *
 * **Details**
 *
 * Nothing is sent before the first pull. An empty page with a token leads to the next page. A token that was followed
 * before, or ten pages in a row that came before, fail the stream with `PaginationLoop`. A failure comes after everything
 * before it was delivered. Its `position` is where to resume: `stream(error.position)`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  Params extends object,
  Query extends PageQuery,
  Page extends Paginated,
  Item extends Identified,
  E extends CommsError.CommsError
>(list: List<Query, Page, Item, E>): Streams<Params, Page, Item, E> => {
  const { identity, resource } = list
  const call = `${resource}.stream`
  const decodeParams = makeDecoder(call, "params", list.params)
  const decodeFilters = makeDecoder(call, "filters", list.params, "error")
  const decodePosition = makeDecoder(call, "position", Pagination.Position)
  const decodeOptions = makeDecoder(call, "options", CheckedOptions)
  const accept = check({ call, schema: Checkpoint.ListCheckpoint, identity, resource })
  const encodeQuery = Schema.encodeEffect(list.query)

  const toFilters = (query: Query) =>
    Effect.map(Effect.orDie(encodeQuery(query)), (query): Pagination.Filters => Struct.omit(query, ["pageToken"]))

  const save = Effect.fnUntraced(function*<E2, R>(
    sink: NonNullable<Options<E2, R>["checkpoint"]>,
    { pageToken, ...progress }: Walk.Progress
  ) {
    const bound = yield* stamp(identity, resource)
    yield* sink(new Checkpoint.ListCheckpoint({ ...bound, ...progress, pageToken: pageToken ?? null }))
  })

  const walk = <A, E2, R>(
    query: Query,
    start: Walk.Progress,
    options: Options<E2, R>,
    select: (taken: Walk.Taken<Page, Item>) => ReadonlyArray<A>
  ): Stream.Stream<A, StreamError<E> | E2, R> =>
    Stream.scoped(Stream.fromPull(Effect.gen(function*() {
      const { checkpoint, maxItems, maxPages = defaultMaxPages, onRepeatedPage, prefetch: pages = defaultPrefetch } =
        options
      const take = yield* prefetch(
        Walk.make(
          {
            call,
            fetchPage: (pageToken) => list.fetchPage(pageToken === undefined ? query : { ...query, pageToken }),
            items: list.items
          },
          { maxItems, maxPages, onRepeatedPage },
          start
        ),
        pages
      )
      let progress = start
      let isSaved = true
      const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, StreamError<E> | E2, void, R> = Effect.gen(function*() {
        while (true) {
          if (checkpoint !== undefined && !isSaved) {
            yield* save(checkpoint, progress)
            isSaved = true
          }
          const taken = yield* take
          if (taken === undefined) {
            if (checkpoint !== undefined && progress.pageToken !== null) {
              yield* save(checkpoint, { ...progress, pageToken: null })
            }
            return yield* Cause.done()
          }
          progress = taken.after
          isSaved = false
          const selected = select(taken)
          if (Arr.isReadonlyArrayNonEmpty(selected)) return selected
        }
      })
      return pull
    })))

  const begin = Effect.fnUntraced(function*(start: Start, maxAge: Duration.Duration | undefined) {
    if (isCheckpoint(start)) {
      const { filters, items, lastPage, pages, pageToken } = yield* accept(start, maxAge)
      return { query: yield* decodeFilters(filters), before: omitUndefined({ items, lastPage, pages }), pageToken }
    }
    if (isPosition(start)) {
      const { filters, items, lastPage, pages, pageToken } = yield* decodePosition(start)
      return { query: yield* decodeFilters(filters), before: omitUndefined({ items, lastPage, pages }), pageToken }
    }
    const query = yield* decodeParams(start)
    return { query, before: { items: 0, pages: 0 }, pageToken: query.pageToken }
  })

  const streamOf = <A>(select: (taken: Walk.Taken<Page, Item>) => ReadonlyArray<A>): ListStream<Params, A, E> => {
    function stream<E2, R>(
      start?: Params | Pagination.Position,
      options?: Options<E2, R>
    ): Stream.Stream<A, StreamError<E> | E2, R>
    function stream<E2, R>(
      start?: Start,
      options?: ResumeOptions<E2, R>
    ): Stream.Stream<A, ResumeError<E> | E2, R>
    function stream<E2, R>(
      start: Start = {},
      options: ResumeOptions<E2, R> = {}
    ): Stream.Stream<A, ResumeError<E> | E2, R> {
      return Stream.unwrap(Effect.gen(function*() {
        const settings = yield* Effect.result(decodeOptions(options))
        const { before, pageToken, query } = yield* Effect.catchTag(
          begin(start, Result.isSuccess(settings) ? settings.success.maxAge : undefined),
          "InvalidInput",
          (error) => Effect.fail(refused(error))
        )
        const progress = { ...before, filters: yield* toFilters(query), pageToken }
        if (Result.isFailure(settings)) return yield* Effect.fail(Walk.failAt(progress)(settings.failure))
        return pageToken === null ? Stream.empty : walk(query, progress, options, select)
      }))
    }
    return stream
  }

  return {
    stream: streamOf(({ items }) => items),
    streamPages: streamOf(({ page }) => [page])
  }
}
