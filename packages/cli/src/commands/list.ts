import type * as Windows from "@effect-comms/client/Windows"
import type { KnownCommunicationOperationStatus } from "@effect-comms/domain/Operation"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../Flags.ts"
import * as Format from "../Format.ts"
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
  startDate: Flags.date("start-date").pipe(
    Flag.withDescription("Only operations created after: an RFC 3339 date-time, a date (00:00 UTC) or an age (7d, 2h)"),
    Flag.optional
  ),
  endDate: Flags.date("end-date").pipe(
    Flag.withDescription("Only operations created before: same forms as --start-date"),
    Flag.optional
  ),
  limit: Flags.int("limit", 1, Number.MAX_SAFE_INTEGER).pipe(
    Flag.withDescription("Stop after N operations"),
    Flag.optional
  ),
  pageSize: Flags.pageSize.pipe(
    Flag.withDescription("Operations per page, 1 to 1000. Default: the value of --limit, at most 1000"),
    Flag.optional
  ),
  pageToken: Flag.String("page-token").pipe(
    Flag.filter((token) => token !== "", () => "a page token that is not empty"),
    Flag.withMetavar("TOKEN"),
    Flag.withDescription("Start with this page"),
    Flag.optional
  ),
  windows: Flags.int("windows", 1, maxWindows).pipe(
    Flag.withDescription(
      `Split the time since --start-date into N windows, 1 to ${maxWindows}, and read up to 16 at once. Rows come in no order`
    ),
    Flag.optional
  ),
  format: Format.flag
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
