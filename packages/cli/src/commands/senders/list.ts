import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../../Flags.ts"
import * as Handler from "../../Handler.ts"

export const list = Command.make("list", {
  pool: Flags.poolId.flag("pool").pipe(
    Flag.withDescription("Only Senders of this pool. Default every Sender of the account"),
    Flag.optional
  ),
  channel: Flags.channel.pipe(Flag.withDescription("Only Senders of this channel"), Flag.optional),
  status: Flags.senderStatus,
  ...Flags.listing("Senders")
}, Handler.lazy(() => import("../../run/senders/list.ts"))).pipe(
  Command.withDescription("List Senders. Rows are printed as their pages arrive"),
  Command.withExamples([
    { command: "comms senders list --emulator --limit 10", description: "Try it without an account" },
    {
      command: "comms senders list --channel SMS --status ACTIVATED --format csv > senders.csv",
      description: "A file that `comms pools add --file` accepts"
    }
  ])
)
