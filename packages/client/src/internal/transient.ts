import type * as CommsError from "@effect-comms/domain/CommsError"

/**
 * Whether a failure is transient: it is retryable, an error of the server, or a broken response. A call does not retry
 * all of these, but a wait or a feed polls again.
 */
export const isTransient = (error: CommsError.CommsError): boolean => {
  if (error.isRetryable) return true
  switch (error._tag) {
    case "InternalServerError":
    case "InvalidResponse":
      return true
    case "TransportFailure":
      return error.reason !== "Tls"
    case "UnexpectedStatus":
      return error.status >= 500
    default:
      return false
  }
}
