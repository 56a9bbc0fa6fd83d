import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../../Flags.ts"
import * as Handler from "../../Handler.ts"

export const search = Command.make("search", {
  address: Argument.String("ADDRESS").pipe(
    Argument.filter((address) => address !== "", () => "an address such as +15551234567"),
    Argument.withDescription("Exact address")
  ),
  channel: Flags.channel.pipe(Flag.withDescription("Channel of the address")),
  status: Flags.senderStatus,
  ...Flags.paging("Senders")
}, Handler.lazy(() => import("../../run/senders/search.ts"))).pipe(
  Command.withDescription("Find Senders by their address"),
  Command.withExamples([
    { command: "comms senders search +15551234567 --channel SMS", description: "The Senders of a phone number" }
  ])
)
