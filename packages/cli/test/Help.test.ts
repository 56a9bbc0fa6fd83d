import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, Terminal } from "effect"
import { columns } from "./utils/columns.ts"
import { inProcess } from "./utils/inProcess.ts"

const commands = [
  [],
  ["operations"],
  ...["list", "get", "watch", "feed"].map((name) => ["operations", name]),
  ["emulator"],
  ["doctor"],
  ["grade"],
  ["completions"]
]

const helpAt = (width: number, command: ReadonlyArray<string>) =>
  inProcess([...command, "--help"]).pipe(
    Effect.provideService(Terminal.Terminal, columns(width)),
    Effect.map(({ stdout }) => stdout)
  )

const words = (text: string) => text.split(/\s+/).join(" ")

const isCommand = (line: string): boolean => line.startsWith("  comms ")

layer(NodeServices.layer, { excludeTestServices: true })("help", (it) => {
  it.effect("fits the terminal, without the commands of its examples", () =>
    Effect.gen(function*() {
      for (const command of commands) {
        const wide = yield* helpAt(100, command)
        assert.strictEqual(yield* helpAt(300, command), wide)
        assert.strictEqual(yield* helpAt(0, command), wide)
        for (const width of [80, 60]) {
          const text = yield* helpAt(width, command)
          for (const line of text.split("\n")) if (!isCommand(line)) assert.isAtMost(line.length, width, line)
          assert.strictEqual(words(text), words(wide))
          assert.deepStrictEqual(text.split("\n").filter(isCommand), wide.split("\n").filter(isCommand))
        }
      }
    }))

  it.effect("indents what it wraps", () =>
    Effect.gen(function*() {
      const list = yield* helpAt(80, ["operations", "list"])
      assert.include(
        list,
        "  --start-date DATE     Only operations created after: an RFC 3339 date-time, a\n" +
          "                        date (00:00 UTC) or an age (7d, 2h)\n"
      )
      assert.include(
        yield* helpAt(80, ["operations", "watch"]),
        "  Wait until operations have ended, and show their progress. With several ids,\n  the exit code is"
      )
      const root = yield* helpAt(80, [])
      assert.match(root, /\n {2}Exit codes: 0 success; .*\n {2}\S/)
    }))

  it.effect("that an incomplete command prints fits the terminal, too", () =>
    Effect.gen(function*() {
      const ran = yield* Effect.provideService(inProcess(["operations"]), Terminal.Terminal, columns(60))
      assert.strictEqual(ran.code, 2)
      for (const line of ran.stderr.split("\n")) assert.isAtMost(line.length, 60)
    }))

  it.effect("shows the defaults of flags", () =>
    Effect.gen(function*() {
      const defaults: ReadonlyArray<readonly [ReadonlyArray<string>, Readonly<Record<string, string>>]> = [
        [["emulator"], {
          port: "0",
          host: "127.0.0.1",
          operations: "3000",
          seed: "1",
          faults: "calm",
          "log-format": "text"
        }],
        [["grade"], { concurrency: "4" }],
        [["operations", "watch"], {
          tolerate: "none",
          timeout: "1h",
          resource: "sender-pools",
          format: "table on a terminal, json elsewhere"
        }],
        [["operations", "feed"], { interval: "30s" }],
        [["operations", "list"], { format: "table on a terminal, ndjson elsewhere" }]
      ]
      for (const [command, flags] of defaults) {
        const text = words(yield* helpAt(80, command))
        for (const [flag, value] of Object.entries(flags)) {
          assert.match(text, new RegExp(`--${flag} (?:(?! --[a-z-]+ [A-Z]).)*Default ${value}`), flag)
        }
      }
    }))
})
