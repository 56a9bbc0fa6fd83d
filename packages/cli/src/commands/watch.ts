import * as Argument from "effect/cli/Argument"
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
  ids: Argument.String("ID").pipe(
    Argument.filter(Flags.isOperationId, () => Flags.operationIdForm),
    Argument.withDescription("The id of an operation"),
    Argument.atLeast(1)
  ),
  timeout: Flags.positiveDuration("timeout").pipe(
    Flag.withDescription("How long to wait; 1h unless given. A wait that is taken up again began when it first began"),
    Flag.optional
  ),
  interval: Flags.positiveDuration("interval").pipe(
    Flag.withDescription(
      "How long between two looks, give or take a fifth; unless given, from 1s to 30s as the work goes on"
    ),
    Flag.optional
  ),
  tolerate: Flag.String("tolerate").pipe(
    Flag.filterMap(parseTolerance, () => "none, any, or a share such as 5%"),
    Flag.withMetavar("none|any|PERCENT"),
    Flag.withDescription(
      "Which ends are taken for a success: of everything only, whatever it is (canceled as well), or up to this share failed or missing"
    ),
    Flag.withDefault("none")
  ),
  checkpoint: Flag.Path("checkpoint", { pathType: "file" }).pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(
      "Where the waits are written at each change, to be taken up again from; removed when all have ended"
    ),
    Flag.optional
  ),
  format: Format.flag.pipe(
    Flag.withDescription(
      "How the end is printed; table on a terminal, json elsewhere. ndjson is all that happens, as it happens"
    )
  )
}, Handler.lazy(() => import("../run/watch.ts"))).pipe(
  Command.withDescription(
    "Wait until operations have ended, and show their progress. Of several, the exit code is the first of 1, 5, 4 and 3 " +
      "that any of them has"
  ),
  Command.withExamples([
    {
      command: "comms operations watch comms_operation_01h9krwprkeee8fzqspvwy6nq8 --tolerate 5%",
      description: "Wait for one, and accept a few failures"
    },
    {
      command: "comms operations watch comms_operation_01h9krwprkeee8fzqspvwy6nq8 --timeout 10m --checkpoint wait.json",
      description: "In a job that may be restarted"
    }
  ])
)
