import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../../Flags.ts"
import * as Format from "../../Format.ts"
import * as Handler from "../../Handler.ts"

export const create = Command.make("create", {
  ...Flags.poolFields,
  file: Flags.sendersFile,
  wait: Flag.Boolean("wait").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Wait until the pool is created, and print it. Default: print the id of the operation")
  ),
  timeout: Flags.waitTimeout,
  dryRun: Flags.dryRun,
  format: Format.flag
}, Handler.lazy(() => import("../../run/pools/create.ts"))).pipe(
  Command.withDescription("Create a SenderPool, with up to 10,000 Senders"),
  Command.withExamples([
    {
      command: "comms pools create --name Sales --tag region=APAC --file senders.csv --wait",
      description: "Create a pool with the Senders of a file, and print it"
    }
  ])
)
