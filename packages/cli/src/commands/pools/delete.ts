import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flags from "../../Flags.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"

export const deletion = Command.make("delete", {
  ids: Flags.poolId.argument("ID").pipe(Argument.atLeast(1)),
  yes: Flags.yes,
  dryRun: Flags.dryRun,
  format: Format.flag
}, Handler.lazy(() => import("../../run/pools/delete.ts"))).pipe(
  Command.withDescription("Delete SenderPools, after a confirmation on the terminal or with --yes"),
  Command.withExamples([
    {
      command: "comms pools delete comms_senderpool_01h9krwprkeee8fzqspvwy6nq8 --dry-run",
      description: "Print the pool that would be deleted"
    }
  ])
)
