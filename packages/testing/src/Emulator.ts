/**
 * A stateful Comms server, derived from the same contract as the client. It behaves like the API, injects faults on
 * demand, and reports every request.
 *
 * It runs in process as an `HttpClient` ({@link layerHttpClient}) or as a `fetch` function ({@link fetch}), and on a
 * port of the loopback interface ({@link layerServer}). Time is Effect's `Clock`, so `TestClock` controls it.
 *
 * @module
 * @since 0.1.0
 */
import * as CommsClient from "@effect-comms/client/CommsClient"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { DurationFromInput, intFrom, invalidInput, makeDecoder, withoutUndefined } from "@effect-comms/domain/Input"
import type { Operation } from "@effect-comms/domain/Operation"
import type { SenderId } from "@effect-comms/domain/Sender"
import type { SenderPool } from "@effect-comms/domain/SenderPool"
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
import { currentMillis } from "./internal/currentMillis.ts"
import { makeFaultPlan } from "./internal/emulator/calls.ts"
import { type Connection, contract, type Families, WritePlan } from "./internal/emulator/model.ts"
import * as Server from "./internal/emulator/server.ts"
import * as Stores from "./internal/emulator/stores.ts"
import { AuthErrors } from "./internal/errors.ts"
import type { OperationPlan } from "./OperationPlan.ts"
import type * as Report from "./Report.ts"

export type { Families } from "./internal/emulator/model.ts"

/**
 * The account that the emulator accepts by default. Its token has the form of a real one, so that demos show what the
 * client scrubs.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultCredentials: {
  readonly accountSid: string
  readonly authToken: Redacted.Redacted<string>
} = {
  accountSid: "AC00000000000000000000000000000000",
  authToken: Redacted.make("00112233445566778899aabbccddeeff", { label: "authToken" })
}

/**
 * The base URL for clients in process. The emulator answers any other host as well.
 *
 * @category constants
 * @since 0.1.0
 */
export const baseUrl = "http://emulator.localhost"

/**
 * How an emulator answers writes. Every option has a default.
 *
 * **Details**
 *
 * A write always sees the pools as they are. Senders that do not exist are items that fail.
 *
 * @category models
 * @since 0.1.0
 */
export interface Writes {
  /**
   * The plan of the operations that writes make, without the numbers of items, which follow from the Senders. Members
   * appear as the operation moves. Default a work of 2 seconds.
   */
  readonly plan?: Omit<OperationPlan, "total" | "failed" | "queued" | "scheduled"> | undefined
  /** Whether an update merges new tags with the present ones, or replaces them. Default `merge`. */
  readonly tags?: "merge" | "replace" | undefined
  /** What becomes of an added Sender that is a member already: an item that is created, or fails. Default `created`. */
  readonly addTwice?: "created" | "failed" | undefined
  /** The status for deleting a pool, or removing a Sender, that was deleted or removed before. Default 404. */
  readonly deleteTwice?: 202 | 404 | undefined
  /** How long reads do not show a new pool or a change. Default 0. Range from 0. */
  readonly readDelay?: Duration.Input | undefined
}

/**
 * How an emulator is made. Every option has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The families of operations to serve. Default those of the contract: SenderPool, Message and Email operations. */
  readonly families?: Families | undefined
  /** Determines ids, times and counters. Default 1. Range: safe integers. */
  readonly seed?: number | undefined
  /** The number of operations that each family has at the start. Default 0. Range 0 to 100,000,000. */
  readonly operations?: number | undefined
  /** The number of Senders of the account. Default 0. Range 0 to 10,000,000. */
  readonly senders?: number | undefined
  /** The creation time of the newest operation and Sender at the start. Default the start of the emulator. */
  readonly newest?: TimestampInput | undefined
  /** The period over which operations and Senders were created at the start. Default 7 days. Range from 0. */
  readonly span?: Duration.Input | undefined
  /** How long a new operation stays invisible after its creation. Default 0. Range from 0. */
  readonly readDelay?: Duration.Input | undefined
  /** How writes are answered. Its parts are choices where the API's documentation does not say. */
  readonly writes?: Writes | undefined
  /** How long a page token stays valid. Default 1 hour. Range from 0. */
  readonly tokenLifetime?: Duration.Input | undefined
  /** The accounts that may call. `"any"` accepts any name and password. Default {@link defaultCredentials}. */
  readonly accounts?:
    | ReadonlyArray<{ readonly username: string; readonly password: Redacted.Redacted<string> }>
    | "any"
    | undefined
  /** The body of 401 and 403: Twilio's classic envelope, or the contract's problem details. Default `classic`. */
  readonly authErrors?: "classic" | "problem" | undefined
  /** The faults to inject: a plan or the name of a preset. Default `calm`, which injects none. */
  readonly faults?: FaultPlan.FaultPlan | FaultPlan.Preset | undefined
  /** How many of the latest requests a report holds. Its sums cover all of them. Default 10,000. Range from 0. */
  readonly reportLimit?: number | undefined
  /** Whether to serve the admin routes under `/_emulator`. Default false. */
  readonly admin?: boolean | undefined
}

/**
 * A SenderPool of the emulator, and the ids of its members in the order in which they were added.
 *
 * @category models
 * @since 0.1.0
 */
export interface HeldPool {
  readonly pool: SenderPool
  readonly senderIds: ReadonlyArray<SenderId>
}

/**
 * The test's side of an emulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /**
   * Creates an operation now, with a plan. `resource` is the family, such as `MessageOperations`. Default the first of
   * the families, which is `SenderPoolOperations` unless `families` says otherwise.
   */
  readonly create: (plan: OperationPlan, resource?: string) => Effect.Effect<Operation, CommsError.InvalidInput>
  /** Moves a created operation of any family ahead in its plan. */
  readonly advance: (operationId: string, by: Duration.Input) => Effect.Effect<Operation, CommsError.InvalidInput>
  /** The ids of the first Senders of the account, at most `count`. */
  readonly senderIds: (count: number) => ReadonlyArray<SenderId>
  /** Every SenderPool and its members as they are now, without the delay of reads. */
  readonly senderPools: Effect.Effect<ReadonlyArray<HeldPool>>
  /** Replaces the plan of faults. The counts of its rules start at 0. */
  readonly setFaults: (
    faults: FaultPlan.FaultPlan | FaultPlan.Preset
  ) => Effect.Effect<void, CommsError.InvalidInput>
  /** The requests so far. */
  readonly report: Effect.Effect<Report.Report>
  /** Starts an empty report. */
  readonly resetReport: Effect.Effect<void>
  /** Answers a request. `connection` says how to close the connection when the plan asks for it. */
  readonly answer: <E>(
    request: HttpServerRequest.HttpServerRequest,
    connection: Connection<E>
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse, E>
}

/**
 * A stateful Comms server.
 *
 * @category services
 * @since 0.1.0
 */
export class Emulator extends Context.Service<Emulator, Service>()("@effect-comms/testing/Emulator") {}

const settings = {
  seed: Schema.optional(Schema.Int),
  operations: Schema.optional(intFrom(0, 100_000_000)),
  newest: Schema.optional(TimestampFromInput),
  span: Schema.optional(DurationFromInput),
  senders: Schema.optional(intFrom(0, 10_000_000)),
  readDelay: Schema.optional(DurationFromInput),
  writes: Schema.optional(withoutUndefined(Schema.Struct({
    plan: Schema.optional(Schema.toType(WritePlan)),
    tags: Schema.optional(Schema.Literals(["merge", "replace"])),
    addTwice: Schema.optional(Schema.Literals(["created", "failed"])),
    deleteTwice: Schema.optional(Schema.Literals([202, 404])),
    readDelay: Schema.optional(DurationFromInput)
  }))),
  tokenLifetime: Schema.optional(DurationFromInput),
  accounts: Schema.optional(Schema.Union([
    Schema.Literal("any"),
    Schema.Array(Schema.Struct({ username: Schema.NonEmptyString, password: Schema.Redacted(Schema.NonEmptyString) }))
  ])),
  authErrors: Schema.optional(AuthErrors),
  reportLimit: Schema.optional(Schema.Natural),
  admin: Schema.optional(Schema.Boolean)
}

const planOf = (faults: FaultPlan.FaultPlan | FaultPlan.Preset): FaultPlan.FaultPlan =>
  typeof faults === "string" ? FaultPlan.presets[faults] : faults

/**
 * Makes an emulator.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(options: Options = {}) {
  const { families = contract, ...others } = options
  const Faults = Schema.Union([Schema.Literals(FaultPlan.presetNames), Schema.toType(makeFaultPlan(families))])
  const decodeFaults = makeDecoder("Emulator.setFaults", "faults", Faults, "error")
  const Settings = Schema.Struct({ ...settings, faults: Schema.optional(Faults) })
  const decode = makeDecoder("Emulator.layer", "options", Settings, "error")
  const { accounts, faults, newest, ...rest } = yield* decode(others)
  const startedAt = yield* currentMillis
  const allowed = accounts ?? [{ username: defaultCredentials.accountSid, password: defaultCredentials.authToken }]
  const writes = {
    plan: { duration: Duration.seconds(2) },
    tags: "merge",
    addTwice: "created",
    deleteTwice: 404,
    readDelay: Duration.zero,
    ...rest.writes
  } as const
  const stores = Stores.make({
    families,
    seed: rest.seed ?? 1,
    operations: rest.operations ?? 0,
    senders: rest.senders ?? 0,
    newest: newest === undefined ? startedAt : DateTime.toEpochMillis(newest),
    span: rest.span ?? Duration.days(7),
    readDelay: rest.readDelay ?? Duration.zero,
    writes
  })
  const { senderPools, senders } = stores
  const { setFaults, ...server } = yield* Server.make({
    ...stores,
    writes,
    startedAt,
    tokenLifetime: Duration.toMillis(rest.tokenLifetime ?? Duration.hours(1)),
    isAccount: (username, password) =>
      allowed === "any"
        ? username !== "" && password !== ""
        : allowed.some((account) => account.username === username && Redacted.value(account.password) === password),
    authErrors: rest.authErrors ?? "classic",
    faults: planOf(faults ?? "calm"),
    reportLimit: rest.reportLimit ?? 10_000,
    admin: rest.admin ?? false
  })

  return Emulator.of({
    ...server,
    senderIds: (count) =>
      Array.from({ length: Math.min(count, senders.size) }, (_, position) => senders.at(position).id),
    senderPools: Effect.map(currentMillis, senderPools.all),
    setFaults: (faults) => Effect.flatMap(decodeFaults(faults), (faults) => setFaults(planOf(faults)))
  })
})

/**
 * A layer of the emulator. Combine it with {@link layerHttpClient}, {@link layerClient}, {@link fetch} or
 * {@link layerServer} so that it answers requests.
 *
 * **Example** (Every service over an emulator in process)
 *
 * ```ts
 * import { Comms, MessageOperations } from "@effect-comms/client"
 * import { Emulator } from "@effect-comms/testing"
 * import { Console, Effect, Layer, Stream } from "effect"
 *
 * const layer = Comms.layer({ baseUrl: Emulator.baseUrl, credentials: Emulator.defaultCredentials }).pipe(
 *   Layer.provide(Emulator.layerHttpClient),
 *   Layer.provide(Emulator.layer({ operations: 100, seed: 42 }))
 * )
 *
 * const program = Effect.gen(function*() {
 *   const messages = yield* MessageOperations.MessageOperations
 *   yield* Console.log(yield* Stream.runCount(messages.stream()))
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(layer)))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Emulator, CommsError.InvalidInput> =>
  Layer.effect(Emulator, make(options))

class ConnectionClosed extends Schema.TaggedError<ConnectionClosed>()("ConnectionClosed", {
  code: Schema.tag("ECONNRESET")
}) {
  override get message(): string {
    return "the connection was closed by the fault plan"
  }
}

const closed = Effect.fail(new ConnectionClosed())

const inProcess: Connection<ConnectionClosed> = { closeBefore: closed, closeWithin: closed }

/**
 * An `HttpClient` whose requests the emulator answers in process, for any host.
 *
 * **Details**
 *
 * The layer is never shared, so nested tests each reach their own emulator.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerHttpClient: Layer.Layer<HttpClient.HttpClient, never, Emulator> = Layer.fresh(Layer.effect(
  HttpClient.HttpClient,
  Emulator.useSync(({ answer }) =>
    HttpClient.make((request) =>
      Effect.mapBoth(answer(HttpServerRequest.fromClientRequest(request), inProcess), {
        onSuccess: (response) => HttpServerResponse.toClientResponse(response, { request }),
        onFailure: (cause) =>
          new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
      })
    )
  )
))

/**
 * The real client, connected to the emulator in process.
 *
 * **Example** (One service over an emulator)
 *
 * ```ts
 * import { SenderPoolOperations } from "@effect-comms/client"
 * import { Emulator } from "@effect-comms/testing"
 * import { Layer } from "effect"
 *
 * export const layer = SenderPoolOperations.layer.pipe(
 *   Layer.provide(Emulator.layerClient),
 *   Layer.provideMerge(Emulator.layer({ operations: 100, faults: "flaky" }))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient: Layer.Layer<CommsClient.CommsClient, CommsError.InvalidInput, Emulator> = Layer.fresh(
  CommsClient.layer({ baseUrl, credentials: defaultCredentials }).pipe(Layer.provide(layerHttpClient))
)

// A fetch rejects with a `TypeError` or with the reason of its signal, which can be any value, so these are defects.
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
 * A `fetch` function that the emulator answers in process, for clients that do not use Effect.
 *
 * **Details**
 *
 * It uses the clock and the other services of the effect that makes it. A signal aborts the request and the reading of
 * its body, as with the platform's own `fetch`.
 *
 * **Example** (Test a client that does not use Effect)
 *
 * ```ts
 * import { Emulator } from "@effect-comms/testing"
 * import { Console, Effect, Redacted } from "effect"
 *
 * const { accountSid, authToken } = Emulator.defaultCredentials
 * const authorization = `Basic ${btoa(`${accountSid}:${Redacted.value(authToken)}`)}`
 *
 * const program = Effect.gen(function*() {
 *   const fetch = yield* Emulator.fetch
 *   const url = `${Emulator.baseUrl}/v1/Messages/Operations`
 *   const response = yield* Effect.promise(() => fetch(url, { headers: { authorization } }))
 *   yield* Console.log(response.status)
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(Emulator.layer({ operations: 3 }))))
 * ```
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
 * The address that an emulator listens on.
 *
 * @category services
 * @since 0.1.0
 */
export class Address extends Context.Service<Address, {
  /** The base URL for clients. */
  readonly url: string
  readonly port: number
}>()("@effect-comms/testing/Emulator/Address") {}

const ServerSettings = Schema.Struct({
  port: Schema.optional(intFrom(0, 65_535)),
  host: Schema.optional(Schema.NonEmptyString)
})

const decodeServer = makeDecoder("Emulator.layerServer", "options", ServerSettings, "error")

/**
 * Serves the emulator on a port. Needs Node.js and the package `@effect/platform-node`.
 *
 * **Details**
 *
 * A port that is in use fails with `InvalidInput`. Connections are closed when the layer ends.
 *
 * - `port`: the port to listen on. Default 0, which picks a free port. Range 0 to 65535.
 * - `host`: the interface to listen on. Default `127.0.0.1`, so that only this machine can connect.
 *
 * **Example** (A server for programs in other processes)
 *
 * ```ts
 * import { Emulator } from "@effect-comms/testing"
 * import { Console, Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const { url } = yield* Emulator.Address
 *   yield* Console.log(`TWILIO_COMMS_BASE_URL=${url}`)
 * })
 *
 * const layer = Emulator.layerServer().pipe(Layer.provide(Emulator.layer({ operations: 100 })))
 *
 * await Effect.runPromise(program.pipe(Effect.provide(layer)))
 * ```
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
