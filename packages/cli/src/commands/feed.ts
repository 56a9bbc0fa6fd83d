import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../Flags.ts"
import * as Handler from "../Handler.ts"

export const feed = Command.make("feed", {
  since: Flags.date("since").pipe(
    Flag.withDescription(
      "Created since: an RFC 3339 date-time, a date (00:00 UTC), or how long ago (7d, 2h). Not used when there is a state"
    ),
    Flag.optional
  ),
  state: Flag.Path("state", { pathType: "file" }).pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Where it is written what was printed already, to go on from after a restart"),
    Flag.optional
  ),
  interval: Flags.positiveDuration("interval").pipe(
    Flag.withDescription("How long between two rounds, give or take a fifth; 30s unless given"),
    Flag.optional
  )
}, Handler.lazy(() => import("../run/feed.ts"))).pipe(
  Command.withDescription(
    "Print operations that are new or have changed, a line of JSON each, for ever. Each state once, over restarts as well"
  ),
  Command.withExamples([
    {
      command: "comms operations feed --since 2h --state feed.json",
      description: "Follow what happens, and go on after a restart"
    },
    {
      command: "comms operations feed --since 7d | jq 'select(.operation.stats.failed > 0)'",
      description: "Only what has failures"
    }
  ])
)
