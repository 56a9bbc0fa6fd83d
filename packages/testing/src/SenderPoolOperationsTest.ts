/**
 * A mock of `SenderPoolOperations`, over operations in memory. See `OperationsTest`.
 *
 * @module
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
 * **Example** (Replace the service in a test)
 *
 * ```ts
 * import { SenderPoolOperations } from "@effect-comms/client"
 * import { SenderPoolOperationsTest } from "@effect-comms/testing"
 * import { Console, Effect, Stream } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const test = yield* SenderPoolOperationsTest.SenderPoolOperationsTest
 *   yield* test.takes({ polls: 1, failed: 2 })
 *   const operations = yield* SenderPoolOperations.SenderPoolOperations
 *   yield* Stream.runForEach(operations.stream(), ({ stats }) => Console.log(stats))
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(SenderPoolOperationsTest.layer())))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = OperationsTest.layer({
  family: SenderPoolOperation.family,
  service: SenderPoolOperations.SenderPoolOperations,
  test: SenderPoolOperationsTest
})
