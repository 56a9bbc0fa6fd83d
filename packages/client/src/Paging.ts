/**
 * Streams of the pages and the items of a list. A stream has limits, and can resume after a failure or in another
 * process.
 *
 * @module
 * @since 0.1.0
 */
import * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { intFrom, makeDecoder, omitUndefined, PositiveDurationFromInput } from "@effect-comms/domain/Input"
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
 * Options of a stream. Every option has a default.
 *
 * **Details**
 *
 * `maxPages` and `maxItems` count the pages and items of one stream, not those before its checkpoint or position.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<E = never, R = never> {
  /** The number of pages that are fetched before the consumer pulls them. Default 1. Range 0 to 16. */
  readonly prefetch?: number | undefined
  /** The maximum number of pages. A longer list fails with `PaginationLimit`. Default 100,000. Range from 1. */
  readonly maxPages?: number | undefined
  /**
   * The maximum number of items. A page beyond it fails with `PaginationLimit`, and none of its items is delivered.
   * Default no limit. Range from 0.
   */
  readonly maxItems?: number | undefined
  /** Called with each item that could not be decoded. The stream delivers the others. Default: a warning is logged. */
  readonly onInvalidItem?: ((item: CommsError.InvalidItem) => Effect.Effect<void>) | undefined
  /** `"fail"` fails the stream at the first page with an item that could not be decoded. Default `"report"`. */
  readonly invalidItems?: "report" | "fail" | undefined
  /** Called with the token of each page that is dropped because it repeats an earlier page. */
  readonly onRepeatedPage?: ((pageToken: Pagination.PageToken | undefined) => Effect.Effect<void>) | undefined
  /**
   * Called when the consumer has taken a page and pulls for the next page or the end. The next page is delivered when
   * the effect completes. If the effect fails, the stream fails.
   *
   * Operators that pull ahead, such as `Stream.buffer`, count as the consumer.
   */
  readonly checkpoint?: ((checkpoint: Checkpoint.ListCheckpoint) => Effect.Effect<void, E, R>) | undefined
}

/**
 * Options of a stream that resumes from a checkpoint.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResumeOptions<E = never, R = never> extends Options<E, R> {
  /** The maximum age of the checkpoint. Default 7 days. Range above zero. */
  readonly maxAge?: Duration.Input | undefined
}

/**
 * An error of a page, with the position at which the stream can resume.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Paged<E> = Walk.Paged<E>

/**
 * The errors of a stream whose pages fail with `E`.
 *
 * @category errors
 * @since 0.1.0
 */
export type StreamError<E> = Paged<
  E | CommsError.InvalidInput | CommsError.PaginationLoop | CommsError.PaginationLimit | CommsError.InvalidItem
>

/**
 * The errors of a stream that resumes from a checkpoint.
 *
 * @category errors
 * @since 0.1.0
 */
export type ResumeError<E> = StreamError<E> | CommsError.CheckpointMismatch

/**
 * A stream of the items or of the pages of a list.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListStream<Params extends object, A, E> {
  /** Starts at the first page, at the page of `pageToken`, or at the position of an error. */
  <E2 = never, R = never>(
    start?: Params | Pagination.Position,
    options?: Options<E2, R>
  ): Stream.Stream<A, StreamError<E> | E2, R>
  /** Resumes from a checkpoint with its filters. The stream of a checkpoint after the last page is empty. */
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
  /** Streams every item. Each page is one chunk. */
  readonly stream: ListStream<Params, Item, E>
  /** Streams every page, including empty pages. */
  readonly streamPages: ListStream<Params, Page, E>
}

/**
 * The list that the streams of {@link make} read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source<Query extends { readonly pageToken?: Pagination.PageToken }, Page, Item, E> {
  /** The name of the resource, which calls, errors and checkpoints have. */
  readonly resource: string
  /** The server and the account that checkpoints are bound to. */
  readonly identity: Effect.Effect<Checkpoint.Identity, CommsError.InvalidInput>
  /** Validates the parameters of the caller and decodes them to the query. */
  readonly params: Schema.ConstraintDecoder<Query>
  /** Encodes the query for the wire. Positions and checkpoints store it without the token, as their filters. */
  readonly query: Schema.ConstraintCodec<Query, { readonly pageToken?: string }>
  /** Fetches one page. */
  readonly fetchPage: (query: Query) => Effect.Effect<Page, E>
  /** The items of a page. */
  readonly items: (page: Page) => ReadonlyArray<Item>
}

const isFunction = Schema.declare(Predicate.isFunction, { expected: "a function" })

const CheckedOptions = Schema.Struct({
  prefetch: Schema.optional(intFrom(0, 16)),
  maxPages: Schema.optional(intFrom(1)),
  maxItems: Schema.optional(intFrom(0)),
  maxAge: Schema.optional(PositiveDurationFromInput),
  onInvalidItem: Schema.optional(isFunction),
  invalidItems: Schema.optional(Schema.Literals(["report", "fail"])),
  onRepeatedPage: Schema.optional(isFunction),
  checkpoint: Schema.optional(isFunction)
})

// Resuming from the position of an invalid input must fail as well. Otherwise the stream would start without filters.
const refused = (error: CommsError.InvalidInput) =>
  Walk.failAt({ filters: { [error.field]: "" }, pages: 0, items: 0, pageToken: undefined })(error)

type Start = object | Pagination.Position | Checkpoint.ListCheckpoint

const isPosition = (start: object): start is Pagination.Position => Predicate.hasProperty(start, "filters")

const isCheckpoint = (start: object): start is Checkpoint.ListCheckpoint => Predicate.isTagged(start, "ListCheckpoint")

/**
 * Makes the streams of a list.
 *
 * **Details**
 *
 * Nothing is sent before the first pull. An empty page with a next token does not end the stream. A failure is
 * delivered after all pages before it. `stream(error.position)` resumes there.
 *
 * An item that cannot be decoded does not hide the others. The stream delivers them in order, calls `onInvalidItem`,
 * and counts the item in `comms_client_invalid_items`.
 *
 * A page that repeats an earlier page is dropped, logged as a warning and counted in `comms_client_repeated_pages`. A
 * repeated token, or ten repeated pages in a row, fail the stream with `PaginationLoop`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  Params extends object,
  Query extends { readonly pageToken?: Pagination.PageToken },
  Page extends Walk.AnyPage,
  Item extends { readonly id: string },
  E extends CommsError.CommsError
>(list: Source<Query, Page, Item, E>): Streams<Params, Page, Item, E> => {
  const { identity, resource } = list
  const call = `${resource}.stream`
  const decodeParams = makeDecoder(call, "params", list.params)
  const decodeFilters = makeDecoder(call, "filters", list.params, "error")
  const decodePosition = makeDecoder(call, "position", Pagination.Position)
  const decodeOptions = makeDecoder(call, "options", CheckedOptions)
  const accept = check({ call, schema: Checkpoint.ListCheckpoint, identity, resource })
  const encodeQuery = Schema.encodeEffect(list.query)

  const toFilters = (query: Query): Effect.Effect<Pagination.Filters> =>
    Effect.map(Effect.orDie(encodeQuery(query)), Struct.omit(["pageToken"]))

  const save = Effect.fnUntraced(function*<E2, R>(
    onCheckpoint: NonNullable<Options<E2, R>["checkpoint"]>,
    own: Checkpoint.Identity,
    { pageToken, ...progress }: Walk.Progress
  ) {
    const bound = yield* stamp(own, resource)
    yield* onCheckpoint(new Checkpoint.ListCheckpoint({ ...bound, ...progress, pageToken: pageToken ?? null }))
  })

  const walk = <A, E2, R>(
    query: Query,
    start: Walk.Progress,
    options: Options<E2, R>,
    own: Checkpoint.Identity | undefined,
    select: (taken: Walk.Taken<Page, Item>) => ReadonlyArray<A>
  ): Stream.Stream<A, StreamError<E> | E2, R> =>
    Stream.scoped(Stream.fromPull(Effect.gen(function*() {
      const { checkpoint, maxItems, maxPages = 100_000, onRepeatedPage, prefetch: pages = 1 } = options
      const { invalidItems, onInvalidItem = Walk.warn(call) } = options
      const take = yield* prefetch(
        Walk.make({
          call,
          fetchPage: (pageToken) => list.fetchPage(pageToken === undefined ? query : { ...query, pageToken }),
          items: list.items,
          failOnInvalid: invalidItems === "fail",
          maxItems,
          maxPages,
          onInvalidItem,
          onRepeatedPage,
          start
        }),
        pages
      )
      let progress = start
      let isSaved = true
      const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, StreamError<E> | E2, void, R> = Effect.gen(function*() {
        while (true) {
          if (checkpoint !== undefined && own !== undefined && !isSaved) {
            yield* save(checkpoint, own, progress)
            isSaved = true
          }
          const taken = yield* take
          if (taken === undefined) {
            if (checkpoint !== undefined && own !== undefined && progress.pageToken !== null) {
              yield* save(checkpoint, own, { ...progress, pageToken: null })
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
    if (!isCheckpoint(start) && !isPosition(start)) {
      const query = yield* decodeParams(start)
      return { query, before: { items: 0, pages: 0 }, pageToken: query.pageToken }
    }
    const { filters, items, lastPage, pages, pageToken } = yield* isCheckpoint(start)
      ? accept(start, maxAge)
      : decodePosition(start)
    return { query: yield* decodeFilters(filters), before: omitUndefined({ items, lastPage, pages }), pageToken }
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
    function stream<E2, R>(start: Start = {}, options: ResumeOptions<E2, R> = {}) {
      return Stream.unwrap(Effect.gen(function*() {
        const settings = yield* Effect.result(decodeOptions(options))
        const { before, pageToken, query } = yield* Effect.catchTag(
          begin(start, Result.isSuccess(settings) ? settings.success.maxAge : undefined),
          "InvalidInput",
          (error) => Effect.fail(refused(error))
        )
        const progress = { ...before, filters: yield* toFilters(query), pageToken }
        if (Result.isFailure(settings)) return yield* Effect.fail(Walk.failAt(progress)(settings.failure))
        if (pageToken === null) return Stream.empty
        const own = options.checkpoint === undefined
          ? undefined
          : yield* Effect.mapError(identity, Walk.failAt(progress))
        return walk(query, progress, options, own, select)
      }))
    }
    return stream
  }

  return {
    stream: streamOf(({ items }) => items),
    streamPages: streamOf(({ page }) => [page])
  }
}
