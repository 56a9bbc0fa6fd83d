import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flags from "../../Flags.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"

export const get = Command.make("get", {
  ids: Flags.poolId.argument("ID").pipe(Argument.atLeast(1)),
  format: Format.flag
}, Handler.lazy(() => import("../../run/pools/get.ts"))).pipe(
  Command.withDescription(
    "Fetch SenderPools by id. One id prints a document, several ids print rows in the given order"
  ),
  Command.withExamples([
    {
      command: "comms pools get comms_senderpool_01h9krwprkeee8fzqspvwy6nq8 --format json",
      description: "One pool as JSON"
    }
  ])
)
