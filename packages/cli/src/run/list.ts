import type * as Operations from "@effect-comms/client/Operations"
import type * as CommsError from "@effect-comms/domain/CommsError"
import type { KnownCommunicationOperationStatus, Operation } from "@effect-comms/domain/Operation"
import { maxPageSize, type Position } from "@effect-comms/domain/Pagination"
import { printable } from "@effect-comms/domain/Printable"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Api from "../Api.ts"
import * as ExitCode from "../ExitCode.ts"
import { UsageError } from "../Failure.ts"
import * as Format from "../Format.ts"
import * as Resource from "../Resource.ts"
import { quote } from "./interrupted.ts"

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

/** Prints how to continue after the printed rows. Before the first rows, the same command does. */
const tellToken = (start: string | undefined, { filters: { pageSize }, pageToken }: Position) =>
  pageToken === undefined || pageToken === start
    ? Effect.void
    : Effect.logInfo(
      `To continue after the printed rows, add: --page-token ${quote(printable(pageToken))} --page-size ${pageSize}`
    )

const print = Effect.fnUntraced(function*(input: Input, scan: Scan | undefined) {
  const { operations, shape } = yield* Resource.current
  const limit = Option.getOrElse(input.limit, () => Number.POSITIVE_INFINITY)
  const filters = {
    status: Option.getOrUndefined(input.status),
    endDate: Option.getOrUndefined(input.endDate),
    pageSize: Option.getOrElse(input.pageSize, () => Math.min(limit, maxPageSize))
  }
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
  yield* Format.print(shape, input.format, Stream.take(rows, limit)).pipe(
    Effect.tapError((error) =>
      scan === undefined && "position" in error
        ? tellToken(Option.getOrUndefined(input.pageToken), error.position)
        : Effect.void
    )
  )
  if (unreadable > 0) {
    yield* Effect.logError(`${unreadable} ${unreadable === 1 ? "operation" : "operations"} could not be read.`)
    return yield* new ExitCode.Ended({ code: ExitCode.failed })
  }
}, Effect.provide(Api.layer))

export const run = (input: Input) => Effect.flatMap(scanOf(input), (scan) => print(input, scan))
