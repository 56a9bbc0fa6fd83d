/**
 * The errors of changing SenderPools with several requests.
 *
 * @module
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { counted, DescribedError, inWords } from "./internal/describe.ts"
import { OperationIdFromServer } from "./Operation.ts"
import { Outcome } from "./Outcome.ts"

/**
 * The operation that creates a pool ended, and the list of pools has no pool of the operation.
 *
 * **Details**
 *
 * - `operationId`, `outcome`: the operation, and how it ended.
 * - `found`: how many pools the list had. It is above 1 only if the server ignores `operationId`.
 * - `waited`: how long the pool was looked for.
 *
 * @category errors
 * @since 0.1.0
 */
export class SenderPoolNotFound extends DescribedError<SenderPoolNotFound>()("SenderPoolNotFound", {
  operationId: OperationIdFromServer,
  outcome: Outcome,
  found: Schema.Natural,
  waited: Schema.Duration
}, ({ found, operationId, outcome, waited }) => ({
  what: `The pool of ${operationId} was still not found ${inWords(waited)} after the operation had ended.`,
  why: [
    outcome._tag === "Canceled"
      ? "The operation was canceled, so the pool may not exist."
      : `The list of pools with this operationId has ${counted(found, "matching pool")}.`
  ],
  advice: "List the SenderPools by their creation time."
})) {}
