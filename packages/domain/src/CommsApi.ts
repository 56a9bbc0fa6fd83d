/**
 * The HTTP contract as an `HttpApi`, from which the OpenAPI document and the emulator's server are derived.
 *
 * It is the only module of the package that loads `effect/http-api`. The client does not need it.
 *
 * @module
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as EmailOperation from "./EmailOperation.ts"
import type * as Endpoint from "./Endpoint.ts"
import * as Codecs from "./internal/codecs.ts"
import * as MessageOperation from "./MessageOperation.ts"
import type { KnownCommunicationOperationStatus } from "./Operation.ts"
import type * as OperationFamily from "./OperationFamily.ts"
import * as Sender from "./Sender.ts"
import * as SenderPool from "./SenderPool.ts"
import * as SenderPoolOperation from "./SenderPoolOperation.ts"

/**
 * The account that a request authenticates as.
 *
 * @category services
 * @since 0.1.0
 */
export class Account extends Context.Service<Account, {
  /** The user name of the request: the SID of an account or of an API key. */
  readonly accountSid: string
}>()("@effect-comms/domain/CommsApi/Account") {}

/**
 * Basic authentication: account SID and auth token, or API key SID and API key secret.
 *
 * **Details**
 *
 * The API answers 401 and 403, but does not document them or their bodies. Here they are problem details (RFC 9457), so
 * that clients are tested with a media type that differs from that of the other errors.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: Account }>()(
  "@effect-comms/domain/CommsApi/Authorization",
  {
    security: { accountSid_authToken: HttpApiSecurity.basic },
    error: [Codecs.unauthorized, Codecs.forbidden]
  }
) {}

/**
 * Answers a request that does not match the contract with the documented envelope instead of an empty 400.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Refusals extends HttpApiMiddleware.Service<Refusals>()("@effect-comms/domain/CommsApi/Refusals") {}

// `HttpApi` describes parameters as the text on the wire, but the API documents the type that the text stands for.
const describeParameters = (fields: Schema.Struct.Fields) => {
  const { properties } = Schema.toJsonSchemaDocument(Schema.Struct(fields)).schema
  const schemas = Predicate.isObject(properties) ? properties : {}
  return (operation: Record<string, unknown>): Record<string, unknown> => ({
    ...operation,
    parameters: Array.isArray(operation["parameters"])
      ? operation["parameters"].map((parameter) => ({
        ...parameter,
        schema: schemas[parameter.name] ?? parameter.schema
      }))
      : []
  })
}

const describe = (endpoint: {
  readonly operationId: string
  readonly description: string
  readonly params: Schema.Struct<Endpoint.Fields>
  readonly query: Schema.Struct<Endpoint.Fields>
}) =>
  OpenApi.annotations({
    identifier: endpoint.operationId,
    description: endpoint.description,
    transform: describeParameters({ ...endpoint.params.fields, ...endpoint.query.fields })
  })

type Contract<Success> = Success extends { readonly wire: infer Wire extends Endpoint.Body } ? Wire : Success

// A page has a strict schema for servers beside the lenient one of the client.
function contractOf<Success extends Endpoint.Body>(success: Success): Contract<Success>
function contractOf(success: object): unknown {
  return Predicate.hasProperty(success, "wire") ? success.wire : success
}

/**
 * The options of an `HttpApiEndpoint` without a body, for the groups of a server. One with a body adds its `payload`.
 *
 * @category constructors
 * @stability unstable
 * @since 0.1.0
 */
export const optionsOf = <
  Params extends Endpoint.Fields,
  Query extends Endpoint.Fields,
  Success extends Endpoint.Body,
  const Errors extends ReadonlyArray<Endpoint.ContractErrorClass>
>(
  { errors, params, query, success }: Endpoint.Endpoint<
    Endpoint.Method,
    boolean,
    Params,
    Query,
    Endpoint.Body,
    Success,
    Errors
  >
) => ({
  params,
  query,
  success: contractOf(success),
  error: errors.map((error) => Codecs.byStatus[error.status as Errors[number]["status"]])
})

/**
 * Makes the group of a family of operations. The emulator implements such groups.
 *
 * @category constructors
 * @stability unstable
 * @since 0.1.0
 */
export const operationsGroup = <
  const Id extends string,
  M extends OperationFamily.Model,
  Status extends ReadonlyArray<KnownCommunicationOperationStatus>
>(identifier: Id, title: string, { fetch, list }: OperationFamily.OperationFamily<M, Status>) =>
  HttpApiGroup.make(identifier).add(
    HttpApiEndpoint.get("list", list.path, optionsOf(list)).annotateMerge(describe(list)),
    HttpApiEndpoint.get("fetch", fetch.path, optionsOf(fetch)).annotateMerge(describe(fetch))
  ).middleware(Refusals).middleware(Authorization).annotateMerge(OpenApi.annotations({ title }))

const pools = SenderPool.endpoints

/**
 * The group of SenderPools and their Senders. The emulator implements it.
 *
 * @category contract
 * @stability unstable
 * @since 0.1.0
 */
export const senderPools = HttpApiGroup.make("senderPools").add(
  HttpApiEndpoint.get("list", pools.list.path, optionsOf(pools.list)).annotateMerge(describe(pools.list)),
  HttpApiEndpoint.post("create", pools.create.path, {
    ...optionsOf(pools.create),
    payload: pools.create.payload,
    success: Codecs.acceptedOperation
  }).annotateMerge(describe(pools.create)),
  HttpApiEndpoint.get("fetch", pools.fetch.path, optionsOf(pools.fetch)).annotateMerge(describe(pools.fetch)),
  HttpApiEndpoint.patch("update", pools.update.path, {
    ...optionsOf(pools.update),
    payload: pools.update.payload,
    success: Codecs.acceptedChange
  }).annotateMerge(describe(pools.update)),
  HttpApiEndpoint.delete("delete", pools.delete.path, {
    ...optionsOf(pools.delete),
    success: Codecs.acceptedChange
  }).annotateMerge(describe(pools.delete)),
  HttpApiEndpoint.get("listSenders", pools.listSenders.path, optionsOf(pools.listSenders))
    .annotateMerge(describe(pools.listSenders)),
  HttpApiEndpoint.post("addSenders", pools.addSenders.path, {
    ...optionsOf(pools.addSenders),
    payload: pools.addSenders.payload,
    success: Codecs.acceptedOperation
  }).annotateMerge(describe(pools.addSenders)),
  HttpApiEndpoint.delete("removeSender", pools.removeSender.path, {
    ...optionsOf(pools.removeSender),
    success: Codecs.acceptedChange
  }).annotateMerge(describe(pools.removeSender))
).middleware(Refusals).middleware(Authorization).annotateMerge(OpenApi.annotations({ title: "SenderPools" }))

/**
 * The group of Senders. The emulator implements it.
 *
 * @category contract
 * @stability unstable
 * @since 0.1.0
 */
export const senders = HttpApiGroup.make("senders").add(
  HttpApiEndpoint.get("list", Sender.endpoints.list.path, optionsOf(Sender.endpoints.list))
    .annotateMerge(describe(Sender.endpoints.list)),
  HttpApiEndpoint.get("fetch", Sender.endpoints.fetch.path, optionsOf(Sender.endpoints.fetch))
    .annotateMerge(describe(Sender.endpoints.fetch)),
  HttpApiEndpoint.post("search", Sender.endpoints.search.path, {
    ...optionsOf(Sender.endpoints.search),
    payload: Sender.endpoints.search.payload
  }).annotateMerge(describe(Sender.endpoints.search)),
  HttpApiEndpoint.post("resolve", Sender.endpoints.resolve.path, {
    ...optionsOf(Sender.endpoints.resolve),
    payload: Sender.endpoints.resolve.payload
  }).annotateMerge(describe(Sender.endpoints.resolve))
).middleware(Refusals).middleware(Authorization).annotateMerge(OpenApi.annotations({ title: "Senders" }))

/**
 * The part of the Comms API that this library covers.
 *
 * **Example** (The OpenAPI document)
 *
 * ```ts
 * import { CommsApi } from "@effect-comms/domain"
 * import { OpenApi } from "effect/http-api"
 *
 * export const document = OpenApi.fromApi(CommsApi.CommsApi)
 * ```
 *
 * @category contract
 * @since 0.1.0
 */
export class CommsApi extends HttpApi.make("comms")
  .add(
    operationsGroup("senderPoolOperations", "SenderPools", SenderPoolOperation.family),
    operationsGroup("messageOperations", "Messages", MessageOperation.family),
    operationsGroup("emailOperations", "Emails", EmailOperation.family),
    senderPools,
    senders
  )
  .annotate(HttpApi.ParseOptions, { errors: "all" })
  .annotateMerge(OpenApi.annotations({
    title: "Twilio Comms",
    version: "1",
    description: "The part of the Comms API that effect-comms covers. Not published by Twilio.",
    servers: [{ url: "https://comms.twilio.com" }]
  }))
{}
