/**
 * The HTTP contract as an `HttpApi`, from which the OpenAPI document and the emulator's server are derived.
 *
 * Programs that only call the API have no use for it: this is the one module of the package that loads
 * `effect/http-api`.
 *
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
import type * as Endpoint from "./Endpoint.ts"
import * as Codecs from "./internal/codecs.ts"
import * as SenderPoolOperation from "./SenderPoolOperation.ts"

/**
 * The account that a request is made for.
 *
 * @category services
 * @since 0.1.0
 */
export class Account extends Context.Service<Account, { readonly accountSid: string }>()(
  "@effect-comms/domain/CommsApi/Account"
) {}

/**
 * Basic authentication: account SID and auth token, or API key SID and API key secret.
 *
 * **Details**
 *
 * 401 and 403 are not on the API's reference pages, and are answered. What their bodies look like is not documented;
 * here they are problem details (RFC 9457), since clients must expect another media type than the other errors have.
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
 * Answers a request that does not fit the contract with the documented envelope, where the default is an empty 400.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Refusals extends HttpApiMiddleware.Service<Refusals>()("@effect-comms/domain/CommsApi/Refusals") {}

// `HttpApi` describes parameters by the text they travel as. The API documents them by what the text means.
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

const describe = <
  Params extends Endpoint.Fields,
  Query extends Endpoint.Fields,
  Success extends Endpoint.Body,
  Errors extends ReadonlyArray<Endpoint.ContractErrorClass>
>(endpoint: Endpoint.Endpoint<Params, Query, Success, Errors>) =>
  OpenApi.annotations({
    identifier: endpoint.operationId,
    description: endpoint.description,
    transform: describeParameters({ ...endpoint.params.fields, ...endpoint.query.fields })
  })

const errorsOf = <Errors extends ReadonlyArray<Endpoint.ContractErrorClass>>(errors: Errors) =>
  errors.map((error) => Codecs.byStatus[error.status as Errors[number]["status"]])

/**
 * The endpoints of SenderPool operations.
 *
 * @category contract
 * @since 0.1.0
 */
export class SenderPoolOperationsGroup extends HttpApiGroup.make("senderPoolOperations", { topLevel: false })
  .add(
    HttpApiEndpoint.get("list", SenderPoolOperation.list.path, {
      query: SenderPoolOperation.list.query,
      success: SenderPoolOperation.list.success,
      error: errorsOf(SenderPoolOperation.list.errors)
    }).annotateMerge(describe(SenderPoolOperation.list)),
    HttpApiEndpoint.get("fetch", SenderPoolOperation.fetch.path, {
      params: SenderPoolOperation.fetch.params,
      success: SenderPoolOperation.fetch.success,
      error: errorsOf(SenderPoolOperation.fetch.errors)
    }).annotateMerge(describe(SenderPoolOperation.fetch))
  )
  .middleware(Refusals)
  .middleware(Authorization)
  .annotateMerge(OpenApi.annotations({ title: "SenderPools" }))
{}

/**
 * The contract of the Comms API, as far as this library speaks it.
 *
 * @category contract
 * @since 0.1.0
 */
export class CommsApi extends HttpApi.make("comms")
  .add(SenderPoolOperationsGroup)
  .annotate(HttpApi.ParseOptions, { errors: "all" })
  .annotateMerge(OpenApi.annotations({
    title: "Twilio Comms: SenderPool Operations",
    version: "1",
    description: "The part of the Comms API that effect-comms speaks. Not Twilio's own document.",
    servers: [{ url: "https://comms.twilio.com" }]
  }))
{}
