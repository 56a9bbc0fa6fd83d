import { Attempts, CommsClient, Credentials, SenderPoolOperations } from "@effect-comms/client"
import { CommsError } from "@effect-comms/domain"
import { Emulator, Report } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Console,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Metric,
  Redacted,
  References,
  Schema,
  Stream,
  Tracer
} from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { CircuitBreaker } from "effect/persistence"
import { inspect } from "node:util"
import {
  advance,
  type Answer,
  answer,
  collect,
  html,
  id,
  json,
  layerHttp,
  lost,
  operation,
  page,
  refused
} from "./utils/script.ts"

const password = "p&ss <w\"o'rd> +/=%41ü"
const keySid = "SKfedcba9876543210"

const allCredentials: ReadonlyArray<Credentials.Credentials> = [
  { accountSid: "AC0123456789", authToken: Redacted.make("s3cr3t-t0ken") },
  { accountSid: "AC0123456789", authToken: Redacted.make(password) },
  { apiKey: Redacted.make(keySid), apiSecret: Redacted.make("s3cr3t-k3y") },
  { apiKey: Redacted.make(keySid), apiSecret: Redacted.make(password) }
]

const base64OfUtf8 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

const escapeHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;")

const formsOf = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ x: secret }).toString().slice(2),
  escapeHtml(secret),
  escapeHtml(secret).replaceAll("'", "&#39;"),
  base64OfUtf8(secret),
  base64OfUtf8(secret).replace(/=+$/, ""),
  base64OfUtf8(secret).replaceAll("+", "-").replaceAll("/", "_"),
  Buffer.from(secret).toString("base64url"),
  Buffer.from(secret).toString("hex"),
  Buffer.from(secret).toString("hex").toUpperCase(),
  JSON.stringify(secret).slice(1, -1)
]

/** The texts that must not be shown. */
const secretsOf = (credentials: Credentials.Credentials) => {
  const basic = Credentials.toBasic(credentials)
  const username = Redacted.value(basic.username)
  const secret = Redacted.value(basic.password)
  return [
    ...formsOf(secret),
    ...formsOf(base64OfUtf8(`${username}:${secret}`)),
    ...("apiKey" in credentials ? [username] : [])
  ]
}

interface Echo {
  readonly authorization: string
  readonly username: string
  readonly secret: string
  readonly all: string
}

const echoing = (credentials: Credentials.Credentials, f: (echo: Echo) => Answer): Answer => (request) => {
  const basic = Credentials.toBasic(credentials)
  const username = Redacted.value(basic.username)
  const secret = Redacted.value(basic.password)
  const authorization = request.headers["authorization"] ?? ""
  return f({
    authorization,
    username,
    secret,
    all: [authorization, ...formsOf(secret), username, `${username}:${secret}`].join(" ")
  })(request)
}

/** Removes the characters that a header cannot contain. */
const printable = (text: string) => encodeURI(text).replace(/[^\x21-\x7e]/g, "")

const nest = (message: string, depth: number): Error =>
  Object.assign(new Error(message, depth === 0 ? {} : { cause: nest(message, depth - 1) }), { code: "ECONNRESET" })

const statuses = [200, 301, 302, 307, 308, 400, 401, 403, 404, 408, 409, 413, 418, 429, 500, 502, 503, 504, 599]

const failures: ReadonlyArray<readonly [name: string, answer: (echo: Echo) => Answer]> = [
  ...statuses.map((status) =>
    [`${status} with a page`, ({ all }: Echo) => html(status, `<html><p>${all}</p></html>`)] as const
  ),
  ...statuses.filter((status) => status >= 400).map((status) =>
    [
      `${status} with the envelope`,
      ({ all, secret }: Echo) =>
        json(
          { errors: [{ code: 1, message: `No ${all}`, infoUrl: `https://x.test/?t=${all}`, context: secret }] },
          status,
          {
            "retry-after": "3600"
          }
        )
    ] as const
  ),
  ...statuses.map((status) =>
    [`${status} with headers`, ({ authorization, secret, username }: Echo) =>
      answer(status, "", {
        "content-type": printable(`${authorization}/${secret}`),
        "x-request-id": printable(`${username} ${authorization} ${encodeURIComponent(secret)}`),
        "twilio-request-id": printable(encodeURIComponent(secret)),
        "retry-after": printable(`${authorization}${encodeURIComponent(secret)}`),
        "x-echo": printable(authorization),
        location: `https://evil.example.com/?a=${encodeURIComponent(authorization)}&t=${encodeURIComponent(secret)}`
      })] as const
  ),
  ["an invalid value", ({ secret }) => json({ ...operation, id: secret, status: secret, stats: secret })],
  ["JSON of another shape", ({ all }) => json({ seen: all }, 401)],
  ["broken JSON", ({ all }) => answer(200, `{"a": "${all}`)],
  ["a page cut in a secret", ({ secret }) => html(500, `${"x".repeat(250)}${secret}`)],
  ["a transport error", ({ all }) => lost(nest(`Bad header: ${all}`, 3))],
  ["a transport error with a description", ({ all }) => (request) =>
    Effect.fail(
      new HttpClientError.HttpClientError({
        reason: new HttpClientError.TransportError({ request, description: all, cause: all })
      })
    )],
  ["a broken body", ({ all }) => (request) =>
    Effect.sync(() =>
      HttpClientResponse.fromWeb(
        request,
        new Response(new ReadableStream({ start: (controller) => controller.error(nest(all, 2)) }))
      )
    )]
]

const shownOfSpan = ({ attributes, events, links, name, status }: Tracer.NativeSpan) => [
  name,
  JSON.stringify([...attributes]),
  inspect([attributes, events, links, status], { depth: 10, showHidden: true }),
  status._tag === "Ended" && Exit.isFailure(status.exit) ? Cause.pretty(status.exit.cause) : "",
  status._tag === "Ended" && Exit.isFailure(status.exit)
    ? Cause.prettyErrors(status.exit.cause).map((error) => `${error.name} ${error.message} ${error.stack}`).join()
    : ""
]

const shownOfExit = (exit: Exit.Exit<unknown, CommsError.CommsError>) => [
  String(exit),
  JSON.stringify(exit),
  inspect(exit, { depth: 10, showHidden: true }),
  ...(Exit.isFailure(exit)
    ? [Cause.pretty(exit.cause), String(exit.cause), JSON.stringify(exit.cause), inspect(exit.cause, { depth: 10 })]
    : [])
]

const encodeError = Schema.encodeEffect(Schema.toCodecJson(CommsError.CommsError))

const shownOfError = (error: CommsError.CommsError) =>
  Effect.map(encodeError(error), (json) => [
    error.message,
    String(error),
    error.stack ?? "",
    JSON.stringify(error),
    JSON.stringify(json),
    inspect(error, { depth: 10, showHidden: true }),
    inspect({ ...error }, { depth: 10 })
  ])

/** A console that collects its output. */
const consoleOf = (lines: Array<string>): Console.Console => {
  const add = (...args: ReadonlyArray<unknown>) =>
    void lines.push(...args.map((arg) => typeof arg === "string" ? arg : inspect(arg, { depth: 10 })))
  return {
    ...globalThis.console,
    debug: add,
    error: add,
    info: add,
    log: add,
    trace: add,
    warn: add,
    group: add,
    groupCollapsed: add
  }
}

const loggers = Logger.layer([
  Logger.consoleJson,
  Logger.consolePretty(),
  Logger.consoleLogFmt,
  Logger.consoleStructured
])

/** Every output of a program: its exit, logs, spans, metrics and retries. */
const shownOf = Effect.fnUntraced(function*<A, E extends CommsError.CommsError, R>(program: Effect.Effect<A, E, R>) {
  const spans: Array<Tracer.NativeSpan> = []
  const lines: Array<string> = []
  const retries: Array<Attempts.Retry> = []
  return yield* Effect.gen(function*() {
    const fiber = yield* program.pipe(
      Effect.tapCause((cause) =>
        Effect.forEach(
          ["Fatal", "Error", "Warn", "Info", "Debug", "Trace"] as const,
          (level) => Effect.logWithLevel(level)("failed", cause)
        )
      ),
      Effect.tapError((error) => Effect.logError(error)),
      Effect.withSpan("program"),
      Effect.exit,
      Effect.forkChild
    )
    yield* Effect.repeat(advance("1 minute"), { until: () => fiber.pollUnsafe() !== undefined, times: 20 })
    const exit = yield* Fiber.join(fiber)
    const error = Exit.isFailure(exit) ? yield* Effect.flip(exit) : undefined
    return {
      error,
      spans,
      lines,
      text: [
        ...shownOfExit(exit),
        ...(error === undefined ? [] : yield* shownOfError(error)),
        ...spans.flatMap(shownOfSpan),
        ...lines,
        inspect(retries, { depth: 10 }),
        inspect(yield* Metric.snapshot, { depth: 10 }),
        yield* Metric.dump
      ].join("\n")
    }
  }).pipe(
    Effect.provide(loggers),
    Effect.provideService(Console.Console, consoleOf(lines)),
    Effect.provideService(References.MinimumLogLevel, "All"),
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Effect.provideService(Attempts.OnRetry, (retry) => Effect.sync(() => void retries.push(retry))),
    Effect.provideService(HttpClient.TracerHeaderFilter, () => true),
    Effect.provideService(Tracer.Tracer, collect(spans))
  )
})

const layerFor = (credentials: Credentials.Credentials, answers: ReadonlyArray<Answer>) =>
  SenderPoolOperations.layer.pipe(
    Layer.provideMerge(CommsClient.layer({ credentials, retry: { maxAttempts: 2 } })),
    Layer.provideMerge(layerHttp(answers))
  )

const fetchId = Effect.flatMap(SenderPoolOperations.SenderPoolOperations, ({ fetch }) => fetch(id))

const assertHidden = (text: string, credentials: Credentials.Credentials) => {
  for (const secret of secretsOf(credentials)) {
    const at = text.indexOf(secret)
    if (at !== -1) assert.fail(`${secret} is shown: ${text.slice(Math.max(0, at - 300), at + 100)}`)
  }
}

describe.each(allCredentials.map((credentials, n) => ({ credentials, n })))("credentials $n", ({ credentials }) => {
  it.effect.each(failures)("are not shown after %s", ([, failure]) =>
    Effect.gen(function*() {
      const { error, lines, spans, text } = yield* shownOf(fetchId)
      assert.isDefined(error)
      assert.isAtLeast(spans.length, 3)
      assert.isNotEmpty(lines)
      assertHidden(text, credentials)
    }).pipe(
      Effect.provide(layerFor(credentials, [echoing(credentials, failure), echoing(credentials, failure)]))
    ))

  it.effect("are not shown by a call that fails during a cooldown", () =>
    Effect.gen(function*() {
      yield* Effect.flip(fetchId)
      const { error, text } = yield* shownOf(fetchId)
      assert.strictEqual(error?._tag, "CoolingDown")
      assertHidden(text, credentials)
    }).pipe(Effect.provide(layerFor(credentials, [
      echoing(credentials, ({ all }) => html(429, all, { "retry-after": "3600" }))
    ]))))

  it.effect("are not shown by an error of a circuit breaker", () =>
    Effect.gen(function*() {
      const { error, text } = yield* shownOf(fetchId)
      assert.strictEqual(error?._tag, "TransportFailure")
      assertHidden(text, credentials)
    }).pipe(Effect.provide(layerFor(credentials, [
      echoing(credentials, ({ all }) =>
        lost(
          new CircuitBreaker.CircuitBreakerError({
            reason: new CircuitBreaker.CircuitBreakerStoreError({ message: all, cause: new Error(all) })
          })
        )),
      refused(404)
    ]))))

  it.effect("are not shown by an endless list", () =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const { error, text } = yield* shownOf(Stream.runDrain(operations.stream()))
      assert.strictEqual(error?._tag, "PaginationLoop")
      assertHidden(text, credentials)
    }).pipe(Effect.provide(layerFor(credentials, [page([id], "b"), page([id], "b")]))))

  it.effect("are not shown by a timeout", () =>
    Effect.gen(function*() {
      const { error, text } = yield* shownOf(fetchId)
      assert.strictEqual(error?._tag, "TransportFailure")
      assertHidden(text, credentials)
    }).pipe(Effect.provide(layerFor(credentials, [() => Effect.never, () => Effect.never]))))

  it.effect("are not shown by invalid options", () =>
    Effect.gen(function*() {
      const { password, username } = Credentials.toBasic(credentials)
      const { text } = yield* shownOf(CommsClient.make({
        credentials,
        baseUrl: `https://${encodeURIComponent(Redacted.value(username))}:${
          encodeURIComponent(Redacted.value(password))
        }@comms.twilio.com`
      }))
      assert.include(text, "Expected a URL without credentials in it")
      assertHidden(text, credentials)
      const refusal = yield* shownOf(CommsClient.make({ credentials, retry: { attemptTimeout: -1 } }))
      assert.include(refusal.text, "attemptTimeout")
      assertHidden(refusal.text, credentials)
    }).pipe(Effect.scoped, Effect.provide(layerHttp([]))))

  it.effect("are not shown by calls on other fibers", () =>
    Effect.gen(function*() {
      const { spans, text } = yield* shownOf(
        Effect.gen(function*() {
          const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.forkDetach(fetchId))
          return yield* Fiber.joinAll(fibers)
        })
      )
      assert.isAtLeast(spans.filter(({ name }) => name === "CommsClient.attempt").length, 3)
      assertHidden(text, credentials)
    }).pipe(Effect.provide(layerFor(credentials, [
      echoing(credentials, ({ authorization }) => json(operation, 200, { "x-echo": authorization })),
      echoing(credentials, ({ authorization }) => html(404, authorization, { "x-echo": authorization })),
      echoing(credentials, ({ all }) => lost(new Error(all)))
    ]))))

  it.effect("are not shown by the client, its layer or its options", () =>
    Effect.gen(function*() {
      const client = yield* CommsClient.CommsClient
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      const things = [client, operations, CommsClient.layer({ credentials }), credentials.constructor === Object]
      assertHidden(inspect(things, { depth: 10, showHidden: true }) + JSON.stringify(things), credentials)
    }).pipe(Effect.provide(layerFor(credentials, []))))

  it.effect("are not shown by the emulator's report", () =>
    Effect.gen(function*() {
      const { username, password } = Credentials.toBasic(credentials)
      yield* Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        yield* Effect.flip(fetchId)
        const report = yield* emulator.report
        assert.strictEqual(report.summary.requests, 1)
        const text = [
          Report.toTable(report),
          yield* Schema.encodeEffect(Report.ReportFromJson)(report),
          inspect(report, { depth: 10, showHidden: true })
        ].join("\n")
        assertHidden(text, credentials)
      }).pipe(Effect.provide(
        SenderPoolOperations.layer.pipe(
          Layer.provide(CommsClient.layer({ credentials, baseUrl: Emulator.baseUrl })),
          Layer.provide(Emulator.layerHttpClient),
          Layer.provideMerge(Emulator.layer({
            accounts: [{ username: Redacted.value(username), password }]
          }))
        )
      ))
    }))
})

describe("toScrubber", () => {
  it.prop(
    "removes every form of any secret",
    [Schema.String.check(Schema.isMinLength(8)), Schema.String, Schema.String],
    ([secret, before, after]) => {
      const scrub = Credentials.toScrubber({ accountSid: "AC1", authToken: Redacted.make(secret) })
      const isWellFormed = !/\p{Cs}/u.test(secret)
      for (const form of isWellFormed ? formsOf(secret) : [secret]) {
        assert.notInclude(scrub(`${before}\u0000${form}\u0000${after}`), form)
      }
    }
  )

  it("removes forms with lower-case escapes", () => {
    const scrub = Credentials.toScrubber({ accountSid: "AC1", authToken: Redacted.make("a/b+c=d-e") })
    assert.strictEqual(scrub("?t=a%2fb%2bc%3dd-e&u=a%2Fb%2Bc%3Dd-e"), "?t=<redacted>&u=<redacted>")
  })
})
