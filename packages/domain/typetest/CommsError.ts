import type { CommsError, Endpoint, SenderPoolOperation } from "@effect-comms/domain"
import type { Duration } from "effect"
import type { Equal, Expect } from "./utils/expect.ts"

type Tag = CommsError.CommsError["_tag"]

type WithRetryAfter = {
  [K in Tag]: "retryAfter" extends keyof Extract<CommsError.CommsError, { readonly _tag: K }> ? K : never
}[Tag]

export const adviceOf = (error: CommsError.CommsError): string => {
  switch (error._tag) {
    case "BadRequest":
    case "InvalidInput":
    case "CheckpointMismatch":
    case "PaginationLimit":
      return "correct it"
    case "Unauthorized":
    case "Forbidden":
      return "check the credentials"
    case "NotFound":
      return "check the id"
    case "Conflict":
    case "TooManyRequests":
    case "ServiceUnavailable":
    case "CoolingDown":
      return "wait"
    case "InternalServerError":
    case "InvalidResponse":
    case "PaginationLoop":
    case "InvalidItem":
      return "contact support"
    case "TransportFailure":
    case "UnexpectedStatus":
      return "check the network"
    case "OutcomeUnknown":
      return error.check
  }
}

export const incomplete = (error: CommsError.StatusError): number => {
  switch (error._tag) {
    case "BadRequest":
    case "Unauthorized":
    case "Forbidden":
    case "NotFound":
    case "Conflict":
    case "TooManyRequests":
    case "InternalServerError":
      return error.status
    default: {
      // @ts-expect-error ServiceUnavailable is missing
      const nothing: never = error
      return nothing
    }
  }
}

export type Tests = [
  Expect<
    Equal<
      Tag,
      | "BadRequest"
      | "Unauthorized"
      | "Forbidden"
      | "NotFound"
      | "Conflict"
      | "TooManyRequests"
      | "InternalServerError"
      | "ServiceUnavailable"
      | "UnexpectedStatus"
      | "TransportFailure"
      | "InvalidResponse"
      | "InvalidItem"
      | "OutcomeUnknown"
      | "InvalidInput"
      | "CoolingDown"
      | "PaginationLoop"
      | "PaginationLimit"
      | "CheckpointMismatch"
    >
  >,
  Expect<Equal<CommsError.StatusError["status"], 400 | 401 | 403 | 404 | 409 | 429 | 500 | 503>>,
  Expect<Equal<CommsError.CommsError["isRetryable"], boolean>>,
  Expect<Equal<CommsError.Conflict["isRetryable"], true>>,
  Expect<Equal<CommsError.NotFound["isRetryable"], false>>,
  Expect<
    Equal<WithRetryAfter, "Conflict" | "TooManyRequests" | "ServiceUnavailable" | "UnexpectedStatus" | "CoolingDown">
  >,
  Expect<Equal<CommsError.Conflict["retryAfter"], Duration.Duration | undefined>>,
  Expect<
    Equal<
      Endpoint.Error<(typeof SenderPoolOperation.family)["fetch"]>,
      | CommsError.BadRequest
      | CommsError.NotFound
      | CommsError.Conflict
      | CommsError.TooManyRequests
      | CommsError.InternalServerError
      | CommsError.ServiceUnavailable
      | CommsError.CallError
    >
  >,
  Expect<
    Equal<
      CommsError.CallError["_tag"],
      | "Unauthorized"
      | "Forbidden"
      | "UnexpectedStatus"
      | "TransportFailure"
      | "InvalidResponse"
      | "InvalidInput"
      | "CoolingDown"
    >
  >
]
