/**
 * The service of SenderPool operations, which create and change SenderPools.
 *
 * @module
 * @see https://www.twilio.com/docs/comms/api/sender-pools
 * @since 0.1.0
 */
import type { KnownOperationStatus } from "@effect-comms/domain/Operation"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
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
export interface Service extends Operations.Operations<SenderPoolOperation.SenderPoolOperation, KnownOperationStatus> {}

/**
 * The service of SenderPool operations.
 *
 * **Example** (Wait for an operation)
 *
 * ```ts
 * import { SenderPoolOperations } from "@effect-comms/client"
 * import { Console, Effect } from "effect"
 *
 * export const report = Effect.fn("report")(function*(id: string) {
 *   const operations = yield* SenderPoolOperations.SenderPoolOperations
 *   const outcome = yield* operations.awaitCompletion(id)
 *   yield* Console.log(outcome._tag, outcome.operation.stats)
 * })
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class SenderPoolOperations extends Context.Service<SenderPoolOperations, Service>()(
  "@effect-comms/client/SenderPoolOperations"
) {}

/**
 * A layer of the service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<SenderPoolOperations, never, CommsClient> = Layer.effect(
  SenderPoolOperations,
  Operations.make(SenderPoolOperation.family)
)
