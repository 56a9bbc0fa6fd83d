/**
 * How an operation ended: three outcomes, not two, since the API says COMPLETED of work that failed in part as well.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { SenderPoolOperation } from "./SenderPoolOperation.ts"

/**
 * Everything was created.
 *
 * @category models
 * @since 0.1.0
 */
export class Completed extends Schema.TaggedClass<Completed>()("Completed", {
  operation: SenderPoolOperation
}) {}

/**
 * The work is over, and something is missing: items failed, or fewer were worked on than there are.
 *
 * **Details**
 *
 * `failed` are those that the API counts as failed, `missing` those that are neither created nor failed; the
 * documentation's own example has 111 of those in 888. `share` is both together as a share of `total`, from 0 to 1.
 *
 * @category models
 * @since 0.1.0
 */
export class CompletedWithFailures extends Schema.TaggedClass<CompletedWithFailures>()("CompletedWithFailures", {
  operation: SenderPoolOperation
}) {
  get failed(): number {
    return this.operation.stats.failed
  }
  get missing(): number {
    return missingOf(this.operation)
  }
  get share(): number {
    const { total } = this.operation.stats
    return total === 0 ? 1 : Math.min(1, (this.failed + this.missing) / total)
  }
}

/**
 * The work was called off. What had been created by then stays.
 *
 * @category models
 * @since 0.1.0
 */
export class Canceled extends Schema.TaggedClass<Canceled>()("Canceled", {
  operation: SenderPoolOperation
}) {}

/**
 * How an operation ended, told apart by `_tag`, with the operation as it is for good.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Outcome = Schema.Union([Completed, CompletedWithFailures, Canceled])

/**
 * @category models
 * @since 0.1.0
 */
export type Outcome = typeof Outcome.Type

const missingOf = ({ stats }: SenderPoolOperation): number => Math.max(0, stats.total - stats.created - stats.failed)

/**
 * The outcome of an operation; undefined while it has not ended.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromOperation = (operation: SenderPoolOperation): Outcome | undefined => {
  switch (operation.status) {
    case "COMPLETED":
      return operation.stats.failed > 0 || missingOf(operation) > 0
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
