// What differs for a request that changes something: when it is retried, and what a lost response means.
import * as CommsError from "@effect-comms/domain/CommsError"
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as RetryPolicy from "../../RetryPolicy.ts"

/** Whether the server did not process a write that failed so. A 409 or 503 says it with its `Retry-After`. */
export const isUnprocessed = (error: CommsError.CommsError): boolean => {
  switch (error._tag) {
    case "CoolingDown":
    case "TooManyRequests":
      return true
    case "Conflict":
    case "ServiceUnavailable":
      return RetryPolicy.retryAfter(error) !== undefined
    default:
      return false
  }
}

const lostOutcomes: ReadonlySet<string | undefined> = new Set(["TransportFailure", "Interrupted"])

// The time limit of a call can end while the call waits for its turn, when no request is in flight.
const isLost = (error: CommsError.CommsError): error is CommsError.OutcomeUnknown["reason"] =>
  CommsError.isOutcomeUnknown(error) &&
  (error._tag !== "TransportFailure" || lostOutcomes.has(error.attempts?.at(-1)?.outcome))

/** The error of a write: `OutcomeUnknown` if its response was lost. */
export const toWriteError = (
  { call, check = "Read the resource to see whether it changed." }: { readonly call: string; readonly check?: string }
) =>
<E extends CommsError.CommsError>(error: E): E | CommsError.OutcomeUnknown => {
  if (!isLost(error)) return error
  const { attempts = [], method = "", url = "" } = error
  return new CommsError.OutcomeUnknown({ call, check, reason: error, attempts, method, url })
}

/** Makes the function that gives the call of a write its `OutcomeUnknown`. It returns the call of a read as it is. */
export function withOutcome<E extends Endpoint.Any>(
  endpoint: E
): <A>(call: Effect.Effect<A, Endpoint.AnswerError<E>>) => Effect.Effect<A, Endpoint.Error<E>>
// Only the signature above says that the errors depend on the endpoint.
export function withOutcome(endpoint: Endpoint.Any): unknown {
  const toError = toWriteError(endpoint)
  return endpoint.readOnly
    ? identity
    : (call: Effect.Effect<unknown, CommsError.CommsError>) => Effect.mapError(call, toError)
}
