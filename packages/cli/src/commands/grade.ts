import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../Flags.ts"
import * as Format from "../Format.ts"
import * as Handler from "../Handler.ts"

export const grade = Command.make("grade", {
  command: Flag.String("command").pipe(
    Flag.filter((command) => command.trim() !== "", () => "a command line"),
    Flag.withMetavar("COMMAND"),
    Flag.withDescription(
      "Command of the client. `get ID` or `list --page-size 50` is appended, and each operation is printed as a line of " +
        "JSON with its id. Default: print base URLs to call by hand, and read the result of each call from stdin"
    ),
    Flag.optional
  ),
  scenario: Flag.String("scenario").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("Run only this scenario. Repeatable"),
    Flag.atLeast(0)
  ),
  concurrency: Flags.int("concurrency", 1, 100).pipe(
    Flags.withDefault("Number of scenarios that run at once, with --command", 4)
  ),
  format: Format.flag
}, Handler.lazy(() => import("../run/grade.ts"))).pipe(
  Command.withDescription(
    "Grade how a client in any language handles errors, rate limits and faults of the API"
  ),
  Command.withExamples([
    { command: "comms grade --command 'comms operations'", description: "This client" },
    { command: "comms grade", description: "A client that is called by hand" },
    {
      command: "comms grade --command 'python client.py' --scenario retryAfter429",
      description: "Another client, in one scenario"
    }
  ])
)
