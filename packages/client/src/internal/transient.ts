// Which failures say nothing about what was asked for, so that who watches goes on watching.
import type * as CommsError from "@effect-comms/domain/CommsError"

/**
 * Whether a failure may pass by itself: what may be repeated, what is wrong on the server's side, and what is lost or
 * spoilt on the way. A call does not repeat all of these, but who looks again later need not give up for them.
 */
export const isTransient = (error: CommsError.CommsError): boolean => {
  if (error.isRetryable) return true
  switch (error._tag) {
    case "InternalServerError":
    case "TransportFailure":
    case "InvalidResponse":
      return true
    case "UnexpectedStatus":
      return error.status >= 500
    default:
      return false
  }
}
