// The path of a request through the emulator: recorder, fault plan, the contract's answer, and sending it.
import * as Arr from "effect/Array"
import * as ByteSize from "effect/ByteSize"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type * as FaultPlan from "../../FaultPlan.ts"
import { currentMillis } from "../currentMillis.ts"
import { twilioError } from "../errors.ts"
import { hash, uint32 } from "../seeded.ts"
import * as Admin from "./admin.ts"
import { makeCallOf } from "./calls.ts"
import * as Faults from "./faults.ts"
import type { Connection, Wire } from "./model.ts"
import * as Operations from "./operations.ts"
import * as Recorder from "./recorder.ts"
import * as Routes from "./routes.ts"

export interface Options extends Omit<Routes.Settings, "tokens"> {
  /** How long a page token stays valid, in milliseconds. */
  readonly tokenLifetime: number
  readonly startedAt: number
  readonly faults: FaultPlan.FaultPlan
  readonly reportLimit: number
  readonly admin: boolean
}

const accountOf = (authorization: string | undefined): string | undefined => {
  const encoded = authorization?.match(/^Basic +(\S+)$/i)?.[1]
  const decoded = encoded === undefined ? undefined : Result.getOrUndefined(Base64.decodeString(encoded))
  return decoded === undefined || !decoded.includes(":") ? undefined : decoded.slice(0, decoded.indexOf(":"))
}

// Reports are shown to people. An account SID is no secret, while an API key SID is half of one.
const shownAccount = (account: string | undefined): string | undefined =>
  account === undefined || /^AC[0-9a-f]{32}$/i.test(account)
    ? account
    : `account-${(hash(account) >>> 0).toString(16)}`

const bodyText = (response: HttpServerResponse.HttpServerResponse): string => {
  const { body } = response
  return body._tag === "Uint8Array" ? body.text ?? new TextDecoder().decode(body.body) : ""
}

const targetOf = (request: HttpServerRequest.HttpServerRequest) => {
  const target = request.url.replace(/^\w+:\/\/[^/?]*/, "")
  const end = target.indexOf("?")
  return end < 0 ? { path: target, search: "" } : { path: target.slice(0, end), search: target.slice(end) }
}

const maxBodySize = 1_048_576

// The text of the body, or undefined if it is too large. It is read once, from the request that the handler gets.
const readBody = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<string | undefined> =>
  request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxBodySize)),
    // Requests in process ignore that limit.
    Effect.map((text) => text.length > maxBodySize ? undefined : text),
    Effect.catch(({ reason }) =>
      Effect.succeed(reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge" ? undefined : "")
    )
  )

// Twilio's support finds a request by this header.
const requestIdOf = (ticket: number): string =>
  `RQ${[1, 2, 3, 4].map((part) => uint32(9, ticket, part).toString(16).padStart(8, "0")).join("")}`

const encoder = new TextEncoder()

const pieces = (bytes: Uint8Array, count: number): ReadonlyArray<Uint8Array> => {
  const size = Math.max(1, Math.ceil(bytes.length / count))
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

const toResponse = <E>(
  { dropAfter, slow, wire }: Faults.Outcome,
  closeWithin: Effect.Effect<never, E>
): HttpServerResponse.HttpServerResponse => {
  const { "content-type": contentType = "application/octet-stream", ...headers } = wire.headers
  if (dropAfter === undefined && slow === undefined) {
    return HttpServerResponse.text(wire.body, { status: wire.status, headers, contentType })
  }
  const bytes = encoder.encode(wire.body)
  const sent = dropAfter === undefined ? bytes : bytes.subarray(0, dropAfter)
  const parts = slow === undefined ? Stream.succeed(sent) : Stream.fromArray(pieces(sent, slow.pieces)).pipe(
    Stream.rechunk(1),
    Stream.mapEffect((piece) =>
      Effect.as(Effect.sleep(Duration.millis(Duration.toMillis(slow.duration) / slow.pieces)), piece)
    )
  )
  return HttpServerResponse.stream(
    dropAfter === undefined ? parts : Stream.concat(parts, Stream.fromEffect(closeWithin)),
    { status: wire.status, headers, contentType, contentLength: bytes.length }
  )
}

const isRouteNotFound = (cause: Cause.Cause<unknown>): boolean => {
  const error = Cause.squash(cause)
  return HttpServerError.isHttpServerError(error) && error.reason._tag === "RouteNotFound"
}

export const make = Effect.fnUntraced(function*(options: Options) {
  const { admin, authErrors, reportLimit, served, startedAt } = options
  const families = Arr.map(served, ({ family }) => family)
  const callOf = makeCallOf(families)
  const operations = Operations.make(served)
  const recorder = Recorder.make(reportLimit)
  let engine = Faults.make(options.faults, startedAt, authErrors)
  let answered = 0
  const setFaults = (plan: FaultPlan.FaultPlan) =>
    Effect.sync(() => {
      engine = Faults.make(plan, startedAt, authErrors)
    })
  const report = Effect.sync(recorder.report)
  const resetReport = Effect.sync(recorder.reset)

  const contract = Routes.routes({
    ...options,
    tokens: { lifetime: options.tokenLifetime, isFirstPage: (token) => engine.tokens.has(token) }
  })
  const routes = admin
    ? Layer.mergeAll(contract, Admin.routes({ families, operations, setFaults, report, resetReport }))
    : contract
  const app = yield* HttpRouter.toHttpEffect(Layer.provide(routes, HttpServer.layerServices))

  // The documented envelope also answers unknown paths, handlers that die, and bodies of another media type.
  const answerSafely = app.pipe(
    Effect.map((response) =>
      response.status === 415 && response.headers["content-type"] === "text/plain"
        ? Routes.envelope(415, [twilioError(415, null, bodyText(response))])
        : response
    ),
    Effect.catchCauseIf(
      (cause) => !Cause.hasInterruptsOnly(cause),
      (cause) => {
        const status = isRouteNotFound(cause) ? 404 : 500
        return Effect.succeed(Routes.envelope(status, [twilioError(status)]))
      }
    )
  )

  const answer = Effect.fnUntraced(function*<E>(
    request: HttpServerRequest.HttpServerRequest,
    connection: Connection<E>
  ): Effect.fn.Return<HttpServerResponse.HttpServerResponse, E> {
    const body = yield* readBody(request)
    const normally = body === undefined
      ? Effect.succeed(Routes.envelope(413, [twilioError(413, null, "The body is larger than 1 MiB.")]))
      : answerSafely.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, request),
        Effect.scoped,
        Effect.orDie
      )
    const { path, search } = targetOf(request)
    // Faults and reports are for the paths of the API only.
    if (!path.startsWith("/v1/")) return yield* normally
    const now = yield* currentMillis
    const account = accountOf(request.headers["authorization"])
    const ticket = recorder.arrive({
      at: now,
      method: request.method,
      url: path + search,
      account: shownAccount(account),
      // All attempts of a call share a trace. Several calls share it if the program traces more than its calls.
      trace: request.headers["b3"]?.split("-")[0],
      body: body ?? ""
    })
    const outcome = yield* engine.apply(
      { now, path, account, call: () => callOf(request.method, path) },
      Effect.map(normally, (response): Wire => ({
        status: response.status,
        headers: { ...response.headers, "twilio-request-id": requestIdOf(++answered) },
        body: bodyText(response)
      }))
    )
    const { asked, dropAfter, faults, wire } = outcome
    const record = (status: number | undefined) =>
      Effect.map(currentMillis, (at) => recorder.answer(ticket, { at, status, asked, faults }))
    // A client whose timeout ends during a delay closes the connection.
    if (outcome.delay > 0) {
      yield* Effect.onInterrupt(Effect.sleep(Duration.millis(outcome.delay)), () => record(undefined))
    }
    yield* record(dropAfter === undefined ? wire.status : undefined)
    return dropAfter === -1 ? yield* connection.closeBefore : toResponse(outcome, connection.closeWithin)
  })

  return { ...operations, answer, setFaults, report, resetReport }
})
