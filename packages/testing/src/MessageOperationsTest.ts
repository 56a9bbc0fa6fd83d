/**
 * A mock of `MessageOperations`, over operations in memory. See `OperationsTest`.
 *
 * @module
 * @since 0.1.0
 */
import * as MessageOperations from "@effect-comms/client/MessageOperations"
import * as MessageOperation from "@effect-comms/domain/MessageOperation"
import * as Context from "effect/Context"
import * as OperationsTest from "./OperationsTest.ts"

/**
 * The test's side of the mock.
 *
 * @category services
 * @since 0.1.0
 */
export class MessageOperationsTest extends Context.Service<
  MessageOperationsTest,
  OperationsTest.Service<MessageOperation.MessageOperation>
>()("@effect-comms/testing/MessageOperationsTest") {}

/**
 * A layer of both sides, with some initial operations.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = OperationsTest.layer({
  family: MessageOperation.family,
  service: MessageOperations.MessageOperations,
  test: MessageOperationsTest
})
