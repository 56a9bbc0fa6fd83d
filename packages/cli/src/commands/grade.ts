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
      "A client: with `get ID` or `list --page-size 50` behind it, it prints a line of JSON with an id for each operation. " +
        "Without it, base URLs are told to point any client at, and a line of stdin says how each call has ended"
    ),
    Flag.optional
  ),
  scenario: Flag.String("scenario").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("Only this scenario; may be given several times"),
    Flag.atLeast(0)
  ),
  concurrency: Flags.int("concurrency", 1, 100).pipe(
    Flag.withDescription("How many scenarios run at once, of a command"),
    Flag.withDefault(4)
  ),
  format: Format.flag
}, Handler.lazy(() => import("../run/grade.ts"))).pipe(
  Command.withDescription(
    "Put a client of any language through what an API does to it, and say what it did well and what not"
  ),
  Command.withExamples([
    { command: "comms grade --command 'comms operations'", description: "This client" },
    { command: "comms grade", description: "A client that you call yourself" },
    {
      command: "comms grade --command 'python client.py' --scenario retryAfter429",
      description: "Another, in one scenario"
    }
  ])
)
