import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { Fields } from "../Endpoint.ts"
import { withoutUndefined } from "../Input.ts"

/** Makes the schema of a request's body, and the schema of caller input, whose fields can be undefined. */
export const make = <Required extends Fields, Optional extends Fields>(required: Required, optional: Optional) => ({
  payload: Schema.Struct({ ...required, ...Struct.map(optional, Schema.optionalKey) }),
  input: withoutUndefined(Schema.Struct({ ...required, ...Struct.map(optional, Schema.optional) }))
})
