import { Schema } from "effect"

export const total = 10_000

export const ids: ReadonlyArray<string> = Array.from(
  { length: total },
  (_, index) => `comms_operation_01${index.toString(16).padStart(24, "0")}`
)

/** What a run of all calls took: wall-clock and CPU milliseconds. */
export const Took = Schema.fromJsonString(Schema.Struct({ wall: Schema.Finite, cpu: Schema.Finite }))
