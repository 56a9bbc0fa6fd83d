/**
 * Credentials of the API: an account SID and its auth token, or the SID and the secret of an API key.
 *
 * @module
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { invalidInput } from "@effect-comms/domain/Input"
import * as Arr from "effect/Array"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Hex from "effect/encoding/Hex"
import * as Order from "effect/Order"
import * as Redacted from "effect/Redacted"
import * as RegExp from "effect/RegExp"
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

const whiteSpace = /^\s|\s$/

/**
 * Says what is wrong with credentials, without showing them; undefined if they can be sent.
 *
 * @category guards
 * @stability unstable
 * @since 0.1.0
 */
export const findProblem = (credentials: Credentials): string | undefined => {
  const named = "apiKey" in credentials
    ? { apiKey: Redacted.value(credentials.apiKey), apiSecret: Redacted.value(credentials.apiSecret) }
    : { accountSid: credentials.accountSid, authToken: Redacted.value(credentials.authToken) }
  for (const [name, value] of Object.entries(named)) {
    if (value === "") return `Expected ${name} not to be empty`
    if (whiteSpace.test(value)) return `Expected ${name} without white space at its start or end`
  }
  // The user name of HTTP Basic authentication ends at the first colon.
  return Redacted.value(toBasic(credentials).username).includes(":")
    ? `Expected ${Object.keys(named)[0]} without a colon`
    : undefined
}

// A shorter value is a part of other words, and no real secret.
const minSecretLength = 8

/**
 * Makes a function that removes the credentials from text from the network, such as an error page of a gateway that
 * contains the request headers.
 *
 * **Details**
 *
 * It removes the secrets in plain, in Base64 and in hexadecimal form, the header on the wire, and the escaped forms in
 * URLs, HTML and JSON. A secret of fewer than 8 characters is only removed from the header. The name of `host` is never
 * changed, even if a secret is a part of it.
 *
 * @category conversions
 * @stability unstable
 * @since 0.1.0
 */
export const toScrubber = (credentials: Credentials, host = ""): (text: string) => string => {
  const { password, username } = toBasic(credentials)
  const secrets = [
    Redacted.value(password),
    ...("apiKey" in credentials ? [Redacted.value(username)] : [])
  ].filter((secret) => secret.length >= minSecretLength)
  const header = `${Redacted.value(username)}:${Redacted.value(password)}`
  // The longest first, because a shorter form can be a part of a longer one.
  const forms = Arr.sort(
    Arr.dedupe([...base64FormsOf(header), ...secrets.flatMap(formsOf)]),
    Order.mapInput(Order.Number, (text: string) => -text.length)
  )
  const kept = forms.some((form) => host.includes(form)) ? [host] : []
  const pattern = new RegExp.RegExp([...kept, ...forms].map(RegExp.escape).join("|"), "g")
  return (text) => text.replace(pattern, (found) => kept.includes(found) ? found : "<redacted>")
}

const base64FormsOf = (text: string): ReadonlyArray<string> => [
  Base64.encode(text),
  Base64.encode(text).replace(/=+$/, ""),
  Base64Url.encodePadded(text),
  Base64Url.encode(text)
]

const formsOf = (secret: string): ReadonlyArray<string> => {
  const inUrl = encodeURIComponent(secret.replace(/\p{Cs}/gu, "\uFFFD"))
  const inForm = new URLSearchParams([["", secret]]).toString().slice(1)
  const inHtml = secret.replace(/[&<>"]/g, (character) => htmlEscapes[character] ?? character)
  return [
    secret,
    ...base64FormsOf(secret),
    Hex.encode(secret),
    Hex.encode(secret).toUpperCase(),
    ...[inUrl, inForm].flatMap((text) => [text, text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())]),
    ...["'", "&#39;", "&#x27;", "&apos;"].map((quote) => inHtml.replaceAll("'", quote)),
    encodeJson(secret).slice(1, -1)
  ]
}

const htmlEscapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" }

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.String))
