import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../Flags.ts"
import * as Handler from "../Handler.ts"

export const emulator = Command.make("emulator", {
  port: Flags.int("port", 0, 65_535).pipe(
    Flag.withDescription("The port of 127.0.0.1 to listen on; 0 is any that is free"),
    Flag.withDefault(0)
  ),
  operations: Flags.int("operations", 0, 100_000_000).pipe(
    Flag.withDescription("How many operations there are"),
    Flag.withDefault(3000)
  ),
  seed: Flags.int("seed", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).pipe(
    Flag.withDescription("Whence ids, stats and faults follow"),
    Flag.withDefault(1)
  ),
  faults: Flag.String("faults").pipe(
    Flag.withMetavar("PRESET|FILE"),
    Flag.withDescription(
      "How it misbehaves: calm, rate-limited, flaky, outage, hostile, or a file with a plan of faults in JSON"
    ),
    Flag.withDefault("calm")
  ),
  report: Flag.Path("report", { pathType: "file" }).pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Where the report is written as JSON, in the end"),
    Flag.optional
  )
}, Handler.lazy(() => import("../run/emulator.ts"))).pipe(
  Command.withDescription("Run an emulator of the API, until Ctrl-C, and print what was asked of it"),
  Command.withExamples([
    {
      command: "comms emulator --port 4010 --faults flaky --report report.json",
      description: "A server that refuses some requests"
    }
  ])
)
