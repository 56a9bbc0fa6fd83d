import { Schema } from "effect"

export const calls = 60

/** What a server saw. */
export const Served = Schema.fromJsonString(Schema.Struct({ requests: Schema.Int, tooMany: Schema.Int }))

/** What became of a contestant's calls. */
export const Ran = Schema.fromJsonString(Schema.Struct({ ok: Schema.Int, failed: Schema.Int, seconds: Schema.Finite }))
