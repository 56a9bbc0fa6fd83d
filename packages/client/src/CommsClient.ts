/**
 * The client that sends the calls of every resource: base URL, authentication, timeouts, retries and errors.
 *
 * It calls the endpoints that `@effect-comms/domain` describes. `HttpApiClient` is not used: it has untyped errors for
 * undeclared statuses and media types, and adds 24 kB (gzip) to a bundle of 40 kB.
 *
 * @module
 * @since 0.1.0
 */
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import {
  DurationFromText,
  intFrom,
  invalidInput,
  makeDecoder,
  PositiveDurationFromText,
  toInvalidInput
} from "@effect-comms/domain/Input"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { flow } from "effect/Function"
import * as Hash from "effect/Hash"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import * as UrlParams from "effect/http/UrlParams"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as Credentials from "./Credentials.ts"
import * as FlowControl from "./FlowControl.ts"
import { type Exchange, makeReader, type Params, toTransportFailure } from "./internal/calling/answer.ts"
import { checkBaseUrl } from "./internal/calling/baseUrl.ts"
import { makeTarget, run } from "./internal/calling/call.ts"
import { withOutcome } from "./internal/calling/write.ts"
import { identify } from "./internal/checkpoint.ts"
import { variable } from "./internal/variable.ts"
import * as RetryPolicy from "./RetryPolicy.ts"

/**
 * The input of an endpoint: the path parameters, query and body that it declares.
 *
 * @category models
 * @since 0.1.0
 */
export type Request<E extends Endpoint.Any> =
  & (keyof E["params"]["fields"] extends never ? {} : { readonly params: E["params"]["Type"] })
  & (keyof E["query"]["fields"] extends never ? {} : { readonly query: E["query"]["Type"] })
  & (E["payload"] extends Schema.Void ? {} : { readonly payload: E["payload"]["Type"] })

/**
 * The interface of the client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /** The base URL with its path prefix and without a trailing slash. */
  readonly baseUrl: string
  /**
   * The digests of the base URL and the user name, which checkpoints are bound to. Fails on a platform without
   * WebCrypto.
   */
  readonly identity: Effect.Effect<Checkpoint.Identity, CommsError.InvalidInput>
  /** Makes the function that calls an endpoint. It builds the codecs of the endpoint, so make it once. */
  readonly endpoint: <E extends Endpoint.Any>(
    endpoint: E
  ) => (request: Request<E>) => Effect.Effect<E["success"]["Type"], Endpoint.Error<E>>
}

/**
 * The service of the client.
 *
 * @category services
 * @since 0.1.0
 */
export class CommsClient extends Context.Service<CommsClient, Service>()("@effect-comms/client/CommsClient") {}

/**
 * Options of a client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The credentials of an account or an API key. */
  readonly credentials: Credentials.Credentials
  /**
   * The base URL, which may have a path prefix but no credentials, query or fragment. A `/v1` at its end is ignored.
   * `http:` is accepted for loopback addresses only. Default `https://comms.twilio.com`.
   */
  readonly baseUrl?: string | URL | undefined
  /**
   * Whether `baseUrl` may be an `http:` URL of any host, such as an emulator in another container. It sends the
   * credentials unencrypted. Default false.
   */
  readonly allowInsecureHttp?: boolean | undefined
  /** The maximum size of a response body, in bytes. Default 16 MiB. Range from 1. */
  readonly maxBodySize?: number | undefined
  /** The retry policy. Each of its options has a default. */
  readonly retry?: RetryPolicy.Options | undefined
  /** The flow control of this client. Ignored if a `FlowControl` is in the context, which clients then share. */
  readonly flowControl?: FlowControl.Options | undefined
  /**
   * The name of the program, which precedes that of this library in the `User-Agent`. Default no name. Range printable
   * ASCII characters.
   */
  readonly userAgent?: string | undefined
}

/**
 * The default of `baseUrl`.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultBaseUrl = "https://comms.twilio.com"

const library = "effect-comms/0.1.0"

const layerName = "CommsClient.layer"

const decodeSettings = makeDecoder(
  layerName,
  "options",
  Schema.Struct({
    allowInsecureHttp: Schema.optional(Schema.Boolean),
    maxBodySize: Schema.optional(intFrom(1)),
    userAgent: Schema.optional(
      Schema.String.check(Schema.isPattern(/^[ -~]*$/, { expected: "printable ASCII characters on one line" }))
    )
  })
)

const fixedContext = Context.mergeAll(
  // Unlike the clients of Node, `fetch` follows redirects and would send the credentials along.
  Context.make(FetchHttpClient.RequestInit, { redirect: "manual" }),
  // The span of Effect's client records network text without removing secrets. The span of an attempt replaces it.
  Context.make(HttpClient.TracerDisabledWhen, () => true)
)

const withFixedContext = Effect.provideContext(fixedContext)

const isInBrowser = (): boolean => "document" in globalThis || "importScripts" in globalThis

// The headers of the request with those of the current span, if there is one.
const withTrace = (headers: Headers.Headers, { context }: Fiber.Fiber<unknown, unknown>): Headers.Headers => {
  const span = Context.getOrUndefined(context, Tracer.ParentSpan)
  if (span?._tag !== "Span") return headers
  // In a browser, a server has to permit each header of another origin's page.
  const isAsked = Context.getOrUndefined(context, HttpClient.TracerPropagationEnabled) ?? !isInBrowser()
  return isAsked && !Context.get(context, Tracer.DisablePropagation) &&
      !Context.get(span.annotations, Tracer.DisablePropagation)
    ? Headers.setAll(headers, HttpTraceContext.toHeaders(span))
    : headers
}

const serverOf = (baseUrl: string) => {
  const { hostname, port, protocol } = new URL(baseUrl)
  return {
    "server.address": hostname.replace(/^\[|\]$/g, ""),
    "server.port": port === "" ? protocol === "https:" ? 443 : 80 : Number(port)
  }
}

const toRecord = (tree: Schema.StringTree): Readonly<Record<string, string>> =>
  Record.filter<string, unknown, string>(Object.fromEntries(Object.entries(tree ?? {})), Predicate.isString)

// The path as a list of texts, in which every second one is the name of a parameter.
const makeFillPath = (path: string): (params: Encoded["params"]) => string => {
  const parts = path.split(/:(\w+)/)
  return (params) =>
    parts.reduce((path, part, index) => path + (index % 2 === 0 ? part : encodeURIComponent(String(params[part]))), "")
}

interface AnyRequest {
  readonly params?: Params
  readonly query?: unknown
  readonly payload?: unknown
}

interface Encoded {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: UrlParams.UrlParams
  readonly body: HttpBody.HttpBody
}

const isText = ({ ast }: Endpoint.Body): boolean => ast._tag === "String" && ast.encoding === undefined

const makeEncoder = (
  { call, params, payload, query }: Endpoint.Any
): (request: AnyRequest) => Effect.Effect<Encoded, CommsError.InvalidInput> => {
  // Services decode their input, so it is not checked a second time.
  const unchecked = { disableChecks: true }
  // An id is the same text on the wire.
  const encodeParams = Object.values(params.fields).every(isText)
    ? Effect.succeed
    : flow(Schema.encodeUnknownEffect(Schema.toCodecStringTree(params), unchecked), Effect.map(toRecord))
  const encodeQuery = Schema.encodeUnknownEffect(Schema.toCodecStringTree(query), unchecked)
  const encodeBody = Schema.encodeUnknownEffect(Schema.fromJsonString(Schema.toCodecJson(payload)), unchecked)
  const hasQuery = Object.keys(query.fields).length > 0
  const hasBody = payload.ast !== Schema.Void.ast
  return (request) => {
    const params = encodeParams(request.params ?? {})
    const query = hasQuery
      ? Effect.map(encodeQuery(request.query ?? {}), (tree) => UrlParams.fromInput(toRecord(tree)))
      : Effect.succeed(UrlParams.empty)
    const body = hasBody
      ? Effect.map(encodeBody(request.payload), (text) => HttpBody.text(text, "application/json"))
      : Effect.succeed(HttpBody.empty)
    return Effect.mapError(Effect.all({ params, query, body }), toInvalidInput(call, "input"))
  }
}

/**
 * Makes a client.
 *
 * **Details**
 *
 * Fails with `InvalidInput` if an option or a credential is invalid.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<Service, CommsError.InvalidInput, HttpClient.HttpClient | Scope.Scope> {
  const problem = Credentials.findProblem(options.credentials)
  if (problem !== undefined) return yield* invalidInput(layerName, "credentials", problem)
  const { password, username } = Credentials.toBasic(options.credentials)
  const { allowInsecureHttp = false, maxBodySize = 16 * 1024 * 1024, userAgent } = yield* decodeSettings(options)
  const baseUrl = yield* checkBaseUrl(layerName, options.baseUrl ?? defaultBaseUrl, allowInsecureHttp)
  const scrub = Credentials.toScrubber(options.credentials, new URL(baseUrl).host)
  const client = yield* HttpClient.HttpClient
  const { headers } = HttpClientRequest.get(baseUrl).pipe(
    HttpClientRequest.basicAuth(username, password),
    HttpClientRequest.acceptJson,
    // Only some transports decompress, and on a fast network a page of 1,000 arrives in half the time without.
    HttpClientRequest.setHeader("accept-encoding", "identity"),
    HttpClientRequest.setHeader("user-agent", userAgent === undefined ? library : `${userAgent} ${library}`)
  )

  // Only checkpoints need the digests.
  const identified = yield* Effect.forkScoped(Effect.exit(identify(baseUrl, username)))
  const identity = Effect.flatten(Fiber.join(identified))
  const server = serverOf(baseUrl)
  const policy = yield* RetryPolicy.make(options.retry)
  const flowControl = yield* Effect.serviceOption(FlowControl.FlowControl)
  const gate = yield* (Option.isSome(flowControl) ? flowControl.value : yield* FlowControl.make(options.flowControl))
    .gate(`${new URL(baseUrl).host} ${Hash.string(Redacted.value(username)).toString(36)}`)

  const endpoint: Service["endpoint"] = (endpoint) => {
    const { call, method, path, readOnly } = endpoint
    const settle = withOutcome(endpoint)
    const encode = makeEncoder(endpoint)
    const fillPath = makeFillPath(path)
    const read = makeReader(endpoint, maxBodySize)
    const target = makeTarget(call, server)
    return (request: AnyRequest) =>
      Effect.flatMap(encode(request), ({ body, params, query }) => {
        const url = baseUrl + fillPath(params)
        const withHeaders = (headers: Headers.Headers) => {
          const httpRequest = HttpClientRequest.makeWith(method, url, query, Option.none(), headers, HttpBody.empty)
          return body._tag === "Empty" ? httpRequest : HttpClientRequest.setBody(httpRequest, body)
        }
        const exchange: Exchange = {
          method,
          readOnly,
          scrub,
          payload: request.payload,
          // Only errors and spans show it.
          get url() {
            return scrub(Option.match(HttpClientRequest.toUrl(withHeaders(Headers.empty)), {
              onNone: () => url,
              onSome: ({ href }) => href
            }))
          }
        }
        const send = () =>
          Effect.matchEffect(
            withFixedContext(Effect.withFiber((fiber) => client.execute(withHeaders(withTrace(headers, fiber))))),
            {
              onFailure: (error) => Effect.fail(toTransportFailure(exchange)(error)),
              onSuccess: (response) => read(exchange, request.params ?? {}, response)
            }
          )
        return settle(run(target, exchange, scrub(`${method} ${url}`), send, gate, policy))
      })
  }

  return CommsClient.of({ baseUrl, identity, endpoint })
})

/**
 * A layer of the client.
 *
 * **Example** (The services that a program needs, over one client)
 *
 * ```ts
 * import { CommsClient, MessageOperations, SenderPools } from "@effect-comms/client"
 * import { Layer, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * export const layer = Layer.mergeAll(SenderPools.layer, MessageOperations.layer).pipe(
 *   Layer.provide(CommsClient.layer({
 *     credentials: { apiKey: Redacted.make("SK00000000000000000000000000000000"), apiSecret: Redacted.make("secret") }
 *   })),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<CommsClient, CommsError.InvalidInput, HttpClient.HttpClient> => Layer.effect(CommsClient, make(options))

const BooleanFromText = Schema.Literals(["true", "false"]).transform([true, false])

const AttemptsFromText = Schema.String.check(
  Schema.isPattern(/^[1-9]\d*$/, { expected: "a whole number from 1" })
).pipe(Schema.decodeTo(Schema.FiniteFromString))

type Configs = Config.Wrap<{ readonly [Name in keyof Options]?: NonNullable<Options[Name]> }>

/**
 * Reads the options of a client: those that are given as `Config`s, and the variables of {@link layerConfig} for the
 * others.
 *
 * @category config
 * @since 0.1.0
 */
export const config = Effect.fnUntraced(function*(
  options: Configs = {}
): Effect.fn.Return<Options, CommsError.InvalidInput | Config.ConfigError> {
  const given = yield* Config.unwrap(options)
  const { retry } = given
  return {
    ...given,
    credentials: given.credentials ?? (yield* Credentials.config),
    baseUrl: given.baseUrl ?? (yield* variable("TWILIO_COMMS_BASE_URL", Schema.String)),
    allowInsecureHttp: given.allowInsecureHttp ??
      (yield* variable("TWILIO_COMMS_ALLOW_INSECURE_HTTP", BooleanFromText)),
    retry: {
      ...retry,
      attemptTimeout: retry?.attemptTimeout ??
        (yield* variable("TWILIO_COMMS_ATTEMPT_TIMEOUT", PositiveDurationFromText)),
      callTimeout: retry?.callTimeout ?? (yield* variable("TWILIO_COMMS_CALL_TIMEOUT", PositiveDurationFromText)),
      maxAttempts: retry?.maxAttempts ?? (yield* variable("TWILIO_COMMS_MAX_ATTEMPTS", AttemptsFromText)),
      maxRetryAfter: retry?.maxRetryAfter ?? (yield* variable("TWILIO_COMMS_MAX_RETRY_AFTER", DurationFromText))
    }
  }
})

/**
 * A layer of the client whose options are `Config`s. Missing options are read from the environment, or from another
 * `ConfigProvider`.
 *
 * **Details**
 *
 * Each option is a `Config` of its value; `retry` and `flowControl` may also be objects of `Config`s. `credentials` is
 * one `Config`, because there are two kinds. Missing options are read from these variables:
 *
 * - `credentials`: `TWILIO_API_KEY` and `TWILIO_API_SECRET`, or `TWILIO_ACCOUNT_SID` and `TWILIO_AUTH_TOKEN`.
 * - `baseUrl`: `TWILIO_COMMS_BASE_URL`. Default `https://comms.twilio.com`.
 * - `allowInsecureHttp`: `TWILIO_COMMS_ALLOW_INSECURE_HTTP`, `true` or `false`. Default false.
 * - `retry.attemptTimeout`: `TWILIO_COMMS_ATTEMPT_TIMEOUT`. Default 30 seconds.
 * - `retry.callTimeout`: `TWILIO_COMMS_CALL_TIMEOUT`. Default 5 minutes.
 * - `retry.maxAttempts`: `TWILIO_COMMS_MAX_ATTEMPTS`. Default 6.
 * - `retry.maxRetryAfter`: `TWILIO_COMMS_MAX_RETRY_AFTER`. Default 1 minute.
 *
 * Durations have the form `30s`, `10m` or `30 seconds`. An empty variable counts as not set. An invalid variable fails
 * with `ConfigError`, missing credentials with `InvalidInput` (see {@link Credentials.config}).
 *
 * **Example** (Credentials under other names)
 *
 * ```ts
 * import { CommsClient } from "@effect-comms/client"
 * import { Config } from "effect"
 *
 * export const client = CommsClient.layerConfig({
 *   credentials: Config.all({ apiKey: Config.Redacted("MY_KEY"), apiSecret: Config.Redacted("MY_SECRET") }),
 *   retry: { maxAttempts: Config.succeed(3) }
 * })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options?: Configs
): Layer.Layer<CommsClient, CommsError.InvalidInput | Config.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(CommsClient, Effect.flatMap(config(options), make))
