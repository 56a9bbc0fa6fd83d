/**
 * The base of every family of operations: id, status, counters and times.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Order from "effect/Order"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Struct from "effect/Struct"
import { Timestamp } from "./Timestamp.ts"

/**
 * The id of an operation: `comms_operation_` and 26 to 35 characters of Crockford-style base 32.
 *
 * **Gotchas**
 *
 * The published pattern has no end anchor, so it would accept an id followed by a path. This one is anchored at both
 * ends. The id does not say which family the operation belongs to.
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
 * The statuses that the API documents for SenderPool operations.
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

/**
 * The statuses that the API documents for operations that send: those of {@link KnownOperationStatus} and `SCHEDULED`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KnownCommunicationOperationStatus = Schema.Literals(["SCHEDULED", ...KnownOperationStatus.literals])
  .annotate({
    title: "CommunicationOperationStatus",
    description: "The status of an operation that sends.",
    expected: "SCHEDULED, PROCESSING, COMPLETED or CANCELED"
  })

/**
 * @category models
 * @since 0.1.0
 */
export type KnownCommunicationOperationStatus = typeof KnownCommunicationOperationStatus.Type

const known: ReadonlySet<string> = new Set(KnownCommunicationOperationStatus.literals)

/**
 * Whether any family documents a status.
 *
 * @category guards
 * @since 0.1.0
 */
export const isKnownStatus = (status: string): status is KnownCommunicationOperationStatus => known.has(status)

/**
 * Whether a status is the end of an operation's processing: COMPLETED or CANCELED. An unknown status is not.
 *
 * @category guards
 * @since 0.1.0
 */
export const isTerminalStatus = (status: string): boolean => status === "COMPLETED" || status === "CANCELED"

const documented: ReadonlySet<string> = new Set(KnownOperationStatus.literals)

/**
 * A status that the API does not document, kept as the API wrote it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UnknownOperationStatus = Schema.String.check(
  Schema.makeFilter((status: string) => !documented.has(status), {
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
 * The status of a SenderPool operation: a documented one, or any other text that the API answers.
 *
 * **Details**
 *
 * A `switch` over the three known statuses leaves {@link UnknownOperationStatus} for its `default`, so the compiler
 * reports a forgotten one. {@link matchStatus} does the same as an expression.
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
 * The status of an operation of any family: {@link OperationStatus}, and `SCHEDULED` for operations that send.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CommunicationOperationStatus = Schema.Union([KnownCommunicationOperationStatus, UnknownOperationStatus])

/**
 * @category models
 * @since 0.1.0
 */
export type CommunicationOperationStatus = typeof CommunicationOperationStatus.Type

/**
 * Handles every status: each known one by its name, all others by `Unknown`.
 *
 * **Details**
 *
 * `SCHEDULED`: for operations that send. Without it, the function takes a SenderPool operation's status only.
 *
 * **Example** (Describing a status)
 *
 * ```ts
 * import { Operation } from "@effect-comms/domain"
 *
 * export const describe = Operation.matchStatus({
 *   PROCESSING: () => "in progress",
 *   COMPLETED: () => "done",
 *   CANCELED: () => "canceled",
 *   Unknown: (status) => `in an unknown state: ${status}`
 * })
 * ```
 *
 * @category matching
 * @since 0.1.0
 */
export const matchStatus = <A, S = never>(
  cases: { readonly [K in KnownOperationStatus]: () => A } & {
    readonly SCHEDULED?: () => S
    readonly Unknown: (status: UnknownOperationStatus) => A
  }
) =>
(status: [S] extends [never] ? OperationStatus : CommunicationOperationStatus): A | S => {
  const { SCHEDULED, Unknown } = cases
  switch (status) {
    case "PROCESSING":
      return cases.PROCESSING()
    case "COMPLETED":
      return cases.COMPLETED()
    case "CANCELED":
      return cases.CANCELED()
    default:
      return status === "SCHEDULED" && SCHEDULED !== undefined
        ? SCHEDULED()
        : Unknown(UnknownOperationStatus.make(status))
  }
}

/**
 * Makes the schema of counters that the API may extend: any of the named ones can be absent, and others are kept.
 *
 * @category schemas
 * @since 0.1.0
 */
export const openStats = <const Names extends ReadonlyArray<string>>(names: Names) =>
  Schema.StructWithRest(Schema.Struct(Struct.Record(names, Schema.optionalKey(Schema.Natural))), [
    Schema.Record(Schema.String, Schema.Natural)
  ])

/**
 * The sum of some counters. An absent one counts as 0.
 *
 * @category accessors
 * @since 0.1.0
 */
export const sumOf = (stats: { readonly [name: string]: number }, names: ReadonlyArray<string>): number =>
  names.reduce((sum, name) => sum + (stats[name] ?? 0), 0)

/**
 * The counters of any family in common terms.
 *
 * **Details**
 *
 * - `total`: how many items the operation has.
 * - `settled`: how many of them need no more processing, failed ones included.
 * - `failed`: how many of them failed. What counts as failed differs by family.
 *
 * The API promises no relation between its counters, so `settled` can exceed `total`, and can stay below it in a
 * completed operation.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Counts = Schema.Struct({ total: Schema.Natural, settled: Schema.Natural, failed: Schema.Natural })

/**
 * @category models
 * @since 0.1.0
 */
export interface Counts extends Schema.Schema.Type<typeof Counts> {}

/**
 * The part of an operation that every family has.
 *
 * @category models
 * @since 0.1.0
 */
export class Operation extends Schema.Class<Operation>("@effect-comms/domain/Operation")({
  id: OperationId,
  status: CommunicationOperationStatus,
  stats: Schema.Record(Schema.String, Schema.Natural),
  counts: Counts,
  createdAt: Timestamp,
  updatedAt: Timestamp
}) {
  /** Whether processing has ended: COMPLETED or CANCELED. An unknown status is not an end. */
  get isTerminal(): boolean {
    return isTerminalStatus(this.status)
  }
}

const isOperation = (u: unknown): u is Operation =>
  u instanceof Operation ||
  (Predicate.isObject(u) && DateTime.isDateTime(u["createdAt"]) && DateTime.isDateTime(u["updatedAt"]) &&
    Predicate.isString(u["id"]) && Predicate.isString(u["status"]) && Predicate.isBoolean(u["isTerminal"]) &&
    Predicate.isObject(u["stats"]) && Predicate.isObject(u["counts"]))

/**
 * An operation of any family as it is. Its JSON is that of {@link Operation}, and decodes to it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AnyOperation: Schema.declare<Operation> = Schema.declare(isOperation, {
  expected: "an operation",
  toCodecJson: () =>
    // A link to the class itself fails to encode an absent optional key.
    Schema.link<Operation>()(
      Schema.Struct(Operation.fields),
      SchemaTransformation.transform({
        decode: (fields) => new Operation(fields),
        encode: ({ counts, createdAt, id, stats, status, updatedAt }) => ({
          id,
          status,
          stats,
          counts,
          createdAt,
          updatedAt
        })
      })
    )
})

/**
 * The status and every counter as text: two operations with the same text are in the same state.
 *
 * @category accessors
 * @since 0.1.0
 */
export const state = ({ stats, status }: Pick<Operation, "stats" | "status">): string =>
  Arr.sort(Object.keys(stats), Order.String).reduce((text, name) => `${text} ${name}=${stats[name]}`, status)

/**
 * The {@link state} and the time of the last update as text.
 *
 * @category accessors
 * @since 0.1.0
 */
export const version = (operation: Pick<Operation, "stats" | "status" | "updatedAt">): string =>
  `${state(operation)} ${DateTime.toEpochMillis(operation.updatedAt)}`
