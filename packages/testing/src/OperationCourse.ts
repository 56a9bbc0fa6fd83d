/**
 * How an operation comes to its end, look by look, as data: what a test of a wait says in one line.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { OperationPlan } from "./OperationPlan.ts"

/**
 * The course of one operation.
 *
 * **Details**
 *
 * - `polls`: how many looks it takes to see the end: a whole number from 1, or `Infinity` for an operation that stands
 *   still and never ends. Each fetch of it is a look, and each page of a list that shows it; what fails is none.
 * - `total`: how many items there are, which are settled evenly from the first look to the last. Default 10.
 * - `failed`: how many of them fail. Default 0.
 * - `queued`: how many are still queued at the end, as in the documentation's own example. Default 0.
 * - `canceled`: whether it ends canceled, half done. Default false.
 * - `status`: the status until the end, one that the contract does not know included. Default `PROCESSING`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OperationCourse = Schema.Struct({
  polls: Schema.Number.check(
    Schema.makeFilter((polls) => polls >= 1 && (Number.isInteger(polls) || polls === Infinity), {
      expected: "a whole number from 1, or Infinity"
    })
  ),
  total: Schema.optionalKey(Schema.Natural),
  failed: OperationPlan.fields.failed,
  queued: OperationPlan.fields.queued,
  canceled: Schema.optionalKey(Schema.Boolean),
  status: OperationPlan.fields.status
})

/**
 * @category models
 * @since 0.1.0
 */
export interface OperationCourse extends Schema.Codec.Encoded<typeof OperationCourse> {}

const defaultTotal = 10

/**
 * The plan of an operation that takes a course, with a millisecond from each look to the next.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toPlan = ({ canceled = false, polls, ...plan }: typeof OperationCourse.Type): OperationPlan => {
  const common = { total: defaultTotal, ...plan }
  if (polls === Infinity) return { ...common, duration: Duration.zero, end: "PROCESSING", endsAt: 0 }
  return canceled
    ? { ...common, duration: Duration.millis(2 * (polls - 1)), end: "CANCELED", endsAt: 0.5 }
    : { ...common, duration: Duration.millis(polls - 1) }
}
