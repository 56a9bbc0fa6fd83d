/**
 * The two kinds of 202: an operation that can be polled, and a change of a resource without an operation.
 *
 * The URLs in a response are data. The library does not follow them, so credentials reach no other server.
 *
 * @module
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Answer } from "./Endpoint.ts"
import { omitUndefined } from "./Input.ts"
import { OperationIdFromServer } from "./Operation.ts"

/**
 * The server accepted an operation: creating a SenderPool, or adding Senders to one.
 *
 * **Details**
 *
 * - `operationId`: the id of the operation. Wait for it with `SenderPoolOperations.awaitCompletion`.
 * - `operationLocation`: the URL that the server sent. It may lead to no documented endpoint.
 *
 * @category models
 * @since 0.1.0
 */
export class AcceptedOperation extends Schema.Class<AcceptedOperation>("AcceptedOperation")({
  operationId: OperationIdFromServer,
  operationLocation: Schema.optionalKey(Schema.String)
}, { description: "The operation that was accepted.", httpApiStatus: 202 }) {}

/**
 * The server accepted a change that has no operation. Read the resource to see the change.
 *
 * **Details**
 *
 * The response may have neither field, since the API does not document every such response.
 *
 * - `resourceId`: the id of the changed resource.
 * - `resourceLocation`: the URL that the server sent.
 *
 * @category models
 * @since 0.1.0
 */
export class AcceptedChange extends Schema.Class<AcceptedChange>("AcceptedChange")({
  resourceId: Schema.optionalKey(Schema.String),
  resourceLocation: Schema.optionalKey(Schema.String)
}, { description: "The resource whose change was accepted.", httpApiStatus: 202 }) {}

const firstText = (...values: ReadonlyArray<unknown>): string | undefined =>
  values.find((value): value is string => Predicate.isString(value) && value !== "")

const idIn = (location: string | undefined): string | undefined =>
  location === undefined ? undefined : /\/(comms_operation_\w+)\/?(?:[?#].*)?$/.exec(location)?.[1]

/**
 * Reads an {@link AcceptedOperation}: its id from the body, then from the headers of older versions of the API, then
 * from the end of a location.
 *
 * @category decoding
 * @stability unstable
 * @since 0.1.0
 */
export const operationFromAnswer = ({ body, headers }: Answer): unknown => {
  const fields = Predicate.isObject(body) ? body : {}
  const { location } = headers
  const operationLocation = firstText(
    fields["operationLocation"],
    headers["operation-location"],
    headers["operationlocation"],
    location
  )
  return omitUndefined({
    operationId: firstText(
      fields["operationId"],
      headers["operation-id"],
      headers["operationid"],
      idIn(location),
      idIn(operationLocation)
    ),
    operationLocation
  })
}

/**
 * Reads an {@link AcceptedChange} from any successful response.
 *
 * @category decoding
 * @stability unstable
 * @since 0.1.0
 */
export const changeFromAnswer = ({ body, headers }: Answer): typeof AcceptedChange.Encoded => {
  const fields = Predicate.isObject(body) ? body : {}
  return omitUndefined({
    resourceId: firstText(fields["resourceId"]),
    resourceLocation: firstText(fields["resourceLocation"], headers["resource-location"], headers["location"])
  })
}
