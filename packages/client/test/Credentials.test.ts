import { CommsClient, Credentials } from "@effect-comms/client"
import { CommsError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Effect, Exit, Redacted, Schema } from "effect"
import { inspect } from "node:util"
import {
  type Answer,
  answer,
  credentials,
  errorOf,
  fetch,
  html,
  json,
  layerHttp,
  layerScript,
  layerScriptWith,
  lost,
  operation,
  refused,
  sent
} from "./utils/script.ts"

const apiKey = { apiKey: Redacted.make("SK0123456789"), apiSecret: Redacted.make("s3cr3t-k3y") }

const base64OfUtf8 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

describe("the Authorization header", () => {
  it.effect.each(
    [
      [credentials, "AC0123456789:s3cr3t-t0ken"],
      [apiKey, "SK0123456789:s3cr3t-k3y"],
      [{ accountSid: "AC1", authToken: Redacted.make("pässwörd-日本-🔑") }, "AC1:pässwörd-日本-🔑"],
      [{ accountSid: "AC1", authToken: Redacted.make("with:colon") }, "AC1:with:colon"],
      [{ accountSid: "AC1", authToken: Redacted.make("a b") }, "AC1:a b"]
    ] as const
  )("has the credentials in UTF-8 and Base64 (%#)", ([credentials, text]) =>
    Effect.gen(function*() {
      yield* fetch
      const [request] = yield* sent
      assert.strictEqual(request?.headers["authorization"], `Basic ${base64OfUtf8(text)}`)
    }).pipe(Effect.provide(layerScriptWith({ credentials })(json(operation)))))
})

const whyOf = ([apiKey, apiSecret, accountSid, authToken]: ReadonlyArray<boolean>) =>
  [
    ...apiKey === apiSecret
      ? []
      : apiKey === true
      ? ["TWILIO_API_KEY is set, but TWILIO_API_SECRET is not."]
      : ["TWILIO_API_SECRET is set, but TWILIO_API_KEY is not."],
    ...accountSid === authToken
      ? []
      : accountSid === true
      ? ["TWILIO_ACCOUNT_SID is set, but TWILIO_AUTH_TOKEN is not."]
      : ["TWILIO_AUTH_TOKEN is set, but TWILIO_ACCOUNT_SID is not."]
  ].join(" ") || "None of the variables that hold them is set."

describe("config", () => {
  const names = ["TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"] as const
  const values = ["SK1", "key-s3cret", "AC1", "t0ken"] as const

  /** Every combination of set, empty and absent variables. */
  const cases = ["set", "empty", "absent"].flatMap((apiKey) =>
    ["set", "empty", "absent"].flatMap((apiSecret) =>
      ["set", "empty", "absent"].flatMap((accountSid) =>
        ["set", "empty", "absent"].map((authToken) => ({ states: [apiKey, apiSecret, accountSid, authToken] }))
      )
    )
  )

  const environmentOf = (states: ReadonlyArray<string>) =>
    Object.fromEntries(
      names.flatMap((name, n) => states[n] === "absent" ? [] : [[name, states[n] === "set" ? values[n] ?? "" : ""]])
    )

  it.effect.each(cases)("reads a complete pair or fails ($states)", ({ states }) =>
    Effect.gen(function*() {
      const [hasKey, hasSecret, hasSid, hasToken] = states.map((state) => state === "set")
      const result = yield* Effect.result(Credentials.config)
      if (hasKey === true && hasSecret === true) {
        assert.strictEqual(result._tag, "Success")
        const { password, username } = Credentials.toBasic(
          result._tag === "Success" ? result.success : credentials
        )
        assert.deepEqual([Redacted.value(username), Redacted.value(password)], ["SK1", "key-s3cret"])
      } else if (hasSid === true && hasToken === true) {
        assert.strictEqual(result._tag, "Success")
        const { password, username } = Credentials.toBasic(
          result._tag === "Success" ? result.success : apiKey
        )
        assert.deepEqual([Redacted.value(username), Redacted.value(password)], ["AC1", "t0ken"])
      } else {
        assert.strictEqual(result._tag, "Failure")
        const message = result._tag === "Failure" ? result.failure.message : ""
        assert.include(
          message,
          `credentials: There are no credentials. ${whyOf(states.map((state) => state === "set"))} Set `
        )
        assert.notMatch(message, /key-s3cret|t0ken/)
      }
    }).pipe(
      Effect.provide(
        ConfigProvider.layer(ConfigProvider.fromUnknown(environmentOf(states)))
      )
    ))

  it.effect.each(cases)("ignores preserved empty variables ($states)", ({ states }) =>
    Effect.gen(function*() {
      const result = yield* Effect.result(Credentials.config)
      const isComplete = states.slice(0, 2).every((state) => state === "set") ||
        states.slice(2).every((state) => state === "set")
      assert.strictEqual(result._tag, isComplete ? "Success" : "Failure")
      if (result._tag === "Success") return
      assert.include(result.failure.message, whyOf(states.map((state) => state === "set")))
    }).pipe(
      Effect.provide(
        ConfigProvider.layer(ConfigProvider.fromUnknown(environmentOf(states), { preserveEmptyStrings: true }))
      )
    ))

  it.effect("is the reason why layerConfig fails", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(CommsClient.CommsClient.pipe(Effect.provide(CommsClient.layerConfig())))
      assert.strictEqual(error._tag === "InvalidInput" ? error.field : error._tag, "credentials")
      assert.strictEqual(
        error.message,
        "The input of CommsClient.layerConfig is invalid. Nothing was sent. credentials: There are no credentials. " +
          "None of the variables that hold them is set. Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, " +
          "or TWILIO_API_KEY and TWILIO_API_SECRET."
      )
    }).pipe(Effect.provide([ConfigProvider.layer(ConfigProvider.fromUnknown({})), layerHttp([])])))
})

/** Every form in which an error may be shown or sent. */
const appearancesOf = (error: CommsError.CommsError) =>
  [
    error.message,
    String(error),
    error.stack ?? "",
    JSON.stringify(error),
    JSON.stringify(Schema.encodeSync(Schema.toCodecJson(CommsError.CommsError))(error)),
    inspect(error, { depth: 10, showHidden: true }),
    Cause.pretty(Cause.fail(error)),
    String(Exit.fail(error)),
    inspect(Exit.fail(error), { depth: 10 })
  ].join("\n")

const authorization = (request: { readonly headers: { readonly [name: string]: string | undefined } }) =>
  request.headers["authorization"] ?? ""

const password = "s3cr3t-t0ken"

const leaks: ReadonlyArray<readonly [name: string, answer: Answer]> = [
  ["a gateway's page that echoes the header", (request) => html(502, `<p>${authorization(request)}</p>`)(request)],
  ["a page that echoes the token", html(503, `<p>token=${password}; again ${password}</p>`)],
  ["a page with status 200", (request) => html(200, `<p>${authorization(request)} ${password}</p>`)(request)],
  ["JSON of another shape", (request) => json({ seen: authorization(request), token: password }, 401)(request)],
  [
    "an envelope",
    (request) =>
      json({
        errors: [{
          code: 20003,
          message: `Refused: ${authorization(request)}`,
          infoUrl: `https://x.test/?token=${password}`,
          context: password
        }]
      }, 401)(request)
  ],
  ["an invalid value", json({ ...operation, id: password, status: password })],
  [
    "headers",
    (request) =>
      answer(404, "", {
        "x-request-id": authorization(request),
        "content-type": authorization(request),
        location: `https://x.test/${password}`
      })(request)
  ],
  ["the transport", (request) => lost(new Error(`Bad header: ${authorization(request)} ${password}`))(request)],
  ["a page that is cut in the token", html(500, `${" ".repeat(2040)}${password}`)],
  ["a page whose excerpt is cut in the token", html(500, `${"x".repeat(250)}${password}`)]
]

describe("the secrets", () => {
  it.effect.each(leaks)("are removed from %s", ([, answer]) =>
    Effect.gen(function*() {
      const error = yield* errorOf(answer)
      const shown = appearancesOf(error)
      assert.notInclude(shown, password)
      assert.notInclude(shown, password.slice(0, 6))
      assert.notInclude(shown, btoa(`AC0123456789:${password}`))
      assert.notInclude(shown, btoa(`AC0123456789:${password}`).slice(0, 20))
    }))

  it.effect("of an API key are removed", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(fetch)
      const shown = appearancesOf(error)
      assert.include(shown, "<redacted>")
      assert.notInclude(shown, "s3cr3t-k3y")
      assert.notInclude(shown, "SK0123456789")
      assert.notInclude(shown, btoa("SK0123456789:s3cr3t-k3y"))
    }).pipe(Effect.provide(
      layerScriptWith({ credentials: apiKey })((request) =>
        html(400, `SK0123456789 s3cr3t-k3y ${authorization(request)}`)(request)
      )
    )))

  it.effect("leave the host of the request as it is", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(fetch)
      assert.include(error.message, "GET http://s3cr3t-t0ken.localhost/v1/")
    }).pipe(Effect.provide(layerScriptWith({ baseUrl: `http://${password}.localhost` })(refused(404)))))

  it.effect("are not in the output of inspecting a client", () =>
    Effect.gen(function*() {
      const client = yield* CommsClient.CommsClient
      const shown = inspect([client, CommsClient.layer({ credentials }), credentials], { depth: 10, showHidden: true })
      assert.notInclude(shown, password)
      assert.notInclude(JSON.stringify([client, credentials]), password)
    }).pipe(Effect.provide(layerScript())))

  it.effect("are not in the error of an invalid option", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        CommsClient.make({ credentials, baseUrl: `https://AC0123456789:${password}@comms.twilio.com` })
      )
      assert.notInclude(appearancesOf(error), password)
      assert.strictEqual(error.field, "baseUrl")
    }).pipe(Effect.provide(layerHttp([]))))
})

describe("toScrubber", () => {
  it("removes every occurrence and leaves other text unchanged", () => {
    const scrub = Credentials.toScrubber(credentials)
    assert.strictEqual(scrub(`a ${password} b ${password}`), "a <redacted> b <redacted>")
    assert.strictEqual(scrub("AC0123456789 is no secret"), "AC0123456789 is no secret")
    assert.strictEqual(scrub(""), "")
  })

  it.each([
    ["without padding", btoa(`AC0123456789:${password}`).replace(/=+$/, "")],
    ["in base64url", Buffer.from(`AC0123456789:${password}`).toString("base64url")],
    ["of the token alone in Base64", btoa(password)],
    ["of the token alone in Base64 without padding", btoa(password).replace(/=+$/, "")],
    ["of the token alone in hexadecimal form", Buffer.from(password).toString("hex")]
  ])("removes the credential %s", (_, form) => {
    assert.strictEqual(Credentials.toScrubber(credentials)(`a ${form} b`), "a <redacted> b")
  })

  it("leaves a secret of fewer than 8 characters, which is a part of other words", () => {
    const scrub = Credentials.toScrubber({ accountSid: "AC1", authToken: Redacted.make("comms") })
    assert.strictEqual(scrub("GET https://comms.twilio.com"), "GET https://comms.twilio.com")
    assert.strictEqual(scrub(`Basic ${btoa("AC1:comms")}`), "Basic <redacted>")
    assert.strictEqual(Credentials.toScrubber({ accountSid: "AC1", authToken: Redacted.make("") })("abc"), "abc")
  })

  it("leaves the host of the request, of which a secret is a part", () => {
    const scrub = Credentials.toScrubber(
      { accountSid: "AC1", authToken: Redacted.make("emulator") },
      "emulator.localhost:4010"
    )
    assert.strictEqual(
      scrub("GET http://emulator.localhost:4010/v1?token=emulator"),
      "GET http://emulator.localhost:4010/v1?token=<redacted>"
    )
  })
})
