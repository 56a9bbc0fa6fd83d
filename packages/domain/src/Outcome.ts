/**
 * How an operation ended. COMPLETED stands for two outcomes, since the API also says it of work that failed in part.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { AnyOperation, type Operation } from "./Operation.ts"

/**
 * Processing has ended, and every item succeeded.
 *
 * @category models
 * @since 0.1.0
 */
export class Completed extends Schema.TaggedClass<Completed>()("Completed", {
  operation: AnyOperation
}) {}

/**
 * Processing has ended, and some items failed or were never processed.
 *
 * **Details**
 *
 * - `failed`: how many items failed, as the family counts them.
 * - `missing`: how many items are not settled. The documentation's own example has 111 of 888.
 * - `share`: failed and missing items as a share of `total`, from 0 to 1.
 *
 * @category models
 * @since 0.1.0
 */
export class CompletedWithFailures extends Schema.TaggedClass<CompletedWithFailures>()("CompletedWithFailures", {
  operation: AnyOperation
}) {
  get failed(): number {
    return this.operation.counts.failed
  }
  get missing(): number {
    return missingOf(this.operation)
  }
  get share(): number {
    const { total } = this.operation.counts
    return total === 0 ? 1 : Math.min(1, (this.failed + this.missing) / total)
  }
}

/**
 * The operation was canceled. Items that succeeded before that stay.
 *
 * @category models
 * @since 0.1.0
 */
export class Canceled extends Schema.TaggedClass<Canceled>()("Canceled", {
  operation: AnyOperation
}) {}

/**
 * The outcome of an operation, told apart by `_tag`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Outcome = Schema.Union([Completed, CompletedWithFailures, Canceled])

/**
 * The outcome of an operation of a family.
 *
 * **Gotchas**
 *
 * COMPLETED ends the processing, not the delivery. For operations that send, the counters of `operation` are a snapshot.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome<A extends Operation = Operation> = typeof Outcome.Type & { readonly operation: A }

const missingOf = ({ counts: { settled, total } }: Operation): number => Math.max(0, total - settled)

/**
 * The outcome of an operation, or undefined while it has not ended.
 *
 * @category constructors
 * @since 0.1.0
 */
export function fromOperation<A extends Operation>(operation: A): Outcome<A> | undefined
export function fromOperation(operation: Operation): Outcome | undefined {
  switch (operation.status) {
    case "COMPLETED":
      return operation.counts.failed > 0 || missingOf(operation) > 0
        ? new CompletedWithFailures({ operation })
        : new Completed({ operation })
    case "CANCELED":
      return new Canceled({ operation })
    default:
      return undefined
  }
}

/**
 * Which outcomes a caller takes for a success.
 *
 * **Details**
 *
 * - `"any"`: all of them.
 * - `"none"`: {@link Completed} only.
 * - a share from 0 to 1: {@link Completed}, and {@link CompletedWithFailures} up to that `share`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Tolerance = Schema.Union([
  Schema.Literals(["any", "none"]),
  Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }, { expected: "a share from 0 to 1" }))
]).annotate({ expected: "\"any\", \"none\" or a share from 0 to 1" })

/**
 * @category models
 * @since 0.1.0
 */
export type Tolerance = typeof Tolerance.Type

/**
 * Whether an outcome is within what a caller tolerates.
 *
 * @category guards
 * @since 0.1.0
 */
export const isTolerated = (outcome: Outcome, tolerance: Tolerance): boolean => {
  if (tolerance === "any" || outcome._tag === "Completed") return true
  return outcome._tag === "CompletedWithFailures" && tolerance !== "none" && outcome.share <= tolerance
}
