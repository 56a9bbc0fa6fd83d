import * as Senders from "@effect-comms/client/Senders"
import { omitUndefined } from "@effect-comms/domain/Input"
import * as Sender from "@effect-comms/domain/Sender"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Api from "../../Api.ts"
import * as Format from "../../Format.ts"

export interface Recipient {
  readonly channel: typeof Sender.RecipientChannel.Type
  readonly address: string
}

export interface Input {
  readonly to: ReadonlyArray<Recipient>
  readonly pool: Option.Option<string>
  readonly channels: ReadonlyArray<Sender.KnownChannel>
  readonly format: Option.Option<Format.Format>
}

const shape: Format.Shape<Sender.Resolution> = {
  columns: [
    { name: "priority", text: ({ priority }) => String(priority), right: true },
    { name: "senderId", title: "Sender", text: ({ from }) => from.senderId },
    { name: "channel", text: ({ from }) => from.channel },
    { name: "from", text: ({ from }) => from.address },
    { name: "to", text: ({ to }) => to.address }
  ],
  encode: Schema.encodeSync(Schema.toCodecJson(Schema.Struct(Sender.Resolution.fields)))
}

export const run = Effect.fnUntraced(function*({ channels, format, pool, to }: Input) {
  const senders = yield* Senders.Senders
  const found = yield* senders.resolve(omitUndefined({
    recipientAddresses: to,
    senderPoolId: Option.getOrUndefined(pool),
    // The order of the channels is their priority.
    channels: channels.length === 0
      ? undefined
      : { filterIn: channels, priority: channels.map((channel, index) => ({ channel, priority: index + 1 })) }
  }))
  yield* Format.print(shape, format, Stream.fromIterable(found))
}, Effect.provide(Api.layerSenders))
