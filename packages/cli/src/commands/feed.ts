import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../Flags.ts"
import * as Handler from "../Handler.ts"

export const feed = Command.make("feed", {
  since: Flags.date("since").pipe(
    Flag.withDescription(
      "Only operations created since: an RFC 3339 date-time, a date (00:00 UTC) or an age (7d, 2h). " +
        "Ignored when the state file exists"
    ),
    Flag.optional
  ),
  state: Flag.Path("state", { pathType: "file" }).pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Save progress to this file, and resume from it after a restart"),
    Flag.optional
  ),
  interval: Flags.positiveDuration("interval").pipe(
    Flag.withDescription("Time between rounds, with a jitter of 20%. Default 30s"),
    Flag.optional
  )
}, Handler.lazy(() => import("../run/feed.ts"))).pipe(
  Command.withDescription(
    "Print new and changed operations as lines of JSON until interrupted. With --state, restarts print nothing twice"
  ),
  Command.withExamples([
    {
      command: "comms operations feed --since 2h --state feed.json",
      description: "Follow changes, and resume after a restart"
    },
    {
      command: "comms operations feed --since 7d | jq 'select(.operation.stats.failed > 0)'",
      description: "Only operations with failures"
    }
  ])
)
