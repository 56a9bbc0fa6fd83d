/**
 * The course of an operation of a mock: how it ends, poll by poll, as data.
 *
 * @module
 * @since 0.1.0
 */
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
