import type * as Operations from "@effect-comms/client/Operations"
import type * as CommsError from "@effect-comms/domain/CommsError"
import type { KnownCommunicationOperationStatus, Operation } from "@effect-comms/domain/Operation"
import { maxPageSize, type Position } from "@effect-comms/domain/Pagination"
import { printable } from "@effect-comms/domain/Printable"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Api from "../Api.ts"
import * as ExitCode from "../ExitCode.ts"
import { UsageError } from "../Failure.ts"
import * as Format from "../Format.ts"
import * as Resource from "../Resource.ts"
import { commandLine, flagsToText } from "./interrupted.ts"

export interface Input {
  readonly status: Option.Option<KnownCommunicationOperationStatus>
  readonly startDate: Option.Option<DateTime.Utc>
  readonly endDate: Option.Option<DateTime.Utc>
  readonly limit: Option.Option<number>
  readonly pageSize: Option.Option<number>
  readonly pageToken: Option.Option<string>
  readonly windows: Option.Option<number>
  readonly format: Option.Option<Format.Format>
}

type Rows = Stream.Stream<Operation, Operations.StreamError | Operations.ScanError>

interface Scan {
  readonly windows: number
  readonly startDate: DateTime.Utc
}

const refuse = (problem: string, advice: string) =>
  new UsageError({ what: `--windows ${problem}. Nothing was sent.`, advice })

/** The windows of a scan; undefined if pages are read in order. */
const scanOf = Effect.fnUntraced(function*({ pageToken, startDate, windows }: Input) {
  if (Option.isNone(windows)) return undefined
  if (Option.isSome(pageToken)) {
    return yield* refuse("cannot start with a page", "Remove --page-token or --windows.")
  }
  if (Option.isNone(startDate)) {
    return yield* refuse("needs --start-date", "Add --start-date, such as --start-date 7d.")
  }
  const scan: Scan = { windows: windows.value, startDate: startDate.value }
  return scan
})

// Ages such as 2h are continued as the dates that they were.
const flagNames: Readonly<Record<string, string>> = {
  status: "status",
  startDate: "start-date",
  endDate: "end-date",
  pageSize: "page-size"
}

/** Prints how to continue with the page that failed, unless the same command does. */
const tellToken = Effect.fnUntraced(function*(input: Input, { filters, pageToken }: Position, printed: number) {
  if (pageToken === undefined || pageToken === Option.getOrUndefined(input.pageToken)) return
  const flags: Readonly<Record<string, string>> = Object.fromEntries([
    ...Object.entries(filters).flatMap(([filter, value]) => {
      const name = flagNames[filter]
      return name === undefined ? [] : [[name, String(value)]]
    }),
    ...Option.match(input.limit, { onNone: () => [], onSome: (limit) => [["limit", String(limit - printed)]] }),
    ["page-token", printable(pageToken)]
  ])
  const line = commandLine(yield* (yield* Stdio.Stdio).args, flags)
  yield* Effect.logInfo(
    line === undefined ? `To continue, run the same command with ${flagsToText(flags)}` : `To continue: ${line}`
  )
})

const print = Effect.fnUntraced(function*(input: Input, scan: Scan | undefined) {
  const { operations, shape } = yield* Resource.current
  const limit = Option.getOrElse(input.limit, () => Number.POSITIVE_INFINITY)
  const filters = {
    status: Option.getOrUndefined(input.status),
    endDate: Option.getOrUndefined(input.endDate),
    pageSize: Option.getOrElse(input.pageSize, () => Math.min(limit, maxPageSize))
  }
  let printed = 0
  let unreadable = 0
  const onInvalidItem = (item: CommsError.InvalidItem) => {
    unreadable++
    return Effect.logWarning(item.message)
  }
  const rows: Rows = scan === undefined
    ? operations.stream({
      ...filters,
      startDate: Option.getOrUndefined(input.startDate),
      pageToken: Option.getOrUndefined(input.pageToken)
    }, { onInvalidItem })
    : operations.scan({ ...filters, startDate: scan.startDate }, { windows: scan.windows, onInvalidItem })
  const counted = Stream.mapArray(Stream.take(rows, limit), (page) => {
    printed += page.length
    return page
  })
  yield* Format.print(shape, input.format, counted).pipe(
    Effect.tapError((error) =>
      scan === undefined && "position" in error ? tellToken(input, error.position, printed) : Effect.void
    )
  )
  if (unreadable > 0) {
    yield* Effect.logError(`${unreadable} ${unreadable === 1 ? "operation" : "operations"} could not be read.`)
    return yield* new ExitCode.Ended({ code: ExitCode.failed })
  }
}, Effect.provide(Api.layer))

export const run = (input: Input) => Effect.flatMap(scanOf(input), (scan) => print(input, scan))
