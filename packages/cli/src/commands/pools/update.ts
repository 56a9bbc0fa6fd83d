import * as Command from "effect/cli/Command"
import * as Flags from "../../Flags.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"

export const update = Command.make("update", {
  id: Flags.poolId.argument("ID"),
  ...Flags.poolFields,
  dryRun: Flags.dryRun,
  format: Format.flag
}, Handler.lazy(() => import("../../run/pools/update.ts"))).pipe(
  Command.withDescription("Change the name or the tags of a SenderPool. Fields that are not named stay as they are"),
  Command.withExamples([
    {
      command: "comms pools update comms_senderpool_01h9krwprkeee8fzqspvwy6nq8 --name Support",
      description: "Rename a pool"
    }
  ])
)
