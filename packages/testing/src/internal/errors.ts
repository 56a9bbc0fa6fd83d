import type * as CommsError from "@effect-comms/domain/CommsError"
import { TwilioError } from "@effect-comms/domain/TwilioError"

type Status = CommsError.StatusError["status"]

const documented: { readonly [status in Status]: readonly [code: number, message: string] } = {
  400: [20001, "Bad request."],
  401: [20003, "Authenticate."],
  403: [20403, "Forbidden."],
  404: [20404, "The resource was not found."],
  409: [77701, "Account not ready. Please retry according to the Retry-After response header."],
  429: [20429, "Too many requests. Please retry according to the Retry-After response header."],
  500: [20500, "Internal server error."],
  503: [20503, "Service unavailable."]
}

const isDocumented = (status: number): status is Status => Object.hasOwn(documented, status)

/** The documented error of a status. `context` is the field that it is about. */
export const twilioError = (status: number, context: string | null = null, message?: string): TwilioError => {
  const [code, text] = isDocumented(status)
    ? documented[status]
    : [20000 + status, "An error that is not documented."] as const
  return new TwilioError({ code, message: message ?? text, infoUrl: `/docs/api/errors/${code}`, context })
}
