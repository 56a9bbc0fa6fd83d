import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "../Flags.ts"
import * as Handler from "../Handler.ts"

export const emulator = Command.make("emulator", {
  port: Flags.int("port", 0, 65_535).pipe(
    Flags.withDefault("Listen on this port; 0 picks a free port", 0)
  ),
  host: Flag.String("host").pipe(
    Flag.filter((host) => host.trim() !== "", () => "a host name or an address, such as 0.0.0.0"),
    Flag.withMetavar("HOST"),
    Flags.withDefault(
      "Listen on this address. Any other than a loopback address is reachable from the network",
      "127.0.0.1"
    )
  ),
  operations: Flags.int("operations", 0, 100_000_000).pipe(
    Flags.withDefault("Number of operations of each resource", 3000)
  ),
  senders: Flags.int("senders", 0, 10_000_000).pipe(Flags.withDefault("Number of Senders of the account", 3000)),
  seed: Flags.int("seed", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).pipe(
    Flags.withDefault("Seed of ids, stats and faults", 1)
  ),
  faults: Flag.String("faults").pipe(
    Flag.withMetavar("PRESET|FILE"),
    Flags.withDefault(
      "Faults to inject: calm, rate-limited, flaky, outage, hostile, or a JSON file with a fault plan",
      "calm"
    )
  ),
  report: Flag.Path("report", { pathType: "file" }).pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Write the report to this file as JSON when the emulator stops"),
    Flag.optional
  )
}, Handler.lazy(() => import("../run/emulator.ts"))).pipe(
  Command.withDescription("Run an emulator of the API until interrupted, then print a report of its requests"),
  Command.withExamples([
    {
      command: "comms emulator --port 4010 --faults flaky --report report.json",
      description: "A server that fails some requests"
    }
  ])
)
