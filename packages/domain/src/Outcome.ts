/**
 * How an operation ended. COMPLETED covers two outcomes, because the API also reports it for partial failures.
 *
 * @module
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { AnyOperation, type Operation } from "./Operation.ts"

/**
 * Processing ended, and every item succeeded.
 *
 * @category models
 * @since 0.1.0
 */
export class Completed extends Schema.TaggedClass<Completed>()("Completed", {
  operation: AnyOperation
}) {}

/**
 * Processing ended, and some items failed or were never processed.
 *
 * **Details**
 *
 * The API's documentation has a COMPLETED operation with 111 of 888 items missing.
 *
 * @category models
 * @since 0.1.0
 */
export class CompletedWithFailures extends Schema.TaggedClass<CompletedWithFailures>()("CompletedWithFailures", {
  operation: AnyOperation
}) {
  /** The number of items that failed. The family defines which counters are failures. */
  get failed(): number {
    return this.operation.counts.failed
  }
  /** The number of items that are not settled. */
  get missing(): number {
    return missingOf(this.operation)
  }
  /** The failed and missing items as a share of all items. Range 0 to 1. */
  get share(): number {
    const { total } = this.operation.counts
    return total === 0 ? 1 : Math.min(1, (this.failed + this.missing) / total)
  }
}

/**
 * The operation was canceled. Items that succeeded before stay as they are.
 *
 * @category models
 * @since 0.1.0
 */
export class Canceled extends Schema.TaggedClass<Canceled>()("Canceled", {
  operation: AnyOperation
}) {}

/**
 * The outcome of an operation. Its `_tag` tells which one.
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
 * COMPLETED ends the processing, not the delivery. The counters of an operation that sends can still change.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome<A extends Operation = Operation> = typeof Outcome.Type & { readonly operation: A }

const missingOf = ({ counts: { settled, total } }: Operation): number => Math.max(0, total - settled)

/**
 * The outcome of an operation, or undefined while the operation is in progress.
 *
 * **Example** (Describe how an operation ended)
 *
 * ```ts
 * import { type Operation, Outcome } from "@effect-comms/domain"
 *
 * export const describe = (operation: Operation.Operation): string => {
 *   const outcome = Outcome.fromOperation(operation)
 *   if (outcome === undefined) return "in progress"
 *   return outcome._tag === "CompletedWithFailures"
 *     ? `${outcome.failed} failed and ${outcome.missing} are missing`
 *     : outcome._tag
 * }
 * ```
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
 * The outcomes that count as success.
 *
 * **Details**
 *
 * - `"any"`: every outcome, even {@link Canceled}.
 * - `"none"`: only {@link Completed}.
 * - A number from 0 to 1: {@link Completed}, and {@link CompletedWithFailures} up to that `share`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Tolerance = Schema.Union([
  Schema.Literals(["any", "none"]),
  Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }, { expected: "a share from 0 to 1" }))
]).annotate({ expected: "\"any\", \"none\" or a share from 0 to 1" })

export type Tolerance = typeof Tolerance.Type

/**
 * Whether an outcome counts as success.
 *
 * @category guards
 * @since 0.1.0
 */
export const isTolerated = (outcome: Outcome, tolerance: Tolerance): boolean => {
  if (tolerance === "any" || outcome._tag === "Completed") return true
  return outcome._tag === "CompletedWithFailures" && tolerance !== "none" && outcome.share <= tolerance
}
