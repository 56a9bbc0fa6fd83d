/**
 * A mock of `EmailOperations`, over operations in memory. See `OperationsTest`.
 *
 * @module
 * @since 0.1.0
 */
import * as EmailOperations from "@effect-comms/client/EmailOperations"
import * as EmailOperation from "@effect-comms/domain/EmailOperation"
import * as Context from "effect/Context"
import * as OperationsTest from "./OperationsTest.ts"

/**
 * The test's side of the mock.
 *
 * @category services
 * @since 0.1.0
 */
export class EmailOperationsTest extends Context.Service<
  EmailOperationsTest,
  OperationsTest.Service<EmailOperation.EmailOperation>
>()("@effect-comms/testing/EmailOperationsTest") {}

/**
 * A layer of both sides, with some initial operations.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = OperationsTest.layer({
  family: EmailOperation.family,
  service: EmailOperations.EmailOperations,
  test: EmailOperationsTest
})
