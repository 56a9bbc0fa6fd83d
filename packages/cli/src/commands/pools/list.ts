import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../../Flags.ts"
import * as Handler from "../../Handler.ts"

export const list = Command.make("list", {
  operation: Flags.operationId.flag("operation").pipe(
    Flag.withDescription("Only the pool that this operation created"),
    Flag.optional
  ),
  ...Flags.listing("pools")
}, Handler.lazy(() => import("../../run/pools/list.ts"))).pipe(
  Command.withDescription("List SenderPools. Rows are printed as their pages arrive"),
  Command.withExamples([{ command: "comms pools list --emulator", description: "Try it without an account" }])
)
