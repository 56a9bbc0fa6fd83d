/**
 * Lists as streams: one page after another, for every resource, with limits, and with what is needed to go on after a
 * failure or in another process.
 *
 * @since 0.1.0
 */
import * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { makeDecoder, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import * as Pagination from "@effect-comms/domain/Pagination"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Pull from "effect/Pull"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { check, stamp } from "./internal/checkpoint.ts"
import { ahead } from "./internal/paging/prefetch.ts"
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
 * How a list is gone on with from a checkpoint: `maxAge` is how old that may be, by default 7 days.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResumeOptions<E = never, R = never> extends Options<E, R> {
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
 * An error of a walk through a list, which knows where it happened: `position` is where to go on.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Paged<E, F extends Pagination.Filters = Pagination.Filters> = Walk.Paged<E, F>

/**
 * What a stream of a list can fail with, where one page can fail with `E`.
 *
 * @category errors
 * @since 0.1.0
 */
export type StreamError<E, F extends Pagination.Filters = Pagination.Filters> = Paged<
  E | CommsError.InvalidInput | CommsError.PaginationLoop | CommsError.PaginationLimit,
  F
>

/**
 * What a stream can fail with that goes on from a checkpoint.
 *
 * @category errors
 * @since 0.1.0
 */
export type ResumeError<E, F extends Pagination.Filters = Pagination.Filters> =
  | StreamError<E, F>
  | CommsError.InvalidInput
  | CommsError.CheckpointMismatch

/**
 * What a list is: how to ask for a page of it, and what is in one.
 *
 * **Details**
 *
 * - `params` checks what a caller asks for, and `toFilters` writes it as it travels, without the token.
 * - `parts` says what an item is told by: its id, and then everything that changes. A page with the same items in the same
 *   state is the same page.
 *
 * @category models
 * @since 0.1.0
 */
export interface List<
  Params extends object,
  Checked extends Params & { readonly pageToken?: Pagination.PageToken | undefined },
  F extends Pagination.Filters,
  Page extends { readonly pagination: Pagination.PaginationMetadata },
  Item,
  E extends object
> {
  readonly resource: string
  readonly identity: Effect.Effect<Checkpoint.Identity>
  readonly params: Schema.ConstraintDecoder<Checked>
  readonly toFilters: (params?: Params) => F
  readonly fetchPage: (params: Checked, pageToken: Pagination.PageToken | undefined) => Effect.Effect<Page, E>
  readonly items: (page: Page) => ReadonlyArray<Item>
  readonly parts: (item: Item) => readonly [id: string, ...state: ReadonlyArray<string | number>]
}

/**
 * The streams of a list.
 *
 * @category models
 * @since 0.1.0
 */
export interface Streams<Params extends object, F extends Pagination.Filters, Page, Item, E> {
  /** Every item. Each page is one chunk. Begins anew with filters, or goes on from the position of an error. */
  readonly stream: <E2 = never, R = never>(
    params?: Params | Pagination.Position<F>,
    options?: Options<E2, R>
  ) => Stream.Stream<Item, StreamError<E, F> | E2, R>
  /** Every page, empty ones too. */
  readonly streamPages: <E2 = never, R = never>(
    params?: Params | Pagination.Position<F>,
    options?: Options<E2, R>
  ) => Stream.Stream<Page, StreamError<E, F> | E2, R>
  /** Every item from a checkpoint on, with the filters that it holds; nothing when the walk was over. */
  readonly resume: <E2 = never, R = never>(
    checkpoint: Checkpoint.ListCheckpoint,
    options?: ResumeOptions<E2, R>
  ) => Stream.Stream<Item, ResumeError<E, F> | E2, R>
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

const isPosition = <F extends Pagination.Filters>(
  input: object | Pagination.Position<F> | undefined
): input is Pagination.Position<F> => Predicate.hasProperty(input, "filters")

/**
 * Makes the streams of a list.
 *
 * **Details**
 *
 * Nothing is sent before the first pull. A page with nothing in it and a token goes on to the next. When a token comes
 * that was followed before, or ten pages in a row that had come before, the stream fails with `PaginationLoop`. Every
 * failure comes after everything before it was delivered, and its `position` is where to go on: `stream(error.position)`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  Params extends object,
  Checked extends Params & { readonly pageToken?: Pagination.PageToken | undefined },
  F extends Pagination.Filters,
  Page extends { readonly pagination: Pagination.PaginationMetadata },
  Item,
  E extends object
>(list: List<Params, Checked, F, Page, Item, E>): Streams<Params, F, Page, Item, E> => {
  const { identity, resource, toFilters } = list
  const decoders = (call: string) => ({
    options: makeDecoder(call, "options", CheckedOptions),
    position: makeDecoder(call, "position", Pagination.Position),
    filters: makeDecoder(call, "filters", list.params, "error")
  })
  const fresh = decoders(`${resource}.stream`)
  const stored = decoders(`${resource}.resume`)
  const decodeParams = makeDecoder(`${resource}.list`, "params", list.params)
  const accept = check({
    call: `${resource}.resume`,
    schema: Checkpoint.ListCheckpoint,
    identity,
    resource
  })

  const save = Effect.fnUntraced(function*<E2, R>(
    sink: NonNullable<Options<E2, R>["checkpoint"]>,
    { pageToken, ...progress }: Walk.Progress<F>
  ) {
    const bound = yield* stamp(identity, resource)
    yield* sink(new Checkpoint.ListCheckpoint({ ...bound, ...progress, pageToken: pageToken ?? null }))
  })

  const walk = <A, E2, R>(
    params: Checked,
    start: Walk.Progress<F>,
    options: Options<E2, R>,
    select: (taken: Walk.Taken<F, Page, Item>) => ReadonlyArray<A>
  ): Stream.Stream<A, StreamError<E, F> | E2, R> =>
    Stream.scoped(Stream.fromPull(Effect.gen(function*() {
      const { checkpoint, maxItems, maxPages = defaultMaxPages, onRepeatedPage, prefetch = defaultPrefetch } = options
      const take = yield* ahead(
        Walk.make(
          {
            call: `${resource}.stream`,
            fetchPage: (pageToken) => list.fetchPage(params, pageToken),
            items: list.items,
            parts: list.parts
          },
          { maxItems, maxPages, onRepeatedPage },
          start
        ),
        prefetch
      )
      let progress = start
      let isSaved = true
      const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, StreamError<E, F> | E2, void, R> = Effect.gen(function*() {
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

  const begin = <A, E2, R>(
    input: Params | Pagination.Position<F> | undefined,
    options: Options<E2, R> = {},
    select: (taken: Walk.Taken<F, Page, Item>) => ReadonlyArray<A>
  ): Stream.Stream<A, StreamError<E, F> | E2, R> =>
    Stream.unwrap(Effect.gen(function*() {
      const given: Walk.Progress<F> = isPosition(input)
        ? { ...input, pageToken: input.pageToken }
        : { filters: toFilters(input), pages: 0, items: 0, pageToken: undefined }
      const params = yield* Effect.mapError(
        isPosition(input)
          ? Effect.andThen(fresh.position(input), fresh.filters(input.filters))
          : decodeParams(input ?? {}),
        Walk.failAt(given)
      )
      const start: Walk.Progress<F> = isPosition(input)
        ? given
        : { ...given, filters: toFilters(params), pageToken: params.pageToken }
      yield* Effect.mapError(fresh.options(options), Walk.failAt(start))
      return walk(params, start, options, select)
    }))

  return {
    stream: (params, options) => begin(params, options, ({ items }) => items),
    streamPages: (params, options) => begin(params, options, ({ page }) => [page]),
    resume: (checkpoint, options = {}) =>
      Stream.unwrap(Effect.gen(function*() {
        const { maxAge } = yield* stored.options(options)
        const { filters, items, lastPage, pages, pageToken } = yield* accept(checkpoint, maxAge)
        if (pageToken === null) return Stream.empty
        const params = yield* stored.filters(filters)
        const start: Walk.Progress<F> = {
          filters: toFilters(params),
          pages,
          items,
          ...(lastPage === undefined ? {} : { lastPage }),
          pageToken
        }
        return walk(params, start, options, ({ items }) => items)
      }))
  }
}
