/**
 * The error objects that Twilio answers with, and the envelope around them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

const origin = "https://www.twilio.com"

// The documentation prints relative links (`/docs/api/errors/20404`) where its schema says `format: uri`.
const InfoUrl = Schema.String.annotate({ format: "uri" }).pipe(
  Schema.decodeTo(
    Schema.String,
    SchemaTransformation.transform({
      decode: (link) => link.startsWith("/") && !link.startsWith("//") ? origin + link : link,
      encode: (link) => link
    })
  )
)

// `null` and the four letters "null" are both printed for "no context".
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
 * One error of an answer, as documented by the API.
 *
 * **Details**
 *
 * `infoUrl` is absolute: a relative link is resolved against `https://www.twilio.com`. `context` is the JSON path of
 * the field at fault, or `null`; the text `"null"`, which the API prints as well, is read as `null`.
 *
 * @category models
 * @since 0.1.0
 */
export class TwilioError extends Schema.Class<TwilioError>("TwilioError")({
  code: Schema.Int.annotateKey({ description: "The Twilio error code." }),
  message: Schema.String.annotateKey({ description: "A human readable message describing the error." }),
  infoUrl: InfoUrl.annotateKey({ description: "A link to the page of the Twilio error directory about the code." }),
  context: Context.annotateKey({ description: "A JSON path that identifies the errant field." })
}, { description: "An error of the client's or of the server's making." }) {}

/**
 * The envelope of every documented error answer: one or more errors.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TwilioErrors = Schema.Struct({
  errors: Schema.Array(TwilioError).annotateKey({ description: "One or more Twilio API errors." })
}).annotate({ identifier: "TwilioErrors", title: "TwilioErrors" })

/**
 * @category models
 * @since 0.1.0
 */
export interface TwilioErrors extends Schema.Schema.Type<typeof TwilioErrors> {}
