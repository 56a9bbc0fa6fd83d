import * as CommsError from "@effect-comms/domain/CommsError"
import { TwilioError } from "@effect-comms/domain/TwilioError"
import * as Schema from "effect/Schema"

const documented: { readonly [status: number]: readonly [code: number, message: string] } = {
  400: [20001, "Bad request."],
  401: [20003, "Authenticate."],
  403: [20403, "Forbidden."],
  404: [20404, "The resource was not found."],
  409: [77701, "Account not ready. Please retry according to the Retry-After response header."],
  429: [20429, "Too many requests. Please retry according to the Retry-After response header."],
  500: [20500, "Internal server error."],
  503: [20503, "Service unavailable."]
}

/** The documented error of a status. `context` is the field that it is about. */
export const twilioError = (status: number, context: string | null = null, message?: string): TwilioError => {
  const [code, text] = documented[status] ?? [20000 + status, "An error that is not documented."]
  return new TwilioError({ code, message: message ?? text, infoUrl: `/docs/api/errors/${code}`, context })
}

export const AuthErrors = Schema.Literals(["classic", "problem"])

export type AuthErrors = typeof AuthErrors.Type

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Json))

/** The body of an error answer by default, and its media type. */
export const errorBody = (status: number, authErrors: AuthErrors) => {
  const error = twilioError(status, "null")
  const auth = [CommsError.Unauthorized, CommsError.Forbidden].find((error) => error.status === status)
  if (auth === undefined) return { body: encodeJson({ errors: [{ ...error }] }), mediaType: "application/json" }
  if (authErrors === "problem") {
    const { detail, title } = auth
    return { body: encodeJson({ type: "about:blank", title, status, detail }), mediaType: "application/problem+json" }
  }
  const { code = status, message } = error
  const body = encodeJson({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status })
  return { body, mediaType: "application/json" }
}
