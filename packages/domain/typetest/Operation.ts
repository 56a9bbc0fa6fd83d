import { Operation } from "@effect-comms/domain"
import type { Equal, Expect } from "./utils/expect.ts"

export const describe = (status: Operation.OperationStatus): string => {
  switch (status) {
    case "PROCESSING":
      return "in progress"
    case "COMPLETED":
      return "done"
    case "CANCELED":
      return "canceled"
    default: {
      const unknown: Operation.UnknownOperationStatus = status
      return unknown
    }
  }
}

export const describeIncomplete = (status: Operation.OperationStatus): string => {
  switch (status) {
    case "PROCESSING":
    case "COMPLETED":
      return "known"
    default: {
      // @ts-expect-error CANCELED is missing
      const unknown: Operation.UnknownOperationStatus = status
      return unknown
    }
  }
}

export const describeKnown = (status: Operation.KnownOperationStatus): string => {
  switch (status) {
    case "PROCESSING":
      return "in progress"
    case "COMPLETED":
      return "done"
    case "CANCELED":
      return "canceled"
  }
}

export const matched = Operation.matchStatus({
  PROCESSING: () => 1,
  COMPLETED: () => 2,
  CANCELED: () => 3,
  Unknown: (status) => status.length
})

// @ts-expect-error CANCELED is missing
Operation.matchStatus({ PROCESSING: () => 1, COMPLETED: () => 2, Unknown: () => 4 })

// @ts-expect-error FAILED is not a status
Operation.matchStatus({ PROCESSING: () => 1, COMPLETED: () => 2, CANCELED: () => 3, FAILED: () => 4, Unknown: () => 5 })

// @ts-expect-error text is not an id
export const id: Operation.OperationId = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

export type Tests = [
  Expect<Equal<Operation.KnownOperationStatus, "PROCESSING" | "COMPLETED" | "CANCELED">>,
  Expect<Equal<Operation.OperationStatus, Operation.KnownOperationStatus | Operation.UnknownOperationStatus>>,
  Expect<Equal<typeof matched, (status: Operation.OperationStatus) => number>>,
  Expect<Equal<Extract<"PROCESSING", Operation.UnknownOperationStatus>, never>>
]
