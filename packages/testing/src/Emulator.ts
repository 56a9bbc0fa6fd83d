/**
 * A Comms server with state, from the same contract as the client: it behaves like the service, misbehaves on demand,
 * and reports what a client did.
 *
 * It runs in process as an `HttpClient` ({@link layerHttpClient}) or as a `fetch` function ({@link fetch}), and on a port
 * of the loopback interface ({@link layerServer}). Time is Effect's `Clock`, so `TestClock` moves it.
 *
 * @since 0.1.0
 */
import * as CommsClient from "@effect-comms/client/CommsClient"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { DurationFromInput, intFrom, invalidInput, makeDecoder } from "@effect-comms/domain/Input"
import type { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import { TimestampFromInput, type TimestampInput } from "@effect-comms/domain/Timestamp"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as FaultPlan from "./FaultPlan.ts"
import type { Connection } from "./internal/emulator/connection.ts"
import { currentMillis } from "./internal/emulator/currentMillis.ts"
import * as Server from "./internal/emulator/server.ts"
import { OperationPlan } from "./OperationPlan.ts"
import * as OperationStore from "./OperationStore.ts"
import type * as Report from "./Report.ts"

/**
 * The account that the emulator accepts when it is given none.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultCredentials: {
  readonly accountSid: string
  readonly authToken: Redacted.Redacted<string>
} = {
  accountSid: "AC00000000000000000000000000000000",
  authToken: Redacted.make("emulator", { label: "authToken" })
}

/**
 * The base URL under which the emulator answers in process. Any other does as well.
 *
 * @category constants
 * @since 0.1.0
 */
export const baseUrl = "http://emulator.localhost"

/**
 * Who may call: the user name and the password of HTTP Basic authentication.
 *
 * @category models
 * @since 0.1.0
 */
export interface Account {
  readonly username: string
  readonly password: Redacted.Redacted<string>
}

/**
 * How an emulator is made; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Whence ids, times and stats follow: a safe integer. Default 1. */
  readonly seed?: number | undefined
  /** How many operations there are at the start: 0 to 100,000,000. Default 0. */
  readonly operations?: number | undefined
  /** When the newest of them was created. Default the time of the start. */
  readonly newest?: TimestampInput | undefined
  /** Over which time they were created. Default 7 days. */
  readonly span?: Duration.Input | undefined
  /** How long after its creation a new operation can be read. Default none. */
  readonly readDelay?: Duration.Input | undefined
  /** How long a page token lives. Default 1 hour. */
  readonly tokenLifetime?: Duration.Input | undefined
  /** Who may call. Default the account of {@link defaultCredentials}; `"any"` is any name with any password. */
  readonly accounts?: ReadonlyArray<Account> | "any" | undefined
  /** How it misbehaves: a plan, or the name of a preset. Default `calm`. */
  readonly faults?: FaultPlan.FaultPlan | FaultPlan.Preset | undefined
  /** How many requests the report holds, the last ones; its sums are of all. Default 10,000. */
  readonly reportLimit?: number | undefined
  /** Whether the routes under `/_emulator` are there. Default false. */
  readonly admin?: boolean | undefined
}

/**
 * An emulator at work.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /** Creates an operation, now, with a plan of what becomes of it. */
  readonly create: (plan: OperationPlan) => Effect.Effect<SenderPoolOperation, CommsError.InvalidInput>
  /** Lets an operation that was created run ahead by a time. */
  readonly advance: (
    operationId: string,
    by: Duration.Input
  ) => Effect.Effect<SenderPoolOperation, CommsError.InvalidInput>
  /** Sets how it misbehaves from now on. Rules count anew. */
  readonly setFaults: (
    faults: FaultPlan.FaultPlan | FaultPlan.Preset
  ) => Effect.Effect<void, CommsError.InvalidInput>
  /** What was asked of it so far. */
  readonly report: Effect.Effect<Report.Report>
  /** Begins a new report. */
  readonly resetReport: Effect.Effect<void>
  /** Answers a request. The connection says how it is closed where the plan asks for it. */
  readonly answer: <E>(
    request: HttpServerRequest.HttpServerRequest,
    connection: Connection<E>
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse, E>
}

/**
 * A Comms server with state.
 *
 * @category services
 * @since 0.1.0
 */
export class Emulator extends Context.Service<Emulator, Service>()("@effect-comms/testing/Emulator") {}

const operation = "Emulator.layer"

const Settings = Schema.Struct({
  seed: Schema.optional(Schema.Int),
  operations: Schema.optional(intFrom(0, 100_000_000)),
  newest: Schema.optional(TimestampFromInput),
  span: Schema.optional(DurationFromInput),
  readDelay: Schema.optional(DurationFromInput),
  tokenLifetime: Schema.optional(DurationFromInput),
  accounts: Schema.optional(Schema.Union([
    Schema.Literal("any"),
    Schema.Array(Schema.Struct({ username: Schema.NonEmptyString, password: Schema.Redacted(Schema.NonEmptyString) }))
  ])),
  faults: Schema.optional(Schema.Union([Schema.Literals(FaultPlan.presetNames), Schema.toType(FaultPlan.FaultPlan)])),
  reportLimit: Schema.optional(Schema.Natural),
  admin: Schema.optional(Schema.Boolean)
})

const decodeSettings = makeDecoder(operation, "options", Settings)

const decodePlan = makeDecoder("Emulator.create", "plan", Schema.toType(OperationPlan))

const decodeFaults = makeDecoder(
  "Emulator.setFaults",
  "faults",
  Schema.Union([Schema.Literals(FaultPlan.presetNames), Schema.toType(FaultPlan.FaultPlan)])
)

const planOf = (faults: FaultPlan.FaultPlan | FaultPlan.Preset): FaultPlan.FaultPlan =>
  typeof faults === "string" ? FaultPlan.presets[faults] : faults

/**
 * Makes an emulator.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(options?: Options) {
  const settings = yield* decodeSettings(options ?? {})
  const startedAt = yield* currentMillis
  const accounts = settings.accounts ?? [{
    username: defaultCredentials.accountSid,
    password: defaultCredentials.authToken
  }]
  const store = OperationStore.make({
    seed: settings.seed ?? 1,
    operations: settings.operations ?? 0,
    newest: settings.newest === undefined ? startedAt : DateTime.toEpochMillis(settings.newest),
    span: settings.span ?? Duration.days(7),
    readDelay: settings.readDelay ?? Duration.zero
  })
  const server = yield* Server.make({
    store,
    startedAt,
    tokenLifetime: Duration.toMillis(settings.tokenLifetime ?? Duration.hours(1)),
    isAccount: (username, password) =>
      accounts === "any"
        ? username !== "" && password !== ""
        : accounts.some((account) => account.username === username && Redacted.value(account.password) === password),
    faults: planOf(settings.faults ?? "calm"),
    reportLimit: settings.reportLimit ?? 10_000,
    admin: settings.admin ?? false
  })

  return Emulator.of({
    create: (plan) =>
      Effect.flatMap(decodePlan(plan), (plan) => Effect.map(currentMillis, (now) => store.create(plan, now))),
    advance: Effect.fnUntraced(function*(operationId, by) {
      const duration = yield* decodeAdvance(by)
      const now = yield* currentMillis
      return yield* Effect.mapError(
        Effect.fromOption(store.advance(operationId, duration, now)),
        () => invalidInput("Emulator.advance", "operationId", "Expected the id of an operation that was created")
      )
    }),
    setFaults: (faults) => Effect.flatMap(decodeFaults(faults), (faults) => server.setFaults(planOf(faults))),
    report: server.report,
    resetReport: server.resetReport,
    answer: server.answer
  })
})

const decodeAdvance = makeDecoder("Emulator.advance", "by", DurationFromInput)

/**
 * A layer of the emulator. It answers nobody yet: see {@link layerHttpClient}, {@link layerClient}, {@link fetch} and
 * {@link layerServer}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Emulator, CommsError.InvalidInput> =>
  Layer.effect(Emulator, make(options))

/**
 * The connection was closed where the fault plan said so.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConnectionClosed extends Schema.TaggedError<ConnectionClosed>()("ConnectionClosed", {
  code: Schema.tag("ECONNRESET")
}) {
  override get message(): string {
    return "the connection was closed by the fault plan"
  }
}

const closed = Effect.fail(new ConnectionClosed())

const inProcess: Connection<ConnectionClosed> = { closeBefore: closed, closeWithin: closed }

/**
 * An `HttpClient` whose requests the emulator answers, in process, whatever the host they are for.
 *
 * **Details**
 *
 * It is built anew wherever it is provided, so that a test within another one's layers talks to its own emulator.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerHttpClient: Layer.Layer<HttpClient.HttpClient, never, Emulator> = Layer.fresh(Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    Emulator,
    ({ answer }) =>
      HttpClient.make((request) =>
        answer(HttpServerRequest.fromClientRequest(request), inProcess).pipe(
          Effect.map((response) => HttpServerResponse.toClientResponse(response, { request })),
          Effect.mapError((cause) =>
            new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
          )
        )
      )
  )
))

/**
 * The real client, wired to the emulator in process.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient: Layer.Layer<CommsClient.CommsClient, CommsError.InvalidInput, Emulator> = Layer.fresh(
  CommsClient.layer({ baseUrl, credentials: defaultCredentials }).pipe(Layer.provide(layerHttpClient))
)

// A fetch rejects with whatever it was that failed, and so with a defect: a TypeError, which clients look for, or the
// reason of a signal, which may be anything.
const failWith = (message: string) => Effect.catch(closed, (cause) => Effect.die(new TypeError(message, { cause })))

const connectionOfFetch: Connection<never> = {
  closeBefore: failWith("fetch failed"),
  closeWithin: failWith("terminated")
}

const aborted = (signal: AbortSignal) =>
  Effect.callback<never>((resume) => {
    const abort = () => resume(Effect.die(signal.reason))
    if (signal.aborted) abort()
    signal.addEventListener("abort", abort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", abort))
  })

/**
 * A `fetch` function that the emulator answers, in process, for clients that are not Effect's.
 *
 * **Details**
 *
 * It keeps the clock, and everything else, of the effect that makes it. A signal aborts a request, and a body that is
 * being read, as it does with the platform's own.
 *
 * @category fetch
 * @since 0.1.0
 */
export const fetch: Effect.Effect<typeof globalThis.fetch, never, Emulator> = Effect.gen(function*() {
  const { answer } = yield* Emulator
  const context = yield* Effect.context<never>()
  const run = Effect.runPromiseWith(context)
  const respond = Effect.fnUntraced(function*(...args: Parameters<typeof globalThis.fetch>) {
    const request = new Request(...args)
    if (request.signal.aborted) return yield* Effect.die(request.signal.reason)
    const response = yield* answer(HttpServerRequest.fromWeb(request), connectionOfFetch).pipe(
      Effect.raceFirst(aborted(request.signal))
    )
    const { body } = response
    return HttpServerResponse.toWeb(
      body._tag === "Stream"
        ? HttpServerResponse.setBody(
          response,
          HttpBody.stream(
            Stream.interruptWhen(body.stream, aborted(request.signal)),
            body.contentType,
            body.contentLength
          )
        )
        : response,
      { context }
    )
  })
  return (...args) => run(respond(...args))
})

/**
 * Where an emulator listens.
 *
 * @category services
 * @since 0.1.0
 */
export class Address extends Context.Service<Address, {
  /** The base URL to give to clients. */
  readonly url: string
  readonly port: number
}>()("@effect-comms/testing/Emulator/Address") {}

const ServerSettings = Schema.Struct({
  port: Schema.optional(intFrom(0, 65_535)),
  host: Schema.optional(Schema.NonEmptyString)
})

const decodeServer = makeDecoder("Emulator.layerServer", "options", ServerSettings)

/**
 * Puts the emulator on a port. For Node.js: it loads `@effect/platform-node`, which has to be installed.
 *
 * **Details**
 *
 * `port` is 0 to 65535, and 0, the default, is any that is free. `host` is `127.0.0.1` unless it is given: the emulator
 * is for nobody but the machine it runs on. A port that is taken fails with `InvalidInput`, and connections end with the
 * layer.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerServer = (options?: {
  readonly port?: number | undefined
  readonly host?: string | undefined
}): Layer.Layer<Address, CommsError.InvalidInput, Emulator> =>
  Layer.effect(
    Address,
    Effect.gen(function*() {
      const { host = "127.0.0.1", port = 0 } = yield* decodeServer(options ?? {})
      const { answer } = yield* Emulator
      const node = yield* Effect.promise(() => import("./internal/emulator/node.ts"))
      const bound = yield* Effect.mapError(
        node.listen({ host, port, answer }),
        ({ code, message }) =>
          invalidInput(
            "Emulator.layerServer",
            code === "EADDRINUSE" || code === "EACCES" ? "port" : "host",
            `Cannot listen on ${host}:${port}: ${message}`
          )
      )
      return Address.of({ port: bound, url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}` })
    })
  )
