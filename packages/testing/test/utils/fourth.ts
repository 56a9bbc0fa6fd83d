import { Operations } from "@effect-comms/client"
import { Operation, OperationFamily, Timestamp } from "@effect-comms/domain"
import { OperationsTest } from "@effect-comms/testing"
import { Context, Layer, Schema } from "effect"

/** A family that the API does not have: one file, as every family is. */
export class FaxOperation extends Schema.Class<FaxOperation>("FaxOperation")({
  id: Operation.OperationId,
  status: Operation.CommunicationOperationStatus,
  stats: Operation.openStats(["total", "queued", "printed", "failed"]),
  createdAt: Timestamp.Timestamp,
  updatedAt: Timestamp.Timestamp
}) {
  get isTerminal(): boolean {
    return Operation.isTerminalStatus(this.status)
  }
  get counts(): Operation.Counts {
    const { failed = 0, printed = 0, total = 0 } = this.stats
    return { total, settled: printed + failed, failed }
  }
}

export const family = OperationFamily.make({
  resource: "FaxOperations",
  title: "Fax operations",
  path: "/v1/Faxes/Operations",
  model: FaxOperation,
  status: Operation.KnownCommunicationOperationStatus,
  succeeded: "printed"
})

export class FaxOperations extends Context.Service<
  FaxOperations,
  Operations.Operations<FaxOperation, Operation.KnownCommunicationOperationStatus>
>()("test/FaxOperations") {}

export const layer = Layer.effect(FaxOperations, Operations.make(family))

export class Test extends Context.Service<Test, OperationsTest.Service<FaxOperation>>()("test/FaxOperationsTest") {}

export const layerTest = OperationsTest.layer({ family, service: FaxOperations, test: Test })
