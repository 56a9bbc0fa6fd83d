import * as Command from "effect/cli/Command"
import * as Flags from "../Flags.ts"
import * as Format from "../Format.ts"
import * as Handler from "../Handler.ts"

export const get = Command.make("get", {
  ids: Flags.operationIds,
  format: Format.flag
}, Handler.lazy(() => import("../run/get.ts"))).pipe(
  Command.withDescription(
    "Fetch operations by id. One id prints a document, several ids print rows in the given order"
  ),
  Command.withExamples([
    {
      command: "comms operations get comms_operation_01h9krwprkeee8fzqspvwy6nq8 --format json",
      description: "One operation as JSON"
    }
  ])
)
