import { Schema } from "effect"

/** What a contestant of `waits` did. */
export const Result = Schema.fromJsonString(Schema.Struct({
  /** How many operations ended for the waits, or how many changes the feed delivered. */
  delivered: Schema.Int,
  rounds: Schema.Int,
  /** The list requests of the round with the most, and the most that were for a page that the round had read. */
  lists: Schema.Int,
  repeated: Schema.Int,
  fetches: Schema.Int,
  /** The CPU time of the process in seconds, without that of the simulated server. */
  cpu: Schema.Finite,
  /** The heap in MB after garbage collection, at its largest. */
  heap: Schema.Finite
}))
