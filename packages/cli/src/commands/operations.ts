import * as Command from "effect/cli/Command"
import * as Settings from "../Settings.ts"
import { feed } from "./feed.ts"
import { get } from "./get.ts"
import { list } from "./list.ts"
import { watch } from "./watch.ts"

export const operations = Command.make("operations").pipe(
  Command.withDescription("Operations of SenderPools, messages and emails"),
  Command.withAlias("ops"),
  Command.withSubcommands([list, get, watch, feed]),
  Command.withGlobalFlags([Settings.Resource])
)
