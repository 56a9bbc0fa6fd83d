import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flags from "../../Flags.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"

export const get = Command.make("get", {
  ids: Flags.senderId.argument("ID").pipe(Argument.atLeast(1)),
  format: Format.flag
}, Handler.lazy(() => import("../../run/senders/get.ts"))).pipe(
  Command.withDescription("Fetch Senders by id. One id prints a document, several ids print rows in the given order"),
  Command.withExamples([
    {
      command: "comms senders get comms_sender_01h9krwprkeee8fzqspvwy6nq8 --format json",
      description: "One Sender as JSON"
    }
  ])
)
