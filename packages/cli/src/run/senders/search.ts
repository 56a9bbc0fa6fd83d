import * as Senders from "@effect-comms/client/Senders"
import type * as Sender from "@effect-comms/domain/Sender"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Api from "../../Api.ts"
import * as Resource from "../../Resource.ts"
import * as Rows from "../rows.ts"

export interface Input extends Rows.Paging {
  readonly address: string
  readonly channel: Sender.KnownChannel
  readonly status: Option.Option<Sender.KnownSenderStatus>
}

export const run = Effect.fnUntraced(function*(input: Input) {
  const senders = yield* Senders.Senders
  const { address, channel, status } = input
  const params = { ...Rows.pagingOf(input), address, channel, status: Option.getOrUndefined(status) }
  yield* Rows.print(
    Resource.sender,
    input,
    { noun: "Sender" },
    (onInvalidItem) => senders.streamSearch(params, { onInvalidItem })
  )
}, Effect.provide(Api.layerSenders))
