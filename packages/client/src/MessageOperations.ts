/**
 * The service of Message operations, which send messages.
 *
 * @module
 * @see https://www.twilio.com/docs/bulk-messaging/api/operation-resource
 * @since 0.1.0
 */
import * as MessageOperation from "@effect-comms/domain/MessageOperation"
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
  extends Operations.Operations<MessageOperation.MessageOperation, KnownCommunicationOperationStatus>
{}

/**
 * The service of Message operations.
 *
 * **Example** (Add up a counter that can be absent)
 *
 * ```ts
 * import { MessageOperations } from "@effect-comms/client"
 * import { Effect, Stream } from "effect"
 *
 * export const countDelivered = Effect.gen(function*() {
 *   const operations = yield* MessageOperations.MessageOperations
 *   return yield* operations.stream({ status: "COMPLETED" }).pipe(
 *     Stream.runFold(() => 0, (sum, { stats }) => sum + (stats.delivered ?? 0))
 *   )
 * })
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class MessageOperations extends Context.Service<MessageOperations, Service>()(
  "@effect-comms/client/MessageOperations"
) {}

/**
 * A layer of the service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<MessageOperations, never, CommsClient> = Layer.effect(
  MessageOperations,
  Operations.make(MessageOperation.family)
)
