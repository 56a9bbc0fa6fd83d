/**
 * A mock of `EmailOperations`, over operations in memory. See `OperationsTest`.
 *
 * @since 0.1.0
 */
import * as EmailOperations from "@effect-comms/client/EmailOperations"
import * as EmailOperation from "@effect-comms/domain/EmailOperation"
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import * as OperationsTest from "./OperationsTest.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Service extends OperationsTest.Service<EmailOperation.EmailOperation> {}

/**
 * The test's side of the mock.
 *
 * @category services
 * @since 0.1.0
 */
export class EmailOperationsTest extends Context.Service<EmailOperationsTest, Service>()(
  "@effect-comms/testing/EmailOperationsTest"
) {}

/**
 * A layer of both sides, with some initial operations.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: (
  operations?: ReadonlyArray<EmailOperation.EmailOperation>
) => Layer.Layer<EmailOperations.EmailOperations | EmailOperationsTest> = OperationsTest.layer({
  family: EmailOperation.family,
  service: EmailOperations.EmailOperations,
  test: EmailOperationsTest
})
