/**
 * What the operations of every Comms resource have in common: their id and their status.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The id of an operation: `comms_operation_` and 26 to 35 characters of Crockford-style base 32.
 *
 * **Gotchas**
 *
 * The published pattern has no end anchor, so it would accept an id with a path behind it. This one is anchored at both
 * ends.
 *
 * @see https://www.twilio.com/docs/comms/api/sender-pools
 * @category schemas
 * @since 0.1.0
 */
export const OperationId = Schema.String.annotate({
  title: "OperationId",
  description: "The id of an operation, which correlates all of the resources that one request created.",
  expected: "an operation id such as comms_operation_01h9krwprkeee8fzqspvwy6nq8"
}).check(
  Schema.isPattern(/^comms_operation_[0-7][a-hjkmnpqrstv-z0-9]{25,34}$/u, {
    expected: "an operation id such as comms_operation_01h9krwprkeee8fzqspvwy6nq8"
  })
).pipe(Schema.brand("OperationId"))

/**
 * @category models
 * @since 0.1.0
 */
export type OperationId = typeof OperationId.Type

/**
 * The statuses that the API documents.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KnownOperationStatus = Schema.Literals(["PROCESSING", "COMPLETED", "CANCELED"]).annotate({
  title: "OperationStatus",
  description: "The status of an operation.",
  expected: "PROCESSING, COMPLETED or CANCELED"
})

/**
 * @category models
 * @since 0.1.0
 */
export type KnownOperationStatus = typeof KnownOperationStatus.Type

const known: ReadonlySet<string> = new Set(KnownOperationStatus.literals)

/**
 * Whether a status is one that the API documents.
 *
 * @category guards
 * @since 0.1.0
 */
export const isKnownStatus = (status: string): status is KnownOperationStatus => known.has(status)

/**
 * A status that this version of the library does not know, kept as the API wrote it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UnknownOperationStatus = Schema.String.check(
  Schema.makeFilter((status: string) => !known.has(status), {
    expected: "a status that is not documented",
    toJsonSchema: () => [{}, true]
  })
).pipe(Schema.brand("UnknownOperationStatus"))

/**
 * @category models
 * @since 0.1.0
 */
export type UnknownOperationStatus = typeof UnknownOperationStatus.Type

/**
 * The status of an operation: one of the three documented ones, or one that the API has learnt since.
 *
 * **Details**
 *
 * A `switch` over the three known statuses leaves {@link UnknownOperationStatus} for its `default`, so the compiler
 * says when a known one is forgotten. {@link matchStatus} does the same as an expression.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OperationStatus = Schema.Union([KnownOperationStatus, UnknownOperationStatus])

/**
 * @category models
 * @since 0.1.0
 */
export type OperationStatus = typeof OperationStatus.Type

/**
 * Handles every status: each known one by its name, all others by `Unknown`.
 *
 * **Example** (Saying what an operation does)
 *
 * ```ts
 * import { Operation } from "@effect-comms/domain"
 *
 * export const describe = Operation.matchStatus({
 *   PROCESSING: () => "at work",
 *   COMPLETED: () => "done",
 *   CANCELED: () => "called off",
 *   Unknown: (status) => `in a state named ${status}`
 * })
 * ```
 *
 * @category matching
 * @since 0.1.0
 */
export const matchStatus = <A>(
  cases: { readonly [K in KnownOperationStatus]: () => A } & {
    readonly Unknown: (status: UnknownOperationStatus) => A
  }
) =>
(status: OperationStatus): A => {
  switch (status) {
    case "PROCESSING":
      return cases.PROCESSING()
    case "COMPLETED":
      return cases.COMPLETED()
    case "CANCELED":
      return cases.CANCELED()
    default:
      return cases.Unknown(status)
  }
}
