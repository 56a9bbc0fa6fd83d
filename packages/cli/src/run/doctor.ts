import * as CommsClient from "@effect-comms/client/CommsClient"
import * as Credentials from "@effect-comms/client/Credentials"
import * as SenderPoolOperations from "@effect-comms/client/SenderPoolOperations"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Api from "../Api.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Failure from "../Failure.ts"
import * as Format from "../Format.ts"
import * as Handler from "../Handler.ts"

export interface Input {
  readonly format: Option.Option<Format.Format>
}

interface Finding {
  readonly check: string
  readonly state: "ok" | "not set" | "warning" | "failed" | "skipped"
  readonly detail: string
}

const colours = {
  "ok": "green",
  "not set": undefined,
  "warning": "yellow",
  "failed": "red",
  "skipped": "yellow"
} as const

const shape: Format.Shape<Finding> = {
  columns: [
    { name: "check", text: ({ check }) => check },
    { name: "state", text: ({ state }) => state, colour: ({ state }) => colours[state] },
    { name: "detail", text: ({ detail }) => detail }
  ],
  encode: (finding) => finding
}

const isSecret: ReadonlySet<string> = new Set(["TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_AUTH_TOKEN"])

// A base URL may have credentials in it, where they do not belong.
const shownValue = (name: string, value: string): string =>
  isSecret.has(name) || value.includes("@") ? "" : `${value}, `

const configured = (variables: Api.Variables): ReadonlyArray<Finding> =>
  [...Credentials.variables, ...Api.otherNames].map((name): Finding => {
    const found = variables.get(name)
    return found === undefined
      ? { check: name, state: "not set", detail: "" }
      : { check: name, state: "ok", detail: `${shownValue(name, found.value)}from ${found.source}` }
  })

/** One request, and the difference of the clocks as far as the answer's `Date` says. */
const ask = Effect.fnUntraced(function*({ http, variables }: Api.Connection) {
  let skew: number | undefined
  const watched = Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.transform((answer) =>
        Effect.gen(function*() {
          const sentAt = yield* Clock.currentTimeMillis
          const response = yield* answer
          const arrivedAt = yield* Clock.currentTimeMillis
          const date = Date.parse(response.headers["date"] ?? "")
          // A `Date` has whole seconds: it is, on the average, half a second late.
          if (!Number.isNaN(date)) skew = date + 500 - (sentAt + arrivedAt) / 2
          return response
        })
      )
    )
  ).pipe(Layer.provide(http))
  const provider = ConfigProvider.layer(Api.toProvider(variables))
  const configured = CommsClient.layerConfig().pipe(Layer.provide([http, provider]))
  const client = SenderPoolOperations.layer.pipe(
    Layer.provide(CommsClient.layerConfig({ retry: { maxAttempts: Config.succeed(1) } })),
    Layer.provide([watched, provider])
  )
  const startedAt = yield* Clock.currentTimeMillis
  const answer = yield* Effect.gen(function*() {
    // What is configured may be wrong where one request does not need it.
    yield* Effect.scoped(Layer.build(configured))
    const operations = yield* SenderPoolOperations.SenderPoolOperations
    return yield* operations.list({ pageSize: 1 })
  }).pipe(Effect.provide(client), Effect.result)
  const endedAt = yield* Clock.currentTimeMillis
  return { answer, skew, took: Duration.millis(endedAt - startedAt) }
})

const tolerated = 5_000

const clock = (skew: number | undefined): Finding => {
  if (skew === undefined) return { check: "clock", state: "skipped", detail: "No answer said what time it is there." }
  const off = Math.abs(skew)
  if (off <= 1_000) return { check: "clock", state: "ok", detail: "The server's clock and this one agree to a second." }
  return {
    check: "clock",
    state: off <= tolerated ? "ok" : "warning",
    detail: `The server's clock is ${(off / 1_000).toFixed(0)} s ${skew > 0 ? "ahead of" : "behind"} this one.`
  }
}

const online = Effect.fnUntraced(function*(connection: Api.Connection) {
  const { answer, skew, took } = yield* ask(connection)
  const baseUrl = connection.variables.get("TWILIO_COMMS_BASE_URL")?.value ?? CommsClient.defaultBaseUrl
  if (Result.isSuccess(answer)) {
    return {
      findings: [
        { check: "API", state: "ok", detail: `${baseUrl} answered after ${Failure.shortTime(took)}.` },
        { check: "credentials", state: "ok", detail: "They are accepted." },
        clock(skew)
      ] satisfies ReadonlyArray<Finding>,
      error: undefined
    }
  }
  const error = answer.failure
  const refused = error._tag === "Unauthorized" || error._tag === "Forbidden"
  const unsent = Failure.exitCodeOf(error) === ExitCode.usage
  const findings: ReadonlyArray<Finding> = [
    unsent
      ? { check: "API", state: "skipped", detail: "Nothing was sent." }
      : error._tag === "TransportFailure"
      ? { check: "API", state: "failed", detail: "No complete answer came." }
      : refused
      ? { check: "API", state: "ok", detail: `${baseUrl} answered after ${Failure.shortTime(took)}.` }
      : { check: "API", state: "failed", detail: `It answered, and not as the API does: ${error._tag}.` },
    refused
      ? { check: "credentials", state: "failed", detail: `They are not accepted: ${error._tag}.` }
      : { check: "credentials", state: "skipped", detail: "Nobody said whether they are accepted." },
    clock(skew)
  ]
  return { findings, error }
})

export const run = Effect.fnUntraced(function*({ format }: Input) {
  const connection = yield* Api.connection
  const { variables } = connection
  const credentials = yield* Effect.result(Api.checkCredentials(variables))
  const { error, findings } = Result.isFailure(credentials)
    ? { error: credentials.failure, findings: [] }
    : yield* online(connection)
  yield* Format.print(shape, format, Stream.fromIterable([...configured(variables), ...findings]))
  if (error !== undefined) {
    const { advice, ...description } = Failure.describe(error)
    // Not to this command again.
    yield* Handler.tell(
      advice?.includes("comms doctor") === true
        ? { ...description, advice: "Correct what is not as it should be above." }
        : { ...description, advice }
    )
    return yield* new ExitCode.Ended({ code: Failure.exitCodeOf(error) })
  }
})
