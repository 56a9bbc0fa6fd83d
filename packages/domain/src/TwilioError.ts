/**
 * The error objects of Twilio's responses, and the envelope around them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

const origin = "https://www.twilio.com"

// The documentation shows relative links (`/docs/api/errors/20404`) although its schema says `format: uri`.
const InfoUrl = Schema.String.annotate({ format: "uri" }).pipe(
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
 * One error of a response, as documented by the API.
 *
 * **Details**
 *
 * - `infoUrl`: an absolute link. A relative link is resolved against `https://www.twilio.com`.
 * - `context`: the JSON path of the invalid field, or `null`. The text `"null"` is read as `null`.
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
 * The body of every documented error response: one or more errors.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TwilioErrors = Schema.Struct({
  errors: Schema.Array(TwilioError).annotateKey({ description: "One or more Twilio API errors." })
}).annotate({ identifier: "TwilioErrors", title: "TwilioErrors" })

export interface TwilioErrors extends Schema.Schema.Type<typeof TwilioErrors> {}
