import type { Operation, OperationFamily, Pagination, SenderPoolOperation, Timestamp } from "@effect-comms/domain"
import type { DateTime } from "effect"
import type { Equal, Expect } from "./utils/expect.ts"

type ListParams = OperationFamily.ListParams<Operation.KnownOperationStatus>

type Fields = {
  readonly [K in "id" | "status" | "createdAt" | "updatedAt"]: SenderPoolOperation.SenderPoolOperation[K]
}

export const inputs: ReadonlyArray<ListParams> = [
  {},
  { startDate: new Date(0), endDate: "2024-01-15", status: "PROCESSING", pageToken: "a", pageSize: 1 },
  { startDate: undefined, endDate: undefined, status: undefined, pageToken: undefined, pageSize: undefined }
]

// @ts-expect-error FAILED is not a status
export const badStatus: ListParams = { status: "FAILED" }

// @ts-expect-error a misspelled filter would match everything
export const misspelled: ListParams = { startdate: "2024-01-15" }

export type Tests = [
  Expect<
    Equal<Fields, {
      readonly id: Operation.OperationId
      readonly status: Operation.OperationStatus
      readonly createdAt: DateTime.Utc
      readonly updatedAt: DateTime.Utc
    }>
  >,
  Expect<Equal<Timestamp.TimestampInput, DateTime.DateTime | Date | string>>,
  Expect<
    Equal<
      (typeof SenderPoolOperation.family.Page.Type)["operations"],
      ReadonlyArray<SenderPoolOperation.SenderPoolOperation>
    >
  >,
  Expect<Equal<Pagination.PaginationMetadata["next"], Pagination.PageToken | null>>
]
