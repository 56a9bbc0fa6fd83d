/**
 * Who calls the API: an account SID and its auth token, or the SID and the secret of an API key.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * What HTTP Basic authentication is made of. An API key can be withdrawn without changing the account's token, so it
 * is the better choice for a program.
 *
 * @category models
 * @since 0.1.0
 */
export type Credentials = AccountCredentials | ApiKeyCredentials

/**
 * An account SID (`AC...`) and its auth token.
 *
 * @category models
 * @since 0.1.0
 */
export interface AccountCredentials {
  readonly accountSid: string
  readonly authToken: Redacted.Redacted<string>
}

/**
 * The SID (`SK...`) and the secret of an API key.
 *
 * @category models
 * @since 0.1.0
 */
export interface ApiKeyCredentials {
  readonly apiKey: Redacted.Redacted<string>
  readonly apiSecret: Redacted.Redacted<string>
}

const secret = (name: string) =>
  Config.Redacted(name).pipe(
    Config.option,
    // An empty variable is how shells and CI systems spell "not set".
    Config.map(Option.filter((value) => Redacted.value(value) !== ""))
  )

/**
 * Reads `TWILIO_API_KEY` and `TWILIO_API_SECRET`, or `TWILIO_ACCOUNT_SID` and `TWILIO_AUTH_TOKEN`.
 *
 * **Details**
 *
 * The API key is taken when both of its variables are set. An empty variable counts as not set. When neither pair is
 * complete, the error names the first variable that is missing.
 *
 * @category config
 * @since 0.1.0
 */
export const config: Effect.Effect<Credentials, Config.ConfigError> = Effect.gen(function*() {
  const apiKey = yield* secret("TWILIO_API_KEY")
  const apiSecret = yield* secret("TWILIO_API_SECRET")
  if (Option.isSome(apiKey) && Option.isSome(apiSecret)) {
    return { apiKey: apiKey.value, apiSecret: apiSecret.value }
  }
  const accountSid = yield* secret("TWILIO_ACCOUNT_SID")
  const authToken = yield* secret("TWILIO_AUTH_TOKEN")
  if (Option.isSome(accountSid) && Option.isSome(authToken)) {
    return { accountSid: Redacted.value(accountSid.value), authToken: authToken.value }
  }
  return yield* Option.isSome(accountSid) || (Option.isNone(apiKey) && Option.isNone(apiSecret))
    ? Config.all({ accountSid: Config.NonEmptyString("TWILIO_ACCOUNT_SID"), authToken: required("TWILIO_AUTH_TOKEN") })
    : Config.all({ apiKey: required("TWILIO_API_KEY"), apiSecret: required("TWILIO_API_SECRET") })
})

const required = (name: string) => Config.NonEmptyString(name).pipe(Config.map((value) => Redacted.make(value)))

/**
 * The user name and the password of HTTP Basic authentication.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toBasic = (credentials: Credentials): {
  readonly username: Redacted.Redacted<string>
  readonly password: Redacted.Redacted<string>
} =>
  "apiKey" in credentials
    ? { username: credentials.apiKey, password: credentials.apiSecret }
    : { username: Redacted.make(credentials.accountSid), password: credentials.authToken }

/**
 * A function that takes the secrets, and the form they travel in, out of a text that came from the network.
 *
 * **Details**
 *
 * A gateway may repeat a request's headers in its error page, and an excerpt of that page is shown to people. The forms
 * in which URLs, HTML and JSON write a secret are found as well.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toScrubber = (credentials: Credentials): (text: string) => string => {
  const { password, username } = toBasic(credentials)
  const secrets = [
    Base64.encode(`${Redacted.value(username)}:${Redacted.value(password)}`),
    Redacted.value(password),
    ...("apiKey" in credentials ? [Redacted.value(username)] : [])
  ]
  // The longest first, since a shorter one may be a part of it.
  const forms = Arr.sort(Arr.dedupe(secrets.flatMap(formsOf)).filter((form) => form !== ""), longestFirst)
  return (text) => forms.reduce((text, form) => text.replaceAll(form, "<redacted>"), text)
}

const longestFirst = Order.mapInput(Order.Number, (text: string) => -text.length)

// As it is, and as URLs, HTML and JSON write it.
const formsOf = (secret: string): ReadonlyArray<string> => {
  const inUrl = encodeURIComponent(secret.replace(/\p{Cs}/gu, "\uFFFD"))
  const inForm = new URLSearchParams([["", secret]]).toString().slice(1)
  const inHtml = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    "\"",
    "&quot;"
  )
  return [
    secret,
    inUrl,
    toLowerCaseEscapes(inUrl),
    inForm,
    toLowerCaseEscapes(inForm),
    inHtml,
    ...["&#39;", "&#x27;", "&apos;"].map((quote) => inHtml.replaceAll("'", quote)),
    encodeJson(secret).slice(1, -1)
  ]
}

const toLowerCaseEscapes = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.String))
