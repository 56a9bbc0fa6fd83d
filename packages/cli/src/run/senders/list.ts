import * as SenderPools from "@effect-comms/client/SenderPools"
import * as Senders from "@effect-comms/client/Senders"
import type * as Sender from "@effect-comms/domain/Sender"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Api from "../../Api.ts"
import * as Resource from "../../Resource.ts"
import * as Rows from "../rows.ts"

export interface Input extends Rows.Listing {
  readonly pool: Option.Option<string>
  readonly channel: Option.Option<Sender.KnownChannel>
  readonly status: Option.Option<Sender.KnownSenderStatus>
}

export const run = Effect.fnUntraced(function*(input: Input) {
  const senders = yield* Senders.Senders
  const pools = yield* SenderPools.SenderPools
  const params = {
    ...Rows.filtersOf(input),
    channel: Option.getOrUndefined(input.channel),
    status: Option.getOrUndefined(input.status)
  }
  yield* Rows.print(Resource.sender, input, { noun: "Sender" }, (onInvalidItem) =>
    Option.isSome(input.pool)
      ? pools.streamSenders({ ...params, senderPoolId: input.pool.value }, { onInvalidItem })
      : senders.stream(params, { onInvalidItem }))
}, Effect.provide(Api.layerSenders))
