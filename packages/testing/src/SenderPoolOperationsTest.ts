/**
 * A mock of `SenderPoolOperations`, over operations in memory. See `OperationsTest`.
 *
 * @since 0.1.0
 */
import * as SenderPoolOperations from "@effect-comms/client/SenderPoolOperations"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import * as Context from "effect/Context"
import * as OperationsTest from "./OperationsTest.ts"

/**
 * The test's side of the mock.
 *
 * @category services
 * @since 0.1.0
 */
export class SenderPoolOperationsTest extends Context.Service<
  SenderPoolOperationsTest,
  OperationsTest.Service<SenderPoolOperation.SenderPoolOperation>
>()("@effect-comms/testing/SenderPoolOperationsTest") {}

/**
 * A layer of both sides, with some initial operations.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = OperationsTest.layer({
  family: SenderPoolOperation.family,
  service: SenderPoolOperations.SenderPoolOperations,
  test: SenderPoolOperationsTest
})
