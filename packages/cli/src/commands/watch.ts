import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Flags from "../Flags.ts"
import * as Format from "../Format.ts"
import * as Handler from "../Handler.ts"

const parseTolerance = (text: string): Option.Option<"none" | "any" | number> => {
  if (text === "none" || text === "any") return Option.some(text)
  const share = /^\d{1,3}(\.\d{1,6})?%?$/.test(text) ? Number.parseFloat(text) / 100 : Number.NaN
  return share <= 1 ? Option.some(share) : Option.none()
}

export const watch = Command.make("watch", {
  ids: Flags.operationIds,
  timeout: Flags.positiveDuration("timeout").pipe(
    Flag.withDescription("Time limit of the wait. Default 1h. A resumed wait keeps its original start time"),
    Flag.optional
  ),
  interval: Flags.positiveDuration("interval").pipe(
    Flag.withDescription(
      "Time between polls, with a jitter of 20%. Default: from 1s to 30s, depending on progress"
    ),
    Flag.optional
  ),
  tolerate: Flag.String("tolerate").pipe(
    Flag.filterMap(parseTolerance, () => "none, any, or a share such as 5%"),
    Flag.withMetavar("none|any|PERCENT"),
    Flags.withDefault(
      "What counts as success. none: no failed items; any: any outcome, even canceled; 5%: at most 5 % failed or missing",
      "none"
    )
  ),
  checkpoint: Flag.Path("checkpoint", { pathType: "file" }).pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(
      "Save the waits to this file from their start, and resume from it. Removed when all operations have ended"
    ),
    Flag.optional
  ),
  format: Format.flag.pipe(
    Flag.withDescription(
      "Output format. Default table on a terminal, json elsewhere. ndjson prints every event as it happens"
    )
  )
}, Handler.lazy(() => import("../run/watch.ts"))).pipe(
  Command.withDescription(
    "Wait until operations have ended, and show their progress. With several ids, the exit code is the first of " +
      "1, 5, 4 and 3 that applies"
  ),
  Command.withExamples([
    {
      command: "comms operations watch comms_operation_01h9krwprkeee8fzqspvwy6nq8 --tolerate 5%",
      description: "Wait for an operation, and accept a few failures"
    },
    {
      command: "comms operations watch comms_operation_01h9krwprkeee8fzqspvwy6nq8 --timeout 10m --checkpoint wait.json",
      description: "Wait in a job that can restart"
    }
  ])
)
