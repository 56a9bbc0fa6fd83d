import type * as Operations from "@effect-comms/client/Operations"
import type { KnownCommunicationOperationStatus, Operation } from "@effect-comms/domain/Operation"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import * as Api from "../Api.ts"
import { UsageError } from "../Failure.ts"
import * as Resource from "../Resource.ts"
import * as Rows from "./rows.ts"

export interface Input extends Rows.Listing {
  readonly status: Option.Option<KnownCommunicationOperationStatus>
  readonly windows: Option.Option<number>
}

type OperationRows = Stream.Stream<Operation, Operations.StreamError | Operations.ScanError>

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

const print = Effect.fnUntraced(function*(input: Input, scan: Scan | undefined) {
  const { operations, shape } = yield* Resource.current
  const { pageToken, ...filters } = Rows.filtersOf(input)
  const status = Option.getOrUndefined(input.status)
  yield* Rows.print(
    shape,
    input,
    { noun: "operation", isOrdered: scan === undefined },
    (onInvalidItem): OperationRows =>
      scan === undefined
        ? operations.stream({ ...filters, pageToken, status }, { onInvalidItem })
        : operations.scan({ ...filters, status, startDate: scan.startDate }, { windows: scan.windows, onInvalidItem })
  )
}, Effect.provide(Api.layer))

export const run = (input: Input) => Effect.flatMap(scanOf(input), (scan) => print(input, scan))
