// What the emulator and the mock need of a family of operations.
import type { KnownCommunicationOperationStatus, Operation, OperationId } from "@effect-comms/domain/Operation"
import type * as OperationFamily from "@effect-comms/domain/OperationFamily"
import type * as DateTime from "effect/DateTime"
import type * as Schema from "effect/Schema"
import type { Standing } from "./standing.ts"

/** Any family of operations, as `OperationFamily.make` defines it. */
export type Family = OperationFamily.OperationFamily<
  OperationFamily.Model,
  ReadonlyArray<KnownCommunicationOperationStatus>
>

/** The query of a list, checked. */
export type Query = Family["list"]["query"]["Type"]

/** The part of a family that operations are built from. */
export interface FamilyOf<A extends Operation> extends Pick<Family, "resource" | "succeeded"> {
  readonly model: Schema.Codec<A, unknown>
  readonly status: { readonly literals: ReadonlyArray<KnownCommunicationOperationStatus> }
}

export const canBeScheduled = ({ status }: Pick<FamilyOf<Operation>, "status">): boolean =>
  status.literals.includes("SCHEDULED")

/** Builds the operation of a family that stands somewhere in its plan. */
export const build = <A extends Operation>(
  { model, succeeded }: Pick<FamilyOf<A>, "model" | "succeeded">,
  { counts, status }: Standing,
  identity: { readonly id: OperationId; readonly createdAt: DateTime.Utc; readonly updatedAt: DateTime.Utc }
): A => {
  const { failed, queued, total } = counts
  const stats = { total, queued, [succeeded]: counts.succeeded, failed }
  return model.make({ ...identity, status, stats }, { disableChecks: true })
}
