// Rows of a list or of ids on stdout, which every command that lists or fetches shares.
import type * as CommsError from "@effect-comms/domain/CommsError"
import { maxPageSize, Position } from "@effect-comms/domain/Pagination"
import { printable } from "@effect-comms/domain/Printable"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as ExitCode from "../ExitCode.ts"
import * as Format from "../Format.ts"
import * as Handler from "../Handler.ts"
import { commandLine, flagsToText } from "./interrupted.ts"

/** The paging and the format of a list. */
export interface Paging {
  readonly limit: Option.Option<number>
  readonly pageSize: Option.Option<number>
  readonly pageToken: Option.Option<string>
  readonly format: Option.Option<Format.Format>
}

/** The flags that every list has. */
export interface Listing extends Paging {
  readonly startDate: Option.Option<DateTime.Utc>
  readonly endDate: Option.Option<DateTime.Utc>
}

const limitOf = ({ limit }: Paging): number => Option.getOrElse(limit, () => Number.POSITIVE_INFINITY)

/** The paging as parameters of a call. */
export const pagingOf = (paging: Paging) => ({
  pageSize: Option.getOrElse(paging.pageSize, () => Math.min(limitOf(paging), maxPageSize)),
  pageToken: Option.getOrUndefined(paging.pageToken)
})

/** The flags of a list as parameters of a call. */
export const filtersOf = (listing: Listing) => ({
  ...pagingOf(listing),
  startDate: Option.getOrUndefined(listing.startDate),
  endDate: Option.getOrUndefined(listing.endDate)
})

const isPosition = Schema.is(Position)

// Ages such as 2h are continued as the dates that they were.
const flagNames: Readonly<Record<string, string>> = {
  status: "status",
  channel: "channel",
  operationId: "operation",
  senderPoolId: "pool",
  startDate: "start-date",
  endDate: "end-date",
  pageSize: "page-size"
}

/** Prints how to continue with the page that failed, unless the same command does. */
const tellToken = Effect.fnUntraced(function*(paging: Paging, { filters, pageToken }: Position, printed: number) {
  if (pageToken === undefined || pageToken === Option.getOrUndefined(paging.pageToken)) return
  const flags: Readonly<Record<string, string>> = Object.fromEntries([
    ...Object.entries(filters).flatMap(([filter, value]) => {
      const name = flagNames[filter]
      return name === undefined ? [] : [[name, String(value)]]
    }),
    ...Option.match(paging.limit, { onNone: () => [], onSome: (limit) => [["limit", String(limit - printed)]] }),
    ["page-token", printable(pageToken)]
  ])
  const line = commandLine(yield* (yield* Stdio.Stdio).args, flags)
  yield* Effect.logInfo(
    line === undefined ? `To continue, run the same command with ${flagsToText(flags)}` : `To continue: ${line}`
  )
})

/** Prints the rows of a list as its pages arrive. If they are ordered, a failure tells how to continue. */
export const print = Effect.fnUntraced(function*<A, E, R>(
  shape: Format.Shape<A>,
  paging: Paging,
  { isOrdered = true, noun }: { readonly noun: string; readonly isOrdered?: boolean },
  rowsOf: (onInvalidItem: (item: CommsError.InvalidItem) => Effect.Effect<void>) => Stream.Stream<A, E, R>
) {
  let printed = 0
  let unreadable = 0
  const rows = rowsOf((item) => {
    unreadable++
    return Effect.logWarning(item.message)
  })
  const counted = Stream.mapArray(Stream.take(rows, limitOf(paging)), (page) => {
    printed += page.length
    return page
  })
  yield* Format.print(shape, paging.format, counted).pipe(
    Effect.tapError((error) =>
      isOrdered && Predicate.hasProperty(error, "position") && isPosition(error.position)
        ? tellToken(paging, error.position, printed)
        : Effect.void
    )
  )
  if (unreadable > 0) {
    yield* Effect.logError(`${unreadable} ${unreadable === 1 ? noun : `${noun}s`} could not be read.`)
    return yield* new ExitCode.Ended({ code: ExitCode.failed })
  }
})

const concurrency = 8

/** The ids to fetch, and the format. */
export interface Fetching {
  readonly ids: ReadonlyArray<string>
  readonly format: Option.Option<Format.Format>
}

/** Prints one resource as a document, or several as rows without the missing ones. */
export const fetch = Effect.fnUntraced(function*<A, E extends { readonly _tag: string }>(
  shape: Format.Shape<A>,
  { format, ids }: Fetching,
  fetchOne: (id: string) => Effect.Effect<A, E>
) {
  const [first] = ids
  if (first !== undefined && ids.length === 1) {
    return yield* Format.printDocument(shape, format, yield* fetchOne(first))
  }
  let missing = false
  const fetchRow = (id: string) =>
    fetchOne(id).pipe(
      Effect.map((row): ReadonlyArray<A> => [row]),
      Effect.catchIf(({ _tag }) => _tag === "NotFound", (error) => {
        missing = true
        return Effect.as(Handler.report(error), [])
      })
    )
  const rows = Stream.fromIterable(ids).pipe(Stream.mapEffect(fetchRow, { concurrency }), Stream.flattenIterable)
  yield* Format.print(shape, format, rows)
  if (missing) return yield* new ExitCode.Ended({ code: ExitCode.failed })
})
