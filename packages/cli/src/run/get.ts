import * as Effect from "effect/Effect"
import * as Api from "../Api.ts"
import * as Resource from "../Resource.ts"
import * as Rows from "./rows.ts"

export const run = Effect.fnUntraced(function*(input: Rows.Fetching) {
  const { operations, shape } = yield* Resource.current
  yield* Rows.fetch(shape, input, operations.fetch)
}, Effect.provide(Api.layer))
