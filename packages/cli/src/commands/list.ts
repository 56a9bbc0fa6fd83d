import type * as Windows from "@effect-comms/client/Windows"
import type { KnownCommunicationOperationStatus } from "@effect-comms/domain/Operation"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../Flags.ts"
import * as Handler from "../Handler.ts"

// Help loads no module of the client or the domain. The types check these copies of their constants.
const maxWindows: typeof Windows.maxWindows = 64

const statuses: typeof KnownCommunicationOperationStatus.literals = ["SCHEDULED", "PROCESSING", "COMPLETED", "CANCELED"]

export const list = Command.make("list", {
  status: Flags.capitals("status", statuses).pipe(
    Flag.withMetavar("STATUS"),
    Flag.withDescription("Only operations with this status"),
    Flag.optional
  ),
  ...Flags.listing("operations"),
  windows: Flags.int("windows", 1, maxWindows).pipe(
    Flag.withDescription(
      `Split the time since --start-date into N windows, 1 to ${maxWindows}, and read up to 16 at once. Rows come in no particular order`
    ),
    Flag.optional
  )
}, Handler.lazy(() => import("../run/list.ts"))).pipe(
  Command.withDescription("List operations. Rows are printed as their pages arrive"),
  Command.withExamples([
    { command: "comms operations list --emulator --limit 10", description: "Try it without an account" },
    {
      command: "comms operations list --status PROCESSING --start-date 2h",
      description: "Operations of the last two hours that are in progress"
    },
    {
      command: "comms operations list --resource messages --status SCHEDULED",
      description: "Scheduled messages"
    },
    {
      command: "comms operations list --format csv > operations.csv",
      description: "All operations, for a spreadsheet"
    },
    {
      command: "comms operations list --start-date 7d --windows 8 --format ndjson",
      description: "A week, read in eight windows at once"
    }
  ])
)
