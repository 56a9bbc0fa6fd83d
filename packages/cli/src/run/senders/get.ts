import * as Senders from "@effect-comms/client/Senders"
import * as Effect from "effect/Effect"
import * as Api from "../../Api.ts"
import * as Resource from "../../Resource.ts"
import * as Rows from "../rows.ts"

export const run = Effect.fnUntraced(function*(input: Rows.Fetching) {
  const senders = yield* Senders.Senders
  yield* Rows.fetch(Resource.sender, input, senders.fetch)
}, Effect.provide(Api.layerSenders))
