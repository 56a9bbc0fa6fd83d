import { Schema } from "effect"

export const operations = 100_000

/** The ids and versions of the operations that the feed delivered since the previous question. */
export const Delivered = Schema.fromJsonString(Schema.Array(Schema.Tuple([Schema.String, Schema.String])))

/** The rounds of the feed, the heap in bytes after garbage collection, and the number of tracked operations. */
export const Held = Schema.fromJsonString(Schema.Struct({
  rounds: Schema.Int,
  heap: Schema.Finite,
  known: Schema.Int
}))
