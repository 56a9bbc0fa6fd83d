import * as Command from "effect/cli/Command"
import { get } from "./senders/get.ts"
import { list } from "./senders/list.ts"
import { resolve } from "./senders/resolve.ts"
import { search } from "./senders/search.ts"

export const senders = Command.make("senders").pipe(
  Command.withDescription("Senders of the account, or of a pool. These commands only read"),
  Command.withSubcommands([list, get, search, resolve])
)
