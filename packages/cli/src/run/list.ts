import * as SenderPoolOperations from "@effect-comms/client/SenderPoolOperations"
import type { KnownOperationStatus } from "@effect-comms/domain/Operation"
import { maxPageSize } from "@effect-comms/domain/Pagination"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Api from "../Api.ts"
import * as Format from "../Format.ts"
import { shape } from "../OperationShape.ts"

export interface Input {
  readonly status: Option.Option<KnownOperationStatus>
  readonly startDate: Option.Option<DateTime.Utc>
  readonly endDate: Option.Option<DateTime.Utc>
  readonly limit: Option.Option<number>
  readonly pageSize: Option.Option<number>
  readonly pageToken: Option.Option<string>
  readonly format: Option.Option<Format.Format>
}

export const run = (input: Input) =>
  Effect.gen(function*() {
    const operations = yield* SenderPoolOperations.SenderPoolOperations
    const limit = Option.getOrElse(input.limit, () => Number.POSITIVE_INFINITY)
    const rows = operations.stream({
      status: Option.getOrUndefined(input.status),
      startDate: Option.getOrUndefined(input.startDate),
      endDate: Option.getOrUndefined(input.endDate),
      pageSize: Option.getOrElse(input.pageSize, () => Math.min(limit, maxPageSize)),
      pageToken: Option.getOrUndefined(input.pageToken)
    })
    yield* Format.print(shape, input.format, Stream.take(rows, limit))
  }).pipe(Effect.provide(Api.layer))
