import * as Command from "effect/cli/Command"
import * as Flags from "../../Flags.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"

export const remove = Command.make("remove", {
  ...Flags.membership,
  yes: Flags.yes,
  dryRun: Flags.dryRun,
  format: Format.flag
}, Handler.lazy(() => import("../../run/pools/remove.ts"))).pipe(
  Command.withDescription(
    "Remove Senders from a SenderPool, after a confirmation on the terminal or with --yes. Each is one request"
  ),
  Command.withExamples([
    {
      command: "comms pools remove comms_senderpool_01h9krwprkeee8fzqspvwy6nq8 --file senders.csv --dry-run",
      description: "Count the Senders that would be removed"
    }
  ])
)
