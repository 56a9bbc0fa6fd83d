/**
 * Lists as streams: one page after another, asked for when it is pulled, for every resource.
 *
 * @since 0.1.0
 */
import * as CommsError from "@effect-comms/domain/CommsError"
import type * as Pagination from "@effect-comms/domain/Pagination"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * Follows the tokens of a list.
 *
 * **Details**
 *
 * Nothing is asked for before it is pulled, and no page before the one in front of it was taken. What `select` takes
 * from a page is emitted as one chunk; a page with nothing in it and a token goes on to the next. When a token comes
 * that was followed before, the stream fails with `PaginationLoop`, after everything that came until then was emitted.
 *
 * @category streams
 * @since 0.1.0
 */
export const paginate = <Page extends { readonly pagination: Pagination.PaginationMetadata }, A, E, R>(options: {
  /** The name of the operation, for the error. */
  readonly operation: string
  /** The token of the first page; the list's own first page when absent. */
  readonly pageToken: Pagination.PageToken | undefined
  /** Fetches one page. */
  readonly fetchPage: (pageToken: Pagination.PageToken | undefined) => Effect.Effect<Page, E, R>
  /** What to emit of a page. */
  readonly select: (page: Page) => ReadonlyArray<A>
}): Stream.Stream<A, E | CommsError.PaginationLoop, R> =>
  Stream.suspend(() => {
    // In order of arrival, so that the error can show the way into the loop.
    const followed = new Set<Pagination.PageToken>()
    return Stream.paginate<Step, A, E | CommsError.PaginationLoop, R>({ pageToken: options.pageToken }, (step) => {
      const { pageToken } = step
      if (pageToken !== undefined) {
        if (followed.has(pageToken)) {
          return Effect.fail(
            new CommsError.PaginationLoop({
              operation: options.operation,
              reason: "RepeatedToken",
              pageToken,
              pages: followed.size + (options.pageToken === undefined ? 1 : 0),
              trail: [...followed].slice(-trailLength)
            })
          )
        }
        followed.add(pageToken)
      }
      return Effect.map(options.fetchPage(pageToken), (page) =>
        [
          options.select(page),
          Option.map(Option.fromNullOr(page.pagination.next), (pageToken): Step => ({ pageToken }))
        ] as const)
    })
  })

interface Step {
  readonly pageToken: Pagination.PageToken | undefined
}

const trailLength = 10
