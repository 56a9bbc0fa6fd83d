/**
 * The service of Email operations, which send emails.
 *
 * @module
 * @see https://www.twilio.com/docs/email/api/reference/email-operation-resource
 * @since 0.1.0
 */
import * as EmailOperation from "@effect-comms/domain/EmailOperation"
import type { KnownCommunicationOperationStatus } from "@effect-comms/domain/Operation"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { CommsClient } from "./CommsClient.ts"
import * as Operations from "./Operations.ts"

/**
 * The interface of the service.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service
  extends Operations.Operations<EmailOperation.EmailOperation, KnownCommunicationOperationStatus>
{}

/**
 * The service of Email operations.
 *
 * **Example** (Follow new and changed operations)
 *
 * ```ts
 * import { EmailOperations } from "@effect-comms/client"
 * import { Console, Effect, Stream } from "effect"
 *
 * export const follow = Effect.gen(function*() {
 *   const operations = yield* EmailOperations.EmailOperations
 *   yield* operations.changes({ since: "2024-04-05" }).pipe(
 *     Stream.runForEach(({ kind, operation }) => Console.log(kind, operation.id, operation.status))
 *   )
 * })
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class EmailOperations extends Context.Service<EmailOperations, Service>()(
  "@effect-comms/client/EmailOperations"
) {}

/**
 * A layer of the service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<EmailOperations, never, CommsClient> = Layer.effect(
  EmailOperations,
  Operations.make(EmailOperation.family)
)
