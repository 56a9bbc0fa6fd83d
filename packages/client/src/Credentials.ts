/**
 * Credentials of the API: an account SID and its auth token, or the SID and the secret of an API key.
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
 * Credentials for HTTP Basic authentication. Prefer an API key: it can be revoked without changing the auth token.
 *
 * @category models
 * @since 0.1.0
 */
export type Credentials = {
  /** The account SID (`AC...`). */
  readonly accountSid: string
  /** The auth token of the account. */
  readonly authToken: Redacted.Redacted<string>
} | {
  /** The SID of the API key (`SK...`). */
  readonly apiKey: Redacted.Redacted<string>
  /** The secret of the API key. */
  readonly apiSecret: Redacted.Redacted<string>
}

const pairs = [["TWILIO_API_KEY", "TWILIO_API_SECRET"], ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"]] as const

/**
 * The name of a variable that {@link config} reads.
 *
 * @category models
 * @stability unstable
 * @since 0.1.0
 */
export type Variable = (typeof pairs)[number][number]

/**
 * The variables that {@link config} reads.
 *
 * @category constants
 * @stability unstable
 * @since 0.1.0
 */
export const variables: ReadonlyArray<Variable> = pairs.flat()

const halfSet = (set: Variable, missing: Variable) => `${set} is set, but ${missing} is not.`

/**
 * Explains why no credentials were found in the variables.
 *
 * @category errors
 * @stability unstable
 * @since 0.1.0
 */
export const explainMissing = (isSet: (name: Variable) => boolean) => ({
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
 * The API key has priority if both of its variables are set. An empty variable counts as not set. If neither pair is
 * complete, the effect fails with `InvalidInput` of the field `credentials`; the message lists the variables to set.
 * `CommsClient.make` fails with the same error for empty credentials. A `ConfigError` means that the provider failed.
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
 * The user name and the password for HTTP Basic authentication.
 *
 * @category conversions
 * @stability unstable
 * @since 0.1.0
 */
export const toBasic = (credentials: Credentials) =>
  "apiKey" in credentials
    ? { username: credentials.apiKey, password: credentials.apiSecret }
    : { username: Redacted.make(credentials.accountSid), password: credentials.authToken }

/**
 * Makes a function that removes the credentials from text from the network, such as an error page of a gateway that
 * contains the request headers.
 *
 * **Details**
 *
 * It removes the secrets, their Base64 form on the wire, and their escaped forms in URLs, HTML and JSON.
 *
 * @category conversions
 * @stability unstable
 * @since 0.1.0
 */
export const toScrubber = (credentials: Credentials): (text: string) => string => {
  const { password, username } = toBasic(credentials)
  const secrets = [
    Base64.encode(`${Redacted.value(username)}:${Redacted.value(password)}`),
    Redacted.value(password),
    ...("apiKey" in credentials ? [Redacted.value(username)] : [])
  ]
  // The longest first, because a shorter form can be a part of a longer one.
  const forms = Arr.sort(Arr.dedupe(secrets.flatMap(formsOf)).filter((form) => form !== ""), longestFirst)
  return (text) => forms.reduce((text, form) => text.replaceAll(form, "<redacted>"), text)
}

const longestFirst = Order.mapInput(Order.Number, (text: string) => -text.length)

const formsOf = (secret: string): ReadonlyArray<string> => {
  const inUrl = encodeURIComponent(secret.replace(/\p{Cs}/gu, "\uFFFD"))
  const inForm = new URLSearchParams([["", secret]]).toString().slice(1)
  const inHtml = secret.replace(/[&<>"]/g, (character) => htmlEscapes[character] ?? character)
  return [
    secret,
    ...[inUrl, inForm].flatMap((text) => [text, text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())]),
    ...["'", "&#39;", "&#x27;", "&apos;"].map((quote) => inHtml.replaceAll("'", quote)),
    encodeJson(secret).slice(1, -1)
  ]
}

const htmlEscapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" }

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.String))
