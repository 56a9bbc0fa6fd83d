// Walks through the pages of a list: follows each token once and drops repeated pages.
import * as CommsError from "@effect-comms/domain/CommsError"
import { omitUndefined } from "@effect-comms/domain/Input"
import type * as Pagination from "@effect-comms/domain/Pagination"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { fingerprint } from "./fingerprint.ts"

/** The progress of a walk. The token is that of the next page, and `null` after the last page. */
export interface Progress {
  readonly filters: Pagination.Filters
  readonly pages: number
  readonly items: number
  readonly lastPage?: string
  readonly pageToken: Pagination.PageToken | undefined | null
}

/** What every page has beside its items. */
export interface AnyPage {
  readonly invalid: ReadonlyArray<CommsError.InvalidItem>
  readonly pagination: Pagination.PaginationMetadata
}

/** A page, and the progress of the walk after it. */
export interface Taken<Page, Item> {
  readonly page: Page
  readonly items: ReadonlyArray<Item>
  readonly after: Progress
}

export type Paged<E> = E & { readonly position: Pagination.Position }

const trailLength = 10

const maxRepeatedPages = 10

const invalidItems = Metric.counter("comms_client_invalid_items", {
  description: "Items of pages that could not be decoded, by call",
  incremental: true
})

/** Logs an invalid item as a warning. */
export const warn = (call: string) => (item: CommsError.InvalidItem) => Effect.logWarning(`${call}: ${item.message}`)

const repeatedPages = Metric.counter("comms_client_repeated_pages", {
  description: "Repeated pages that were dropped, by call",
  incremental: true
})

/** Copies an error and adds the position of the walk. */
export const failAt = ({ pageToken, ...progress }: Progress) => {
  const position: Pagination.Position = omitUndefined({ ...progress, pageToken: pageToken ?? undefined })
  return <E extends CommsError.CommsError>(error: E): Paged<E> => CommsError.withFields(error, { position })
}

/** Makes an effect that fetches the next page to deliver; `undefined` after the last page. */
export const make = <
  Page extends AnyPage,
  Item extends { readonly id: string },
  E extends CommsError.CommsError
>(
  { call, failOnInvalid, fetchPage, items: itemsOf, maxItems, maxPages, onInvalidItem, onRepeatedPage, start }: {
    readonly call: string
    readonly fetchPage: (pageToken: Pagination.PageToken | undefined) => Effect.Effect<Page, E>
    readonly items: (page: Page) => ReadonlyArray<Item>
    readonly failOnInvalid: boolean
    readonly maxPages: number
    readonly maxItems: number | undefined
    readonly onInvalidItem: (item: CommsError.InvalidItem) => Effect.Effect<void>
    readonly onRepeatedPage: ((pageToken: Pagination.PageToken | undefined) => Effect.Effect<void>) | undefined
    readonly start: Progress
  }
): Effect.Effect<
  Taken<Page, Item> | undefined,
  Paged<E | CommsError.PaginationLoop | CommsError.PaginationLimit | CommsError.InvalidItem>
> => {
  const followed = new Set<Pagination.PageToken>()
  const fingerprints = new Set(start.lastPage === undefined ? [] : [start.lastPage])
  let progress = start
  let fetched = 0
  let delivered = 0
  let repeatsInARow = 0

  const trail = () => [...followed].slice(-trailLength)

  const loop = (reason: CommsError.PaginationLoop["reason"], pageToken: Pagination.PageToken) =>
    new CommsError.PaginationLoop({ call, reason, pageToken, pages: fetched, trail: trail() })

  const limit = (limit: CommsError.PaginationLimit["limit"], max: number) =>
    new CommsError.PaginationLimit(
      omitUndefined({ call, limit, max, pageToken: progress.pageToken ?? undefined, trail: trail() })
    )

  const report = (pageToken: Pagination.PageToken | undefined) =>
    Effect.logWarning(`${call}: dropped a repeated page`).pipe(
      Effect.andThen(Metric.update(Metric.withAttributes(repeatedPages, { call }), 1)),
      Effect.andThen(onRepeatedPage === undefined ? Effect.void : onRepeatedPage(pageToken))
    )

  const reportInvalid = Effect.fnUntraced(function*(items: ReadonlyArray<CommsError.InvalidItem>) {
    yield* Metric.update(Metric.withAttributes(invalidItems, { call }), items.length)
    const [first] = items
    if (failOnInvalid && first !== undefined) return yield* first
    yield* Effect.forEach(items, onInvalidItem, { discard: true })
  })

  const step = Effect.gen(function*() {
    while (progress.pageToken !== null) {
      const { pageToken } = progress
      if (pageToken !== undefined && followed.has(pageToken)) return yield* loop("RepeatedToken", pageToken)
      if (fetched === maxPages) return yield* limit("maxPages", maxPages)
      const page = yield* fetchPage(pageToken)
      if (pageToken !== undefined) followed.add(pageToken)
      fetched++
      const items = itemsOf(page)
      const { next } = page.pagination
      const print = fingerprint(items)
      if (print !== undefined && fingerprints.has(print)) {
        repeatsInARow++
        yield* report(pageToken)
        progress = { ...progress, pageToken: next }
        if (repeatsInARow === maxRepeatedPages && next !== null) return yield* loop("RepeatedPages", next)
        continue
      }
      if (page.invalid.length > 0) yield* reportInvalid(page.invalid)
      if (maxItems !== undefined && delivered + items.length > maxItems) return yield* limit("maxItems", maxItems)
      if (print !== undefined) {
        fingerprints.add(print)
        repeatsInARow = 0
      }
      delivered += items.length
      const lastPage = print ?? progress.lastPage
      progress = {
        filters: progress.filters,
        pages: progress.pages + 1,
        items: progress.items + items.length,
        ...(lastPage === undefined ? {} : { lastPage }),
        pageToken: next
      }
      return { page, items, after: progress }
    }
    return undefined
  })

  return Effect.mapError(step, (error) => failAt(progress)(error))
}
