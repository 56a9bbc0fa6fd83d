import { maxWindows } from "@effect-comms/client/Windows"
import { KnownOperationStatus } from "@effect-comms/domain/Operation"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../Flags.ts"
import * as Format from "../Format.ts"
import * as Handler from "../Handler.ts"

export const list = Command.make("list", {
  status: Flag.Literals("status", KnownOperationStatus.literals).pipe(
    Flag.withMetavar("STATUS"),
    Flag.withDescription("Only operations of this status"),
    Flag.optional
  ),
  startDate: Flags.date("start-date").pipe(
    Flag.withDescription("Created after: an RFC 3339 date-time, a date (00:00 UTC), or how long ago (7d, 2h)"),
    Flag.optional
  ),
  endDate: Flags.date("end-date").pipe(
    Flag.withDescription("Created before: as --start-date"),
    Flag.optional
  ),
  limit: Flags.int("limit", 1, Number.MAX_SAFE_INTEGER).pipe(
    Flag.withDescription("How many operations at most; no page more is asked for than they take"),
    Flag.optional
  ),
  pageSize: Flags.pageSize.pipe(
    Flag.withDescription("How many operations a request asks for, 1 to 1000; as many as --limit needs unless given"),
    Flag.optional
  ),
  pageToken: Flag.String("page-token").pipe(
    Flag.filter((token) => token !== "", () => "a page token that is not empty"),
    Flag.withMetavar("TOKEN"),
    Flag.withDescription("The page to begin with"),
    Flag.optional
  ),
  windows: Flags.int("windows", 1, maxWindows).pipe(
    Flag.withDescription(
      `Read the time since --start-date in so many parts, 1 to ${maxWindows}, up to 16 of them at once; rows come in no order`
    ),
    Flag.optional
  ),
  format: Format.flag
}, Handler.lazy(() => import("../run/list.ts"))).pipe(
  Command.withDescription("List the operations of SenderPools, page by page, as they come"),
  Command.withExamples([
    { command: "comms operations list --emulator --limit 10", description: "Try it without an account" },
    {
      command: "comms operations list --status PROCESSING --start-date 2h",
      description: "What was begun in the last two hours and is at work"
    },
    {
      command: "comms operations list --format csv > operations.csv",
      description: "Everything, for a spreadsheet"
    },
    {
      command: "comms operations list --start-date 7d --windows 8 --format ndjson",
      description: "A week, eight parts of it at once"
    }
  ])
)
