/**
 * The error objects of Twilio's responses, and the envelope around them.
 *
 * @module
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

const origin = "https://www.twilio.com"

// The documentation shows relative links (`/docs/api/errors/20404`) although its schema says `format: uri`.
const InfoUrl = Schema.String.pipe(
  Schema.decodeTo(
    Schema.String,
    SchemaTransformation.transform({
      decode: (link) => link.startsWith("/") && !link.startsWith("//") ? origin + link : link,
      encode: (link) => link
    })
  )
)

// The documentation shows both `null` and the text "null" for "no context".
const Context = Schema.NullOr(Schema.String).pipe(
  Schema.decodeTo(
    Schema.NullOr(Schema.String),
    SchemaTransformation.transform({
      decode: (context) => context === "null" ? null : context,
      encode: (context) => context
    })
  )
)

/**
 * One error of a response.
 *
 * **Details**
 *
 * - `message`: what the server says.
 * - `code`: the Twilio error code. The API documents it; it is absent if the server sent none.
 * - `infoUrl`: an absolute link to the page about the code, absent if the server sent none. A relative link is resolved
 *   against `https://www.twilio.com`.
 * - `context`: the JSON path of the invalid field, or `null`. The text `"null"` is read as `null`.
 * - `value`: the text in the request's body that `context` points to, such as the id of a Sender. The client adds it.
 *
 * @category models
 * @since 0.1.0
 */
export class TwilioError extends Schema.Class<TwilioError>("TwilioError")({
  message: Schema.String,
  code: Schema.optionalKey(Schema.Int),
  infoUrl: Schema.optionalKey(InfoUrl),
  context: Context,
  value: Schema.optionalKey(Schema.String)
}) {}

const DocumentedError = Schema.Struct({
  code: Schema.Int.annotateKey({ description: "The Twilio error code." }),
  message: Schema.String.annotateKey({ description: "A human readable message describing the error." }),
  infoUrl: Schema.String.annotate({ format: "uri" }).annotateKey({
    description: "A link to the page of the Twilio error directory about the code."
  }),
  context: Schema.NullOr(Schema.String).annotateKey({ description: "A JSON path that identifies the errant field." })
}).annotate({
  identifier: "TwilioError",
  title: "TwilioError",
  description: "An error of the client's or of the server's making."
})

/**
 * The body of every documented error response: one or more errors with all of their fields.
 *
 * **Details**
 *
 * Encoding writes an absent `code` as 0 and an absent `infoUrl` as an empty text. To read the errors of any server, use
 * {@link fromBody}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TwilioErrors = Schema.Struct({
  errors: Schema.Array(DocumentedError.pipe(Schema.decodeTo(
    TwilioError,
    SchemaTransformation.transform({
      decode: (error): typeof TwilioError.Encoded => error,
      encode: ({ code = 0, context, infoUrl = "", message }) => ({ code, message, infoUrl, context })
    })
  ))).annotateKey({ description: "One or more Twilio API errors." })
}).annotate({ identifier: "TwilioErrors", title: "TwilioErrors" })

/**
 * The type of the schema `TwilioErrors`.
 *
 * @category models
 * @since 0.1.0
 */
export interface TwilioErrors extends Schema.Schema.Type<typeof TwilioErrors> {}

const decodeError = Schema.decodeUnknownOption(TwilioError)

const isCode = Schema.is(Schema.Int)

const codeOf = (value: unknown): { readonly code?: number } => {
  const code = Predicate.isString(value) && /^\d+$/.test(value) ? Number(value) : value
  return isCode(code) ? { code } : {}
}

const errorOf = (value: unknown): Option.Option<TwilioError> => {
  if (!Predicate.isObject(value)) return Option.none()
  const { code, context, infoUrl, message, more_info: moreInfo } = value
  const link = infoUrl ?? moreInfo
  return decodeError({
    message,
    ...codeOf(code),
    ...(Predicate.isString(link) ? { infoUrl: link } : {}),
    context: Predicate.isString(context) ? context : null
  })
}

/**
 * Reads the errors of the body of a response, in their order.
 *
 * **Details**
 *
 * Only `message` is required. A `code` can be text, and any other field of the wrong type is read as absent. An error
 * that cannot be read is omitted. A body with the `code`, `message` and `more_info` of Twilio's older APIs is one
 * error.
 *
 * @category decoding
 * @stability unstable
 * @since 0.1.0
 */
export const fromBody = (body: unknown): ReadonlyArray<TwilioError> => {
  if (!Predicate.isObject(body)) return []
  const { code, errors } = body
  if (Array.isArray(errors)) return Arr.getSomes(errors.map(errorOf))
  // A proxy's body often has a `message` too, but no code.
  return codeOf(code).code === undefined ? [] : Option.toArray(errorOf(body))
}
