// Each error class on the wire, its status, body and headers, for the server that is derived from the contract.
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Headers from "effect/http/Headers"
import * as Schema from "effect/Schema"
import { AcceptedChange, AcceptedOperation } from "../Accepted.ts"
import * as CommsError from "../CommsError.ts"
import { omitUndefined } from "../Input.ts"
import { TwilioErrors } from "../TwilioError.ts"

export interface ErrorClass<Self extends CommsError.Answer> extends Schema.Codec<Self, unknown> {
  readonly status: number
  readonly title: string
  readonly detail: string
  new(fields: CommsError.AnswerWithRetryAfter): Self
}

const requestIdHeader = { "twilio-request-id": Schema.optionalKey(Schema.String) }

const retryHeaders = { ...requestIdHeader, "retry-after": Schema.optionalKey(Schema.RetryAfterFromString) }

// A date needs a clock, which a codec does not have. Only the client decodes it; this codec reads seconds.
const fromHeaders = (
  headers: { readonly "twilio-request-id"?: string; readonly "retry-after"?: Headers.RetryAfter }
) => {
  const { "retry-after": retryAfter, "twilio-request-id": requestId } = headers
  return omitUndefined({
    requestId,
    retryAfter: retryAfter?._tag === "Duration" ? retryAfter.duration : undefined
  })
}

const toHeaders = ({ requestId, retryAfter }: CommsError.AnswerWithRetryAfter) =>
  omitUndefined({
    "twilio-request-id": requestId,
    "retry-after": retryAfter && Headers.retryAfterDuration(retryAfter)
  })

const answerCodec = <Self extends CommsError.Answer>(error: ErrorClass<Self>, headers: typeof requestIdHeader) =>
  error.pipe(
    HttpApiSchema.encodeToWithHeaders({ body: TwilioErrors.pipe(HttpApiSchema.status(error.status)), headers }, {
      decode: ({ body, headers }) => new error({ ...body, ...fromHeaders(headers) }),
      encode: (error) => ({ body: { errors: error.errors }, headers: toHeaders(error) })
    })
  )

export const byStatus = {
  [CommsError.BadRequest.status]: answerCodec(CommsError.BadRequest, requestIdHeader),
  [CommsError.NotFound.status]: answerCodec(CommsError.NotFound, requestIdHeader),
  [CommsError.Conflict.status]: answerCodec(CommsError.Conflict, retryHeaders),
  [CommsError.TooManyRequests.status]: answerCodec(CommsError.TooManyRequests, retryHeaders),
  [CommsError.InternalServerError.status]: answerCodec(CommsError.InternalServerError, requestIdHeader),
  [CommsError.ServiceUnavailable.status]: answerCodec(CommsError.ServiceUnavailable, retryHeaders)
}

const Problem = Schema.Struct({
  type: Schema.String,
  title: Schema.String,
  status: Schema.Int,
  detail: Schema.String
}).pipe(HttpApiSchema.asJson({ contentType: "application/problem+json" }))

const problemCodec = <Self extends CommsError.Answer>(error: ErrorClass<Self>) =>
  error.pipe(
    HttpApiSchema.encodeToWithHeaders({
      body: Problem.annotate({ description: error.detail, httpApiStatus: error.status }),
      headers: requestIdHeader
    }, {
      decode: ({ headers }) => new error({ errors: [], ...fromHeaders(headers) }),
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

export const unauthorized = problemCodec(CommsError.Unauthorized)

export const forbidden = problemCodec(CommsError.Forbidden)

const location = { location: Schema.optionalKey(Schema.String) }

export const acceptedOperation = AcceptedOperation.pipe(
  HttpApiSchema.encodeToWithHeaders({
    body: Schema.Struct(AcceptedOperation.fields).pipe(HttpApiSchema.status(202)),
    headers: location
  }, {
    decode: ({ body }) => new AcceptedOperation(body),
    encode: (accepted) => ({ body: accepted, headers: omitUndefined({ location: accepted.operationLocation }) })
  })
)

export const acceptedChange = AcceptedChange.pipe(
  HttpApiSchema.encodeToWithHeaders({
    body: Schema.Struct(AcceptedChange.fields).pipe(HttpApiSchema.status(202)),
    headers: location
  }, {
    decode: ({ body }) => new AcceptedChange(body),
    encode: (accepted) => ({ body: accepted, headers: omitUndefined({ location: accepted.resourceLocation }) })
  })
)
