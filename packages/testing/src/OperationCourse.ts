/**
 * The course of an operation of a mock: how it ends, poll by poll, as data.
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
 * Each successful fetch is a poll, and so is each listed page that holds the operation.
 *
 * - `polls`: the number of polls up to the one that sees the end. Range from 1. With `Infinity` the operation neither
 *   changes nor ends.
 * - `total`: the number of items, which are settled evenly over the polls. Default 10. Range from 0.
 * - `failed`: the number of items that fail. Default 0. Range from 0.
 * - `queued`: the number of items that stay queued at the end. Default 0. Range from 0.
 * - `canceled`: whether the operation is canceled when half of it is done. Default false.
 * - `status`: the status before the end, which can be `SCHEDULED` or an undocumented one. Default `PROCESSING`.
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
 * The plan of an operation with a course, where polls are one millisecond apart.
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
