import type * as Sender from "@effect-comms/domain/Sender"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Flags from "../../Flags.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"

const literals: typeof Sender.RecipientChannel.literals = ["PHONE", "WHATSAPP", "EMAIL"]

const parseRecipient = (text: string) => {
  const [, channel, address = ""] = /^([A-Z]+):(.+)$/.exec(text) ?? []
  const known = literals.find((literal) => literal === channel)
  return known === undefined ? Option.none() : Option.some({ channel: known, address })
}

export const resolve = Command.make("resolve", {
  to: Flag.String("to").pipe(
    Flag.filterMap(parseRecipient, () => `${literals.join(", ")} and an address, such as PHONE:+15551234567`),
    Flag.withMetavar("CHANNEL:ADDRESS"),
    Flag.withDescription("An address of the person. Repeatable"),
    Flag.atLeast(1)
  ),
  pool: Flags.poolId.flag("pool").pipe(
    Flag.withDescription("Consider the Senders of this pool. Default every Sender of the account"),
    Flag.optional
  ),
  channels: Flags.channel.pipe(
    Flag.withDescription("Consider only Senders of this channel. Repeatable, the best channel first"),
    Flag.atLeast(0)
  ),
  format: Format.flag
}, Handler.lazy(() => import("../../run/senders/resolve.ts"))).pipe(
  Command.withDescription("Find the best ways to reach a person, at most ten"),
  Command.withExamples([
    {
      command: "comms senders resolve --to PHONE:+15551234567 --pool comms_senderpool_01h9krwprkeee8fzqspvwy6nq8",
      description: "The Senders of a pool that can reach a phone"
    }
  ])
)
