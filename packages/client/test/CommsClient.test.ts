import { CommsClient, RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import { Endpoint } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Context, Duration, Effect, Fiber, Layer, Option, Redacted, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import {
  advance,
  type Answer,
  assertTag,
  credentials,
  endless,
  fetch,
  json,
  layerHttp,
  layerScript,
  layerScriptWith,
  operation,
  sent,
  sentAt,
  sentCount,
  settle,
  silent
} from "./utils/script.ts"

const once = Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none)

const environment = (variables: Readonly<Record<string, string>>) =>
  ConfigProvider.layer(ConfigProvider.fromUnknown(variables))

const account = { TWILIO_ACCOUNT_SID: "AC1", TWILIO_AUTH_TOKEN: "t0ken" }

describe("a request", () => {
  it.effect("has the credentials, the accepted media type and the library in its headers", () =>
    Effect.gen(function*() {
      yield* fetch
      const [request] = yield* sent
      assert.strictEqual(request?.headers["accept"], "application/json")
      assert.strictEqual(request?.headers["accept-encoding"], "identity")
      assert.match(request?.headers["user-agent"] ?? "", /^effect-comms\/\d+\.\d+\.\d+$/)
      assert.strictEqual(request?.headers["authorization"], `Basic ${btoa("AC0123456789:s3cr3t-t0ken")}`)
    }).pipe(Effect.provide(layerScript(json(operation)))))

  it.effect("has the program before the library in its User-Agent", () =>
    Effect.gen(function*() {
      yield* fetch
      const [request] = yield* sent
      assert.match(request?.headers["user-agent"] ?? "", /^billing\/7 effect-comms\/\d+\.\d+\.\d+$/)
    }).pipe(Effect.provide(layerScriptWith({ userAgent: "billing/7" })(json(operation)))))

  it.effect.each(["billing/7\r\nx: y", "billing\n", "b\u00fclling", "\u0000"])(
    "cannot have the program %j",
    (userAgent) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(CommsClient.make({ credentials, userAgent }))
        assert.strictEqual(error.field, "userAgent")
        assert.include(error.message, "printable ASCII characters on one line")
      }).pipe(Effect.provide(layerHttp([])))
  )

  it.effect("does not let fetch follow redirects", () =>
    fetch.pipe(Effect.provide(layerScript((request) =>
      Effect.withFiber((fiber) => {
        const init = Context.getOption(fiber.context, FetchHttpClient.RequestInit).pipe(Option.getOrThrow)
        assert.strictEqual(init.redirect, "manual")
        return json(operation)(request)
      })
    ))))
})

const timesOut = (answer: Answer) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(Effect.flip(fetch))
    yield* advance(29_999)
    assert.isUndefined(fiber.pollUnsafe())
    yield* advance(1)
    const error = assertTag(yield* Fiber.join(fiber), "TransportFailure")
    assert.strictEqual(error.reason, "Timeout")
    assert.strictEqual(error.detail, "The attempt timed out after 30s.")
    assert.isTrue(error.isRetryable)
    assert.strictEqual(yield* sentCount, 1)
  }).pipe(once, Effect.provide(layerScript(answer)))

describe("attemptTimeout", () => {
  it.effect("is 30 seconds for a missing response", () => timesOut(silent))

  it.effect("is 30 seconds for a body that does not end", () => timesOut(endless))

  it.effect("limits each attempt, and the call is retried", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(fetch)
      yield* advance("2 seconds")
      yield* advance("700 millis")
      yield* advance("2 seconds")
      yield* advance("1300 millis")
      assert.strictEqual((yield* Fiber.join(fiber)).status, "COMPLETED")
      const [first, second, third] = yield* sentAt
      assert.strictEqual(first, 0)
      assert.isAtLeast(second ?? 0, 2400)
      assert.isAtLeast((third ?? 0) - (second ?? 0), 2800)
    }).pipe(
      Effect.provide(layerScriptWith({ retry: { attemptTimeout: "2 seconds" } })(silent, endless, json(operation)))
    ))

  it.effect.each(["2 seconds", 2000, Duration.seconds(2)] as const)(
    "can be %s",
    (attemptTimeout) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(Effect.flip(fetch))
        yield* advance(1999)
        assert.isUndefined(fiber.pollUnsafe())
        yield* advance(1)
        assert.include((yield* Fiber.join(fiber)).message, "timed out after 2s")
      }).pipe(
        Effect.provide(layerScriptWith({ retry: { maxAttempts: 1, attemptTimeout } })(silent))
      )
  )

  it.effect.each([0, -1, Duration.zero, Duration.negativeInfinity, Number.NaN])(
    "cannot be %s",
    (attemptTimeout) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(CommsClient.make({ credentials, retry: { attemptTimeout } }))
        assert.strictEqual(error.field, "attemptTimeout")
        assert.include(error.message, "attemptTimeout: Expected a duration such as \"30 seconds\", above zero")
      }).pipe(Effect.provide(layerHttp([])))
  )

  it.effect("can be infinite", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(fetch)
      yield* advance("365 days")
      assert.isUndefined(fiber.pollUnsafe())
      yield* Fiber.interrupt(fiber)
    }).pipe(
      Effect.provide(
        layerScriptWith({ retry: { attemptTimeout: Duration.infinity, callTimeout: Duration.infinity } })(silent)
      )
    ))
})

describe("credentials", () => {
  const empty = Redacted.make("")

  it.effect.each(
    [
      [{ accountSid: "", authToken: Redacted.make("x") }, "accountSid not to be empty"],
      [{ accountSid: "AC1", authToken: empty }, "authToken not to be empty"],
      [{ accountSid: "AC:1", authToken: Redacted.make("x") }, "accountSid without a colon"],
      [{ accountSid: " AC1", authToken: Redacted.make("x") }, "accountSid without white space at its start or end"],
      [{ accountSid: "AC1", authToken: Redacted.make("x\n") }, "authToken without white space at its start or end"],
      [{ apiKey: empty, apiSecret: Redacted.make("x") }, "apiKey not to be empty"],
      [{ apiKey: Redacted.make("SK1"), apiSecret: empty }, "apiSecret not to be empty"],
      [{ apiKey: Redacted.make("SK:1"), apiSecret: Redacted.make("x") }, "apiKey without a colon"],
      [
        { apiKey: Redacted.make("SK1\t"), apiSecret: Redacted.make("x") },
        "apiKey without white space at its start or end"
      ],
      [
        { apiKey: Redacted.make("SK1"), apiSecret: Redacted.make("\u00a0x") },
        "apiSecret without white space at its start or end"
      ]
    ] as const
  )("that are invalid are rejected (%#)", ([credentials, problem]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(CommsClient.make({ credentials }))
      assert.strictEqual(error.field, "credentials")
      assert.include(error.message, `credentials: Expected ${problem}.`)
    }).pipe(Effect.provide(layerHttp([]))))
})

const baseUrlOf = (
  variables: Readonly<Record<string, string>>,
  ...options: Parameters<typeof CommsClient.layerConfig>
) =>
  CommsClient.CommsClient.pipe(
    Effect.map(({ baseUrl }) => baseUrl),
    Effect.provide(CommsClient.layerConfig(...options)),
    Effect.provide([environment(variables), layerHttp([])])
  )

/** The error of a call without a response. */
const timeoutOf = (
  variables: Readonly<Record<string, string>>,
  ...options: Parameters<typeof CommsClient.layerConfig>
) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(Effect.flip(fetch))
    yield* advance("1 hour")
    return assertTag(yield* Fiber.join(fiber), "TransportFailure").detail
  }).pipe(
    Effect.provide(SenderPoolOperations.layer.pipe(
      Layer.provide(CommsClient.layerConfig(...options)),
      Layer.provide([environment({ ...account, TWILIO_COMMS_MAX_ATTEMPTS: "1", ...variables }), layerHttp([silent])])
    ))
  )

describe("layerConfig", () => {
  it.effect("requires only credentials", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* baseUrlOf(account), "https://comms.twilio.com")
    }))

  it.effect("reads the base URL", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* baseUrlOf({ ...account, TWILIO_COMMS_BASE_URL: "http://localhost:3000/x/" }),
        "http://localhost:3000/x"
      )
    }))

  it.effect("ignores an empty base URL", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* baseUrlOf({ ...account, TWILIO_COMMS_BASE_URL: "" }), "https://comms.twilio.com")
    }))

  it.effect("rejects an invalid base URL", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(baseUrlOf({ ...account, TWILIO_COMMS_BASE_URL: "http://x.test" }))
      assert.strictEqual(assertTag(error, "InvalidInput").field, "baseUrl")
    }))

  it.effect("reads whether plain http is allowed", () =>
    Effect.gen(function*() {
      const variables = { ...account, TWILIO_COMMS_BASE_URL: "http://emulator:4010" }
      const allowed = { ...variables, TWILIO_COMMS_ALLOW_INSECURE_HTTP: "true" }
      assert.strictEqual(yield* baseUrlOf(allowed), "http://emulator:4010")
      const refused = yield* Effect.flip(baseUrlOf({ ...variables, TWILIO_COMMS_ALLOW_INSECURE_HTTP: "false" }))
      assert.strictEqual(assertTag(refused, "InvalidInput").field, "baseUrl")
      const unreadable = yield* Effect.flip(baseUrlOf({ ...variables, TWILIO_COMMS_ALLOW_INSECURE_HTTP: "perhaps" }))
      assert.include(assertTag(unreadable, "ConfigError").message, "TWILIO_COMMS_ALLOW_INSECURE_HTTP")
    }))

  it.effect("reads the timeout of an attempt", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.flip(fetch))
      yield* advance(4999)
      assert.isUndefined(fiber.pollUnsafe())
      yield* advance(1)
      assert.include((yield* Fiber.join(fiber)).message, "timed out after 5s")
    }).pipe(
      Effect.provide(SenderPoolOperations.layer.pipe(
        Layer.provide(CommsClient.layerConfig({ retry: { maxAttempts: Config.succeed(1) } })),
        Layer.provide([environment({ ...account, TWILIO_COMMS_ATTEMPT_TIMEOUT: "5 seconds" }), layerHttp([silent])])
      ))
    ))

  it.effect("rejects an invalid timeout of an attempt", () =>
    Effect.gen(function*() {
      const unreadable = yield* Effect.flip(baseUrlOf({ ...account, TWILIO_COMMS_ATTEMPT_TIMEOUT: "soon" }))
      assert.include(assertTag(unreadable, "ConfigError").message, "TWILIO_COMMS_ATTEMPT_TIMEOUT")
      const zero = yield* Effect.flip(baseUrlOf({ ...account, TWILIO_COMMS_ATTEMPT_TIMEOUT: "0 seconds" }))
      assert.include(assertTag(zero, "ConfigError").message, "TWILIO_COMMS_ATTEMPT_TIMEOUT")
    }))

  it.effect.each([["7s", "7s"], ["90 seconds", "1m 30s"], ["2m", "2m"], ["", "30s"]] as const)(
    "reads an attempt timeout of %o",
    ([text, shown]) =>
      Effect.gen(function*() {
        const detail = yield* timeoutOf({ TWILIO_COMMS_ATTEMPT_TIMEOUT: text })
        assert.strictEqual(detail, `The attempt timed out after ${shown}.`)
      })
  )

  it.effect("ignores empty variables if the provider preserves them", () =>
    Effect.gen(function*() {
      const variables = {
        ...account,
        TWILIO_COMMS_BASE_URL: "",
        TWILIO_COMMS_ATTEMPT_TIMEOUT: "",
        TWILIO_COMMS_CALL_TIMEOUT: "",
        TWILIO_COMMS_MAX_ATTEMPTS: "",
        TWILIO_COMMS_MAX_RETRY_AFTER: ""
      }
      const provider = ConfigProvider.fromUnknown(variables, { preserveEmptyStrings: true })
      const { baseUrl } = yield* CommsClient.CommsClient.pipe(
        Effect.provide(CommsClient.layerConfig()),
        Effect.provide([ConfigProvider.layer(provider), layerHttp([])])
      )
      assert.strictEqual(baseUrl, CommsClient.defaultBaseUrl)
    }))

  it.effect("reads options from their own Configs", () =>
    Effect.gen(function*() {
      const variables = { MY_URL: "https://x.test", MY_SID: "AC2", MY_TOKEN: "t0ken" }
      const credentials = Config.all({ accountSid: Config.String("MY_SID"), authToken: Config.Redacted("MY_TOKEN") })
      assert.strictEqual(
        yield* baseUrlOf(variables, { credentials, baseUrl: Config.NonEmptyString("MY_URL") }),
        "https://x.test"
      )
      assert.strictEqual(
        yield* baseUrlOf({ ...account, ...variables }, Config.all({ baseUrl: Config.URL("MY_URL") })),
        "https://x.test"
      )
    }))

  it.effect("does not read the variable of a given option", () =>
    Effect.gen(function*() {
      const variables = { TWILIO_COMMS_BASE_URL: "http://x.test", TWILIO_COMMS_MAX_ATTEMPTS: "many" }
      assert.strictEqual(
        yield* baseUrlOf({ ...account, ...variables }, {
          baseUrl: Config.succeed("https://y.test"),
          retry: { maxAttempts: Config.succeed(1) }
        }),
        "https://y.test"
      )
    }))

  it.effect("reads the variables of missing options", () =>
    Effect.gen(function*() {
      const detail = yield* timeoutOf(
        { TWILIO_COMMS_ATTEMPT_TIMEOUT: "10m", TWILIO_COMMS_CALL_TIMEOUT: "9s" },
        { retry: { attemptTimeout: Config.succeed("20 minutes"), initialDelay: Config.succeed("1 second") } }
      )
      assert.strictEqual(detail, "The call timed out after 9s.")
    }))

  it.effect("validates given options", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(baseUrlOf(account, { maxBodySize: Config.succeed(0) }))
      assert.strictEqual(assertTag(error, "InvalidInput").field, "maxBodySize")
    }))
})

it.effect("path parameters are encoded, so that none of them changes the path", () =>
  Effect.gen(function*() {
    const client = yield* CommsClient.CommsClient
    const fetchThing = client.endpoint(Endpoint.make({
      call: "fetchThing",
      operationId: "fetchThing",
      description: "Fetch a thing.",
      method: "GET",
      readOnly: true,
      path: "/v1/Things/:group/Parts/:name",
      params: Schema.Struct({ group: Schema.String, name: Schema.String }),
      query: Schema.Struct({ text: Schema.optionalKey(Schema.String) }),
      payload: Schema.Void,
      success: Schema.Struct({ size: Schema.Int }),
      errors: []
    }))
    const thing = yield* fetchThing({ params: { group: "../x", name: "a/b?c#d ü%2F" }, query: { text: "&=é" } })
    assert.strictEqual(thing.size, 1)
    const [request] = yield* sent
    assert.strictEqual(request?.url.pathname, "/v1/Things/..%2Fx/Parts/a%2Fb%3Fc%23d%20%C3%BC%252F")
    assert.deepEqual([...request?.url.searchParams ?? []], [["text", "&=é"]])
  }).pipe(Effect.provide(layerScript(json({ size: 1 })))))

it.effect("calls run concurrently", () =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(Effect.all([fetch, fetch, fetch], { concurrency: "unbounded" }))
    yield* settle
    assert.strictEqual(yield* sentCount, 3)
    yield* Fiber.interrupt(fiber)
  }).pipe(Effect.provide(layerScript(silent, silent, silent))))
