// The state of an emulator: a store for each resource.
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import type { Families, Family, Served, Writes } from "./model.ts"
import * as Operations from "./stores/operations.ts"
import * as SenderPools from "./stores/senderPools.ts"
import * as Senders from "./stores/senders.ts"

export interface Options {
  readonly families: Families
  readonly seed: number
  /** The number of operations of each family at the start. */
  readonly operations: number
  readonly senders: number
  /** The creation time of the newest of them, in epoch milliseconds. */
  readonly newest: number
  /** The period over which they were created. */
  readonly span: Duration.Duration
  /** How long a created operation stays invisible. */
  readonly readDelay: Duration.Duration
  readonly writes: Writes
}

export interface Stores {
  readonly served: Arr.NonEmptyReadonlyArray<Served>
  readonly senders: Senders.SenderStore
  readonly senderPools: SenderPools.SenderPoolStore
}

export const make = ({ families, writes, ...options }: Options): Stores => {
  const storeOf = (family: Family) => Operations.make({ ...options, family })
  const served = Arr.map(families, (family) => ({ family, store: storeOf(family) }))
  const senders = Senders.make(options)
  const { family } = SenderPoolOperation
  // An emulator of other families serves SenderPools too, but not their operations.
  const { store } = served.find((found) => found.family.resource === family.resource) ?? { store: storeOf(family) }
  return {
    served,
    senders,
    senderPools: SenderPools.make({ seed: options.seed, senders, operations: store, writes })
  }
}
