/**
 * The common part of every family of operations: id, status, counters and times.
 *
 * @module
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Order from "effect/Order"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Struct from "effect/Struct"
import * as Ids from "./internal/ids.ts"
import { unknownText } from "./internal/unknownText.ts"
import { Timestamp } from "./Timestamp.ts"

const ids = Ids.make("operation", {
  title: "OperationId",
  name: "an operation id",
  description: "The id of an operation, which correlates all of the resources that one request created."
})

/**
 * The id of an operation: `comms_operation_` and 25 to 35 characters of Crockford-style base 32.
 *
 * **Gotchas**
 *
 * The published pattern accepts an id followed by a path, and rejects examples of the documentation. This check does
 * the reverse. The derived OpenAPI document has the pattern. An id does not tell the family of its operation.
 *
 * @see https://www.twilio.com/docs/comms/api/sender-pools
 * **Example** (An id from a caller)
 *
 * ```ts
 * import { Operation } from "@effect-comms/domain"
 * import { Schema } from "effect"
 *
 * export const id = Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq8")
 *
 * export const isId = Schema.is(Operation.OperationId)
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const OperationId = ids.fromCaller.pipe(Schema.brand("OperationId"))

export type OperationId = typeof OperationId.Type

/**
 * Whether a value is an {@link OperationId}.
 *
 * @category guards
 * @since 0.1.0
 */
export const isOperationId: (u: unknown) => u is OperationId = Schema.is(OperationId)

/**
 * The id of an operation as the server sends it: any text that is not empty.
 *
 * **Details**
 *
 * The derived OpenAPI document has the published pattern, and generated ids match it. Ids from callers are decoded with
 * {@link OperationId}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OperationIdFromServer = ids.fromServer.pipe(Schema.brand("OperationId"))

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

export type KnownOperationStatus = typeof KnownOperationStatus.Type

/**
 * The statuses that the API documents for operations that send: {@link KnownOperationStatus} and `SCHEDULED`.
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

export type KnownCommunicationOperationStatus = typeof KnownCommunicationOperationStatus.Type

const known: ReadonlySet<string> = new Set(KnownCommunicationOperationStatus.literals)

/**
 * Whether a status is documented for any family.
 *
 * @category guards
 * @since 0.1.0
 */
export const isKnownStatus = (status: string): status is KnownCommunicationOperationStatus => known.has(status)

/**
 * Whether a status ends the processing: COMPLETED and CANCELED do, an unknown status does not.
 *
 * @category guards
 * @since 0.1.0
 */
export const isTerminalStatus = (status: string): boolean => status === "COMPLETED" || status === "CANCELED"

/**
 * A status that the API does not document, kept as the API wrote it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UnknownOperationStatus = unknownText(KnownOperationStatus.literals, "a status that is not documented")
  .pipe(
    Schema.brand("UnknownOperationStatus")
  )

export type UnknownOperationStatus = typeof UnknownOperationStatus.Type

/**
 * The status of a SenderPool operation: a documented status, or any other text from the API.
 *
 * **Details**
 *
 * In a `switch` over the three known statuses, the `default` has the type {@link UnknownOperationStatus}. The compiler
 * therefore reports a missing case. {@link matchStatus} does the same as an expression.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OperationStatus = Schema.Union([KnownOperationStatus, UnknownOperationStatus])

export type OperationStatus = typeof OperationStatus.Type

/**
 * The status of an operation of any family: {@link OperationStatus}, and `SCHEDULED` for operations that send.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CommunicationOperationStatus = Schema.Union([KnownCommunicationOperationStatus, UnknownOperationStatus])

export type CommunicationOperationStatus = typeof CommunicationOperationStatus.Type

/**
 * Handles every status: the known ones by name, all others with `Unknown`.
 *
 * **Details**
 *
 * `SCHEDULED` is only for operations that send. Without it, the function accepts the status of a SenderPool operation.
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

const sharedCounters = [
  "total",
  "recipients",
  "attempts",
  "scheduled",
  "queued",
  "sent",
  "delivered",
  "undelivered",
  "failed",
  "canceled"
] as const

/**
 * Makes the schema of the counters of a family that sends, from the names that only this family has.
 *
 * **Details**
 *
 * Every counter can be absent. The schema keeps counters that the API adds later.
 *
 * @category schemas
 * @stability unstable
 * @since 0.1.0
 */
export const openStats = <const Names extends ReadonlyArray<string>>(names: Names) =>
  Schema.StructWithRest(
    Schema.Struct(Struct.Record([...sharedCounters, ...names] as const, Schema.optionalKey(Schema.Natural))),
    [Schema.Record(Schema.String, Schema.Natural)]
  )

/**
 * The sum of some counters, for the {@link Counts} of a family that sends. An absent counter is 0.
 *
 * @category accessors
 * @stability unstable
 * @since 0.1.0
 */
export const sumOf = (stats: { readonly [name: string]: number }, names: ReadonlyArray<string>): number =>
  names.reduce((sum, name) => sum + (stats[name] ?? 0), 0)

/**
 * The counters of an operation in terms that every family shares.
 *
 * **Details**
 *
 * - `total`: the number of items.
 * - `settled`: the number of items that need no more processing, including failed items.
 * - `failed`: the number of items that failed. The family defines which counters are failures.
 *
 * The API promises no relation between its counters, so `settled` can exceed `total`, and can stay below it in a
 * completed operation.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Counts = Schema.Struct({ total: Schema.Natural, settled: Schema.Natural, failed: Schema.Natural })

/**
 * The type of the schema `Counts`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Counts extends Schema.Schema.Type<typeof Counts> {}

/**
 * An operation of any family.
 *
 * **Details**
 *
 * - `id`: the id of the operation.
 * - `status`: the status, which can be unknown. See {@link CommunicationOperationStatus}.
 * - `stats`: the counters of the family by name.
 * - `counts`: the counters in common terms. See {@link Counts}.
 * - `createdAt`, `updatedAt`: the times of creation and of the last update.
 *
 * @category models
 * @since 0.1.0
 */
export class Operation extends Schema.Class<Operation>("@effect-comms/domain/Operation")({
  id: OperationIdFromServer,
  status: CommunicationOperationStatus,
  stats: Schema.Record(Schema.String, Schema.Natural),
  counts: Counts,
  createdAt: Timestamp,
  updatedAt: Timestamp
}) {
  /** Whether the processing ended. See {@link isTerminalStatus}. */
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
 * Accepts an instance of any family's model. It encodes to the JSON of an {@link Operation}, and decodes to an
 * {@link Operation}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AnyOperation: Schema.declare<Operation> = Schema.declare(isOperation, {
  expected: "an operation",
  toCodecJson: () =>
    // A link to the class itself does not encode an absent optional key.
    Schema.link<Operation>()(
      Schema.Struct(Operation.fields),
      SchemaTransformation.transform({
        decode: (fields) => new Operation(fields),
        encode: (operation) => ({ ...operation, counts: operation.counts })
      })
    )
})

/**
 * The status and every counter as text. Operations in the same state have the same text.
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
