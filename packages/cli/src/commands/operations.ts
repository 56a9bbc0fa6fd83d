import * as Command from "effect/cli/Command"
import { feed } from "./feed.ts"
import { get } from "./get.ts"
import { list } from "./list.ts"
import { watch } from "./watch.ts"

export const operations = Command.make("operations").pipe(
  Command.withDescription("The operations of SenderPools"),
  Command.withAlias("ops"),
  Command.withSubcommands([list, get, watch, feed])
)
