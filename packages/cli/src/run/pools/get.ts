import * as SenderPools from "@effect-comms/client/SenderPools"
import * as Effect from "effect/Effect"
import * as Api from "../../Api.ts"
import * as Resource from "../../Resource.ts"
import * as Rows from "../rows.ts"

export const run = Effect.fnUntraced(function*(input: Rows.Fetching) {
  const pools = yield* SenderPools.SenderPools
  yield* Rows.fetch(Resource.pool, input, pools.fetch)
}, Effect.provide(Api.layerSenders))
