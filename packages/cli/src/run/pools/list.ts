import * as SenderPools from "@effect-comms/client/SenderPools"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Api from "../../Api.ts"
import * as Resource from "../../Resource.ts"
import * as Rows from "../rows.ts"

export interface Input extends Rows.Listing {
  readonly operation: Option.Option<string>
}

export const run = Effect.fnUntraced(function*(input: Input) {
  const pools = yield* SenderPools.SenderPools
  const params = { ...Rows.filtersOf(input), operationId: Option.getOrUndefined(input.operation) }
  yield* Rows.print(
    Resource.pool,
    input,
    { noun: "SenderPool" },
    (onInvalidItem) => pools.stream(params, { onInvalidItem })
  )
}, Effect.provide(Api.layerSenders))
