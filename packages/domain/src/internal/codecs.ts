// Each error class on the wire, its status, body and headers, for the server that is derived from the contract.
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Headers from "effect/http/Headers"
import * as Schema from "effect/Schema"
import * as CommsError from "../CommsError.ts"
import { TwilioErrors } from "../TwilioError.ts"

const envelope = (status: number) => TwilioErrors.pipe(HttpApiSchema.status(status))

const toBody = (error: CommsError.Answer) => ({ errors: error.errors })

const answerHeaders = { "twilio-request-id": Schema.optionalKey(Schema.String) }

const toHeaders = (error: CommsError.Answer) =>
  error.requestId === undefined ? {} : { "twilio-request-id": error.requestId }

const fromParts = (parts: {
  readonly body: TwilioErrors
  readonly headers: { readonly "twilio-request-id"?: string }
}): CommsError.Answer => ({
  errors: parts.body.errors,
  ...(parts.headers["twilio-request-id"] === undefined ? {} : { requestId: parts.headers["twilio-request-id"] })
})

const retryHeaders = {
  ...answerHeaders,
  "retry-after": Schema.optionalKey(Schema.RetryAfterFromString)
}

const toRetryHeaders = (error: CommsError.AnswerWithRetryAfter) => ({
  ...toHeaders(error),
  ...(error.retryAfter === undefined ? {} : { "retry-after": Headers.retryAfterDuration(error.retryAfter) })
})

// A date needs a clock, which a codec does not have. Only the client decodes it; this codec reads seconds.
const fromRetryParts = (parts: {
  readonly body: TwilioErrors
  readonly headers: { readonly "twilio-request-id"?: string; readonly "retry-after"?: Headers.RetryAfter }
}): CommsError.AnswerWithRetryAfter => {
  const retryAfter = parts.headers["retry-after"]
  return { ...fromParts(parts), ...(retryAfter?._tag === "Duration" ? { retryAfter: retryAfter.duration } : {}) }
}

const answerCodec = <Error extends Schema.Top & { readonly Type: CommsError.Answer; readonly status: number }>(
  error: Error,
  make: (fields: CommsError.Answer) => Error["Type"]
) =>
  error.pipe(
    HttpApiSchema.encodeToWithHeaders({ body: envelope(error.status), headers: answerHeaders }, {
      decode: (parts) => make(fromParts(parts)),
      encode: (error) => ({ body: toBody(error), headers: toHeaders(error) })
    })
  )

const retryCodec = <
  Error extends Schema.Top & { readonly Type: CommsError.AnswerWithRetryAfter; readonly status: number }
>(
  error: Error,
  make: (fields: CommsError.AnswerWithRetryAfter) => Error["Type"]
) =>
  error.pipe(
    HttpApiSchema.encodeToWithHeaders({ body: envelope(error.status), headers: retryHeaders }, {
      decode: (parts) => make(fromRetryParts(parts)),
      encode: (error) => ({ body: toBody(error), headers: toRetryHeaders(error) })
    })
  )

export const byStatus = {
  [CommsError.BadRequest.status]: answerCodec(CommsError.BadRequest, (fields) => new CommsError.BadRequest(fields)),
  [CommsError.NotFound.status]: answerCodec(CommsError.NotFound, (fields) => new CommsError.NotFound(fields)),
  [CommsError.Conflict.status]: retryCodec(CommsError.Conflict, (fields) => new CommsError.Conflict(fields)),
  [CommsError.TooManyRequests.status]: retryCodec(
    CommsError.TooManyRequests,
    (fields) => new CommsError.TooManyRequests(fields)
  ),
  [CommsError.InternalServerError.status]: answerCodec(
    CommsError.InternalServerError,
    (fields) => new CommsError.InternalServerError(fields)
  ),
  [CommsError.ServiceUnavailable.status]: retryCodec(
    CommsError.ServiceUnavailable,
    (fields) => new CommsError.ServiceUnavailable(fields)
  )
}

const Problem = Schema.Struct({
  type: Schema.String,
  title: Schema.String,
  status: Schema.Int,
  detail: Schema.String
}).pipe(HttpApiSchema.asJson({ contentType: "application/problem+json" }))

const problemCodec = <
  Error extends Schema.Top & {
    readonly Type: CommsError.Answer
    readonly status: number
    readonly title: string
    readonly detail: string
  }
>(
  error: Error,
  make: (fields: CommsError.Answer) => Error["Type"]
) =>
  error.pipe(
    HttpApiSchema.encodeToWithHeaders({
      body: Problem.annotate({ description: error.detail, httpApiStatus: error.status }),
      headers: answerHeaders
    }, {
      decode: ({ headers }) => make(fromParts({ body: { errors: [] }, headers })),
      encode: (answer) => ({
        body: {
          type: "about:blank",
          title: error.title,
          status: error.status,
          detail: answer.errors[0]?.message ?? error.detail
        },
        headers: toHeaders(answer)
      })
    })
  )

export const unauthorized = problemCodec(CommsError.Unauthorized, (fields) => new CommsError.Unauthorized(fields))

export const forbidden = problemCodec(CommsError.Forbidden, (fields) => new CommsError.Forbidden(fields))
