/**
 * Who calls the API: an account SID and its auth token, or the SID and the secret of an API key.
 *
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { invalidInput } from "@effect-comms/domain/Input"
import * as Arr from "effect/Array"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Order from "effect/Order"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { variable } from "./internal/variable.ts"

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

const pairs = [["TWILIO_API_KEY", "TWILIO_API_SECRET"], ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"]] as const

/**
 * The name of a variable that {@link config} reads.
 *
 * @category models
 * @since 0.1.0
 */
export type Variable = (typeof pairs)[number][number]

/**
 * The variables that {@link config} reads.
 *
 * @category constants
 * @since 0.1.0
 */
export const variables: ReadonlyArray<Variable> = pairs.flat()

const halfSet = (set: Variable, missing: Variable) => `${set} is set, but ${missing} is not.`

/**
 * Explains why there are no credentials when neither pair of variables is complete.
 *
 * @category errors
 * @since 0.1.0
 */
export const explainMissing = (isSet: (name: Variable) => boolean): {
  readonly what: string
  readonly why: string
  readonly advice: string
} => ({
  what: "There are no credentials.",
  why:
    pairs.flatMap(([id, secret]) =>
      isSet(id) === isSet(secret) ? [] : [isSet(id) ? halfSet(id, secret) : halfSet(secret, id)]
    ).join(" ") || "None of the variables that hold them is set.",
  advice: "Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET"
})

const Secret = Schema.RedactedFromValue(Schema.String)

/**
 * Reads `TWILIO_API_KEY` and `TWILIO_API_SECRET`, or `TWILIO_ACCOUNT_SID` and `TWILIO_AUTH_TOKEN`.
 *
 * **Details**
 *
 * The API key is used when both of its variables are set. An empty variable counts as not set. When neither pair is
 * complete, the effect fails with an `InvalidInput` of the field `credentials`, as `CommsClient.make` does for empty
 * credentials. One handler covers both, and the message says what to set. A `ConfigError` means that the provider
 * cannot be read.
 *
 * @category config
 * @since 0.1.0
 */
export const config: Effect.Effect<Credentials, CommsError.InvalidInput | Config.ConfigError> = Effect.gen(function*() {
  const apiKey = yield* variable("TWILIO_API_KEY", Secret)
  const apiSecret = yield* variable("TWILIO_API_SECRET", Secret)
  if (apiKey !== undefined && apiSecret !== undefined) return { apiKey, apiSecret }
  const accountSid = yield* variable("TWILIO_ACCOUNT_SID", Schema.String)
  const authToken = yield* variable("TWILIO_AUTH_TOKEN", Secret)
  if (accountSid !== undefined && authToken !== undefined) return { accountSid, authToken }
  const values = {
    TWILIO_API_KEY: apiKey,
    TWILIO_API_SECRET: apiSecret,
    TWILIO_ACCOUNT_SID: accountSid,
    TWILIO_AUTH_TOKEN: authToken
  }
  const { advice, what, why } = explainMissing((name) => values[name] !== undefined)
  return yield* invalidInput("CommsClient.layerConfig", "credentials", `${what} ${why} ${advice}`)
})

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
