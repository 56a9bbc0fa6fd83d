import { Schema } from "effect"

export const calls = 60

/** The requests that a server received. */
export const Served = Schema.fromJsonString(Schema.Struct({ requests: Schema.Int, tooMany: Schema.Int }))

/** The results of a contestant's calls. */
export const Ran = Schema.fromJsonString(Schema.Struct({ ok: Schema.Int, failed: Schema.Int, seconds: Schema.Finite }))
