import * as Command from "effect/cli/Command"
import { add } from "./pools/add.ts"
import { create } from "./pools/create.ts"
import { deletion } from "./pools/delete.ts"
import { get } from "./pools/get.ts"
import { list } from "./pools/list.ts"
import { remove } from "./pools/remove.ts"
import { update } from "./pools/update.ts"

export const pools = Command.make("pools").pipe(
  Command.withDescription("SenderPools, and the Senders in them"),
  Command.withSubcommands([list, get, create, update, deletion, add, remove])
)
