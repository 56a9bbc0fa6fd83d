/**
 * The description of one endpoint of the API. Its client, its server and its OpenAPI document follow from it.
 *
 * It is a plain value and not an `HttpApiEndpoint`. A client that loads `effect/http-api` is half as large again, and the
 * derived client has no typed error for an undeclared status or media type. `CommsApi` turns these descriptions into the
 * `HttpApi`.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import type * as CommsError from "./CommsError.ts"

/**
 * The error classes that the contract of an endpoint can name. Every endpoint also has 401 and 403.
 *
 * @category models
 * @since 0.1.0
 */
export type ContractErrorClass = Exclude<
  CommsError.StatusErrorClass,
  typeof CommsError.Unauthorized | typeof CommsError.Forbidden
>

/**
 * A body, whose codec needs no services.
 *
 * @category models
 * @since 0.1.0
 */
export type Body = Schema.Top & { readonly DecodingServices: never; readonly EncodingServices: never }

/**
 * The fields of parameters, whose codecs need no services.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fields extends Schema.Struct.Fields {
  readonly [name: PropertyKey]: Body
}

/**
 * The HTTP methods of the API.
 *
 * @category models
 * @since 0.1.0
 */
export type Method = "GET" | "POST" | "PATCH" | "DELETE"

/**
 * One endpoint: where it is, what goes in, what comes out, and which statuses the contract gives it.
 *
 * **Details**
 *
 * - `call`: the service method, such as `SenderPoolOperations.fetch`. Errors, spans and metrics show this name.
 * - `operationId`: the name in the OpenAPI document.
 * - `payload`: the body of the request, `Schema.Void` for none.
 * - `readOnly`: set for a `POST` that changes nothing, such as a search. See {@link isReadOnly}.
 *
 * @category models
 * @since 0.1.0
 */
export interface Endpoint<
  M extends Method,
  Params extends Fields,
  Query extends Fields,
  Payload extends Body,
  Success extends Body,
  Errors extends ReadonlyArray<ContractErrorClass>
> {
  readonly call: string
  readonly operationId: string
  readonly description: string
  readonly method: M
  readonly path: `/v1/${string}`
  readonly readOnly?: true
  readonly params: Schema.Struct<Params>
  readonly query: Schema.Struct<Query>
  readonly payload: Payload
  readonly success: Success
  readonly errors: Errors
}

/**
 * The errors that a call of an endpoint can fail with: the statuses of its contract, and the errors of any call.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Error<E extends { readonly errors: ReadonlyArray<ContractErrorClass> }> =
  | InstanceType<E["errors"][number]>
  | CommsError.CallError

/**
 * Describes an endpoint.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  const M extends Method,
  Params extends Fields,
  Query extends Fields,
  Payload extends Body,
  Success extends Body,
  const Errors extends ReadonlyArray<ContractErrorClass>
>(
  endpoint: Endpoint<M, Params, Query, Payload, Success, Errors>
): Endpoint<M, Params, Query, Payload, Success, Errors> => endpoint

/**
 * Whether a request changes nothing, so that it is safe to send it again when its answer was lost.
 *
 * @category guards
 * @since 0.1.0
 */
export const isReadOnly = ({ method, readOnly }: {
  readonly method: Method
  readonly readOnly?: true
}): boolean => method === "GET" || readOnly === true
