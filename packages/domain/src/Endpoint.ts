/**
 * The description of one operation of the API, from which its client, its server and its OpenAPI document follow.
 *
 * It is a plain value, and not an `HttpApiEndpoint`, for two reasons that were measured or tried: a client that loads
 * `effect/http-api` is half as large again as one that does not, and the derived client has no typed error for an
 * answer of another media type or an undeclared status. `CommsApi` turns these descriptions into the `HttpApi`.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import type * as CommsError from "./CommsError.ts"

/**
 * The error classes that the contract of an operation names. 401 and 403 belong to every operation.
 *
 * @category models
 * @since 0.1.0
 */
export type ContractErrorClass = Exclude<
  CommsError.StatusErrorClass,
  typeof CommsError.Unauthorized | typeof CommsError.Forbidden
>

/**
 * Parameters: a struct's fields, whose codecs need no services.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fields extends Schema.Struct.Fields {
  readonly [name: PropertyKey]: Body
}

/**
 * A body, whose codec needs no services.
 *
 * @category models
 * @since 0.1.0
 */
export type Body = Schema.Top & { readonly DecodingServices: never; readonly EncodingServices: never }

/**
 * One operation: where it is, what goes in, what comes out, and which statuses the contract gives it.
 *
 * **Details**
 *
 * - `call`: the method that calls it, such as `SenderPoolOperations.fetch`: the name in errors, spans and metrics.
 * - `operationId`: the name in the OpenAPI document.
 *
 * `readOnly` says that the operation changes nothing, so that it may be repeated when its answer was lost.
 *
 * @category models
 * @since 0.1.0
 */
export interface Endpoint<
  Params extends Fields,
  Query extends Fields,
  Success extends Body,
  Errors extends ReadonlyArray<ContractErrorClass>
> {
  readonly call: string
  readonly operationId: string
  readonly description: string
  readonly method: "GET"
  readonly path: `/v1/${string}`
  readonly readOnly: boolean
  readonly params: Schema.Struct<Params>
  readonly query: Schema.Struct<Query>
  readonly success: Success
  readonly errors: Errors
}

/**
 * The errors that a call of an endpoint can fail with: the statuses of its contract, and what any call can fail with.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Error<E extends { readonly errors: ReadonlyArray<ContractErrorClass> }> =
  | InstanceType<E["errors"][number]>
  | CommsError.CallError

/**
 * Describes an operation.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  Params extends Fields,
  Query extends Fields,
  Success extends Body,
  const Errors extends ReadonlyArray<ContractErrorClass>
>(endpoint: Endpoint<Params, Query, Success, Errors>): Endpoint<Params, Query, Success, Errors> => endpoint
