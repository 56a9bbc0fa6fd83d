import * as CommsClient from "@effect-comms/client/CommsClient"
import * as Credentials from "@effect-comms/client/Credentials"
import * as SenderPoolOperations from "@effect-comms/client/SenderPoolOperations"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
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
import * as Proxy from "../Proxy.ts"
import { shown } from "../Shown.ts"

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

const isAccountSid = (value: string): boolean => /^AC[0-9a-f]{32}$/i.test(value)

const isUrl = (value: string): boolean => URL.canParse(value) && !value.includes("@")

const isNumberOrDuration = (value: string): boolean => /^\d{1,9}(?:\.\d{1,9})?(?: ?[a-z]{1,7})?$/.test(value)

// The value of another variable, such as a secret, may have been set by mistake. Values of other forms are not shown.
const isShown: { readonly [name in Api.Name]?: (value: string) => boolean } = {
  TWILIO_ACCOUNT_SID: isAccountSid,
  TWILIO_COMMS_BASE_URL: isUrl,
  TWILIO_COMMS_ALLOW_INSECURE_HTTP: (value) => /^[a-z01]{1,5}$/i.test(value),
  TWILIO_COMMS_ATTEMPT_TIMEOUT: isNumberOrDuration,
  TWILIO_COMMS_CALL_TIMEOUT: isNumberOrDuration,
  TWILIO_COMMS_MAX_ATTEMPTS: isNumberOrDuration,
  TWILIO_COMMS_MAX_RETRY_AFTER: isNumberOrDuration
}

const warningsOf = (name: Api.Name, value: string): ReadonlyArray<string> => [
  ...(value === value.trim() ? [] : ["Remove the white space around it"]),
  ...(name === "TWILIO_ACCOUNT_SID" && !isAccountSid(value.trim())
    ? ["Not AC and 32 hexadecimal digits"]
    : [])
]

const toFinding = (check: string, warnings: ReadonlyArray<string>, detail: string): Finding => ({
  check,
  state: warnings.length === 0 ? "ok" : "warning",
  detail: [...warnings, detail].join("; ")
})

const configured = (variables: Api.Variables): ReadonlyArray<Finding> =>
  [...Credentials.variables, ...Api.otherNames].map((name): Finding => {
    const found = variables.get(name)
    if (found === undefined) return { check: name, state: "not set", detail: "" }
    const { source, value } = found
    const text = isShown[name]?.(value) === true ? `${shown(value)}, ` : ""
    return toFinding(name, warningsOf(name, value), `${text}from ${shown(source)}`)
  })

// The URL may have a password.
const ofProxy = ({ proxy, variables }: Api.Connection): Finding => {
  const warnings = Proxy.names.flatMap((name) =>
    warningsOf(name, variables.get(name)?.value ?? "").map((warning) => `${name}: ${warning}`)
  )
  if (proxy._tag === "None") return { check: "proxy", state: "not set", detail: "" }
  const from = `from ${proxy.name} in ${shown(variables.get(proxy.name)?.source ?? "")}`
  return toFinding(
    "proxy",
    warnings,
    proxy._tag === "Used"
      ? `${shown(`${proxy.url.protocol}//${proxy.url.host}`)}, ${from}`
      : `No proxy for this base URL, ${from}`
  )
}

/** Sends one request, and compares the clocks by the `Date` of its response. */
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
          // A `Date` is truncated to whole seconds, half a second on average.
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
  const [took, answer] = yield* Effect.gen(function*() {
    // One request does not use the whole configuration, but all of it is checked.
    yield* Effect.scoped(Layer.build(configured))
    const operations = yield* SenderPoolOperations.SenderPoolOperations
    return yield* operations.list({ pageSize: 1 })
  }).pipe(Effect.provide(client), Effect.result, Effect.timed)
  return { answer, skew, took }
})

const tolerated = 5_000

const clock = (skew: number | undefined): Finding => {
  if (skew === undefined) return { check: "clock", state: "skipped", detail: "No response had a Date header." }
  const off = Math.abs(skew)
  if (off <= 1_000) return { check: "clock", state: "ok", detail: "The clocks differ by less than a second." }
  return {
    check: "clock",
    state: off <= tolerated ? "ok" : "warning",
    detail: `The server's clock is ${(off / 1_000).toFixed(0)} s ${skew > 0 ? "ahead of" : "behind"} this one.`
  }
}

const online = Effect.fnUntraced(function*(connection: Api.Connection) {
  const { answer, skew, took } = yield* ask(connection)
  const baseUrl = shown(connection.variables.get("TWILIO_COMMS_BASE_URL")?.value ?? CommsClient.defaultBaseUrl)
  if (Result.isSuccess(answer)) {
    return {
      findings: [
        { check: "API", state: "ok", detail: `${baseUrl} answered after ${Failure.shortTime(took)}.` },
        { check: "credentials", state: "ok", detail: "Accepted." },
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
      ? { check: "API", state: "failed", detail: "No complete response." }
      : refused
      ? { check: "API", state: "ok", detail: `${baseUrl} answered after ${Failure.shortTime(took)}.` }
      : { check: "API", state: "failed", detail: `The response is not what the API documents: ${error._tag}.` },
    refused
      ? { check: "credentials", state: "failed", detail: `Rejected: ${error._tag}.` }
      : { check: "credentials", state: "skipped", detail: "Not tested." },
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
  yield* Format.print(shape, format, Stream.fromIterable([...configured(variables), ofProxy(connection), ...findings]))
  if (error !== undefined) {
    const { advice, ...description } = Failure.describe(error)
    // The advice of some errors is to run this command.
    yield* Handler.tell(
      advice?.includes("comms doctor") === true
        ? { ...description, advice: "Correct the failed checks above." }
        : { ...description, advice }
    )
    return yield* new ExitCode.Ended({ code: Failure.exitCodeOf(error) })
  }
})
