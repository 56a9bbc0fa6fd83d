import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../../Flags.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"

export const add = Command.make("add", {
  ...Flags.membership,
  failed: Flag.Path("failed", { pathType: "file" }).pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(
      "Write the Senders that were not added to this .csv or .ndjson file, with reasons. Removed if there are none"
    ),
    Flag.optional
  ),
  since: Flags.date("since").pipe(
    Flag.withDescription("When an interrupted run started. Waits for its operations first, and repeats none of them"),
    Flag.optional
  ),
  timeout: Flags.waitTimeout,
  dryRun: Flags.dryRun,
  format: Format.flag
}, Handler.lazy(() => import("../../run/pools/add.ts"))).pipe(
  Command.withDescription(
    "Add any number of Senders to a SenderPool, and wait until they are in it. Senders that are in it are not sent"
  ),
  Command.withExamples([
    {
      command: "comms pools add comms_senderpool_01h9krwprkeee8fzqspvwy6nq8 --file senders.csv --failed failed.csv",
      description: "Add the Senders of a file, and save what failed"
    }
  ])
)
