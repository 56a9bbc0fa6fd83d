/**
 * Makes the screenshots of the READMEs. The command runs against an emulator on a port, and its output goes through a
 * terminal emulator whose screen is drawn as SVG.
 */
import { Emulator } from "@effect-comms/testing"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import xterm from "@xterm/headless"
import { Console, Duration, Effect, FileSystem, Layer, Redacted, Schedule, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { execPath } from "node:process"
import { fileURLToPath } from "node:url"
import { draw } from "./svg.ts"

const rows = 24

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))

interface Shot {
  readonly name: string
  readonly columns: number
  /** The arguments of `comms`. */
  readonly command: string
  /** Assignments of shell variables. */
  readonly variables?: string
  /** The picture is taken when this completes. Default the end of the command. */
  readonly when?: Effect.Effect<unknown>
}

const shoot = Effect.fnUntraced(function*({ columns, command, name, variables = ":", when = Effect.never }: Shot) {
  const fs = yield* FileSystem.FileSystem
  const { url } = yield* Emulator.Address
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
  const typed = `comms ${command}`
  const script = [
    `stty rows ${rows} cols ${columns}`,
    `comms() { '${execPath}' '${bin}' "$@"; }`,
    `printf '%s\\n' '$ ${typed}'`,
    variables,
    typed
  ].join("; ")
  const child = yield* ChildProcess.make("script", ["-qec", script, "/dev/null"], {
    stdin: Stream.never,
    env: {
      PATH: "/usr/bin:/bin",
      SHELL: "/bin/sh",
      TERM: "xterm-256color",
      LANG: "C.UTF-8",
      TWILIO_COMMS_BASE_URL: url,
      TWILIO_ACCOUNT_SID: Emulator.defaultCredentials.accountSid,
      TWILIO_AUTH_TOKEN: Redacted.value(Emulator.defaultCredentials.authToken)
    }
  })
  const show = Stream.runForEach(
    child.stdout,
    (bytes) => Effect.callback<void>((resume) => terminal.write(bytes, () => resume(Effect.void)))
  )
  yield* Effect.raceFirst(show, when)
  const file = fileURLToPath(new URL(`${name}.svg`, import.meta.url))
  yield* fs.writeFileString(file, draw(terminal, "comms"))
  yield* Console.log(`packages/cli/screenshots/${name}.svg`)
}, Effect.scoped)

const program = Effect.gen(function*() {
  const { create, report } = yield* Emulator.Emulator
  yield* shoot({ name: "list", columns: 80, command: "operations list --status COMPLETED --limit 8" })

  const requests = Effect.map(report, ({ summary }) => summary.requests)
  const before = yield* requests
  const ids = yield* Effect.forEach([
    { total: 1200, failed: 18, duration: Duration.seconds(14) },
    { total: 25_000, duration: Duration.seconds(20) },
    { total: 480, duration: Duration.seconds(3) }
  ], (plan) => Effect.map(create(plan), ({ id }) => id))
  yield* shoot({
    name: "watch",
    columns: 118,
    command: "operations watch $IDS",
    variables: `IDS="${ids.join(" ")}"`,
    when: Effect.andThen(
      Effect.repeat(requests, { schedule: Schedule.spaced("50 millis"), until: (n) => n - before >= 9 }),
      Effect.sleep("300 millis")
    )
  })

  yield* shoot({
    name: "error",
    columns: 132,
    command: "operations get comms_operation_01h9krwprkeee8fzqspvwy6nq8"
  })
})

program.pipe(
  Effect.provide(
    Emulator.layerServer({ port: 4010 }).pipe(
      Layer.provideMerge(Emulator.layer({ operations: 3000, newest: "2026-01-15T12:00:00Z" })),
      Layer.merge(NodeServices.layer)
    )
  ),
  NodeRuntime.runMain
)
