/**
 * The description of one endpoint, from which the client, the emulator and the OpenAPI document are made.
 *
 * It is a plain value, because `effect/http-api` would add half to the size of a client's bundle. A client derived from
 * an `HttpApi` also has no typed error for an undeclared status or media type.
 *
 * @module
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import type * as CommsError from "./CommsError.ts"

/**
 * The error classes that an endpoint can declare. Every endpoint also has 401 and 403.
 *
 * @category models
 * @since 0.1.0
 */
export type ContractErrorClass = Exclude<
  CommsError.StatusErrorClass,
  typeof CommsError.Unauthorized | typeof CommsError.Forbidden
>

/**
 * The schema of a body. Its codec needs no services.
 *
 * @category models
 * @since 0.1.0
 */
export type Body = Schema.Top & { readonly DecodingServices: never; readonly EncodingServices: never }

/**
 * The schemas of parameters by name. Their codecs need no services.
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
 * One endpoint: its path, its input, its result and its errors.
 *
 * @category models
 * @since 0.1.0
 */
export interface Endpoint<
  M extends Method,
  ReadOnly extends boolean,
  Params extends Fields,
  Query extends Fields,
  Payload extends Body,
  Success extends Body,
  Errors extends ReadonlyArray<ContractErrorClass>
> {
  /** The service method, such as `SenderPoolOperations.fetch`. Errors, spans and metrics show this name. */
  readonly call: string
  /** The name in the OpenAPI document. */
  readonly operationId: string
  /** The description in the OpenAPI document. */
  readonly description: string
  /** The HTTP method. */
  readonly method: M
  /** The path after the base URL, with each path parameter as `:name`. */
  readonly path: `/v1/${string}`
  /** Whether a request only reads. Then it is safe to retry after its response was lost. */
  readonly readOnly: ReadOnly
  /** The path parameters. */
  readonly params: Schema.Struct<Params>
  /** The query parameters. */
  readonly query: Schema.Struct<Query>
  /** The body of the request. `Schema.Void` for none. */
  readonly payload: Payload
  /** The body of a successful response. */
  readonly success: Success
  /** Reads a successful response whose headers matter, into the encoded form of `success`. Default its body. */
  readonly fromAnswer?: (answer: Answer) => unknown
  /** How to find out whether a write happened whose response was lost. Default to read the resource. */
  readonly check?: string
  /** The errors that the API documents. Every endpoint also has 401 and 403. */
  readonly errors: Errors
  /** Whether a successful response is about the requested resource. Without it, every response is. */
  answers?(params: Schema.Struct.Type<Params>, success: Success["Type"]): boolean
}

/**
 * Any endpoint.
 *
 * @category utility types
 * @since 0.1.0
 */
export interface Any extends Endpoint<Method, boolean, Fields, Fields, Body, Body, ReadonlyArray<ContractErrorClass>> {}

/**
 * A successful response.
 *
 * **Details**
 *
 * - `body`: the value of the body, undefined if it is not JSON.
 * - `headers`: the headers by their names in lower case.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer {
  readonly body: unknown
  readonly headers: { readonly [name: string]: string | undefined }
}

/**
 * The errors of the response to a request: the declared errors of its endpoint, and the errors of any call.
 *
 * @category utility types
 * @since 0.1.0
 */
export type AnswerError<E extends { readonly errors: ReadonlyArray<ContractErrorClass> }> =
  | InstanceType<E["errors"][number]>
  | CommsError.CallError

interface LostResponse {
  readonly true: never
  readonly false: CommsError.OutcomeUnknown
}

/**
 * The errors that a call of an endpoint can fail with. Only a write can fail with `OutcomeUnknown`.
 *
 * @category utility types
 * @since 0.1.0
 */
export type Error<E extends { readonly readOnly: boolean; readonly errors: ReadonlyArray<ContractErrorClass> }> =
  | AnswerError<E>
  | LostResponse[`${E["readOnly"]}`]

/**
 * Makes the description of an endpoint.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  const M extends Method,
  const ReadOnly extends boolean,
  Params extends Fields,
  Query extends Fields,
  Payload extends Body,
  Success extends Body,
  const Errors extends ReadonlyArray<ContractErrorClass>
>(
  endpoint: Endpoint<M, ReadOnly, Params, Query, Payload, Success, Errors>
): Endpoint<M, ReadOnly, Params, Query, Payload, Success, Errors> => endpoint
