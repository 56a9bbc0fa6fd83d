import { Schema } from "effect"

export const operations = 100_000

/** What the feed delivered since it was asked last: ids, and what tells their states apart. */
export const Delivered = Schema.fromJsonString(Schema.Array(Schema.Tuple([Schema.String, Schema.String])))

/** The rounds of the feed so far, and what its process holds: bytes after garbage collection, and known operations. */
export const Held = Schema.fromJsonString(Schema.Struct({
  rounds: Schema.Int,
  heap: Schema.Finite,
  known: Schema.Int
}))
