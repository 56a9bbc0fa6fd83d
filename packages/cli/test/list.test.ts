import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, it, layer } from "@effect/vitest"
import { Context, Effect, Layer, Terminal } from "effect"
import { spawnSync } from "node:child_process"
import { commandLine } from "../src/run/interrupted.ts"
import { columns } from "./utils/columns.ts"
import { envOf } from "./utils/comms.ts"
import { inProcess } from "./utils/inProcess.ts"

const serve = Effect.fnUntraced(function*(faults: FaultPlan.FaultPlan) {
  const context = yield* Layer.build(
    Layer.fresh(Emulator.layerServer().pipe(Layer.provideMerge(Emulator.layer({ operations: 30, faults }))))
  )
  const { report } = Context.get(context, Emulator.Emulator)
  return {
    env: envOf(Context.get(context, Emulator.Address).url),
    urls: Effect.map(report, ({ requests }) => requests.map(({ url }) => url))
  }
})

/** The arguments that a shell makes of a command line. */
const pasted = (line: string): ReadonlyArray<string> =>
  spawnSync("sh", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf8" }).stdout.trimEnd().split("\n").slice(1)

const rowsOf = ({ stdout }: { readonly stdout: string }) => stdout.split("\n").filter((line) => line !== "")

const nextCommand = /^To continue: (comms .*)$/m

layer(NodeServices.layer, { excludeTestServices: true })("comms operations list", (it) => {
  it.effect("prints a command that continues after the rows of a list that fails midway", () =>
    Effect.gen(function*() {
      const { env, urls } = yield* serve({ rules: [{ when: { nth: [3] }, do: { _tag: "Status", status: 500 } }] })
      const args = ["operations", "list", "--start-date", "8d", "--page-size", "5", "--limit=20", "--page-token"]
      const first = yield* inProcess(args.slice(0, -1), env)
      assert.deepStrictEqual([first.code, rowsOf(first).length], [1, 10])
      const again = pasted(nextCommand.exec(first.stderr)?.[1] ?? "")
      const rest = yield* inProcess(again, env)
      assert.deepStrictEqual([rest.code, rest.stderr], [0, ""])
      assert.lengthOf(new Set([...rowsOf(first), ...rowsOf(rest)]), 20)
      assert.lengthOf(rowsOf(rest), 10)
      const dates = (yield* urls).map((url) => /startDate=[^&]*/.exec(url)?.[0])
      assert.lengthOf(new Set(dates), 1)
    }))

  it.effect("prints a table that fits the terminal", () =>
    Effect.gen(function*() {
      const { env } = yield* serve({ rules: [] })
      const list = inProcess(["operations", "list", "--format", "table"], env)
      const narrow = rowsOf(yield* Effect.provideService(list, Terminal.Terminal, columns(80)))
      const piped = rowsOf(yield* Effect.provideService(list, Terminal.Terminal, columns(0)))
      assert.deepStrictEqual([narrow.length, piped.length], [31, 31])
      for (const line of narrow) assert.isAtMost(line.length, 80)
      assert.match(narrow[1] ?? "", /^comms…\w{8} /)
      assert.match(piped[0] ?? "", /updated at$/)
    }))

  it.effect("mentions no printed rows when there are none", () =>
    Effect.gen(function*() {
      const { env } = yield* serve({
        rules: [
          { when: { nth: [1] }, do: { _tag: "EmptyPage" } },
          { when: { nth: [2] }, do: { _tag: "Status", status: 500 } }
        ]
      })
      const { code, stderr, stdout } = yield* inProcess(["operations", "list", "--page-size", "5"], env)
      assert.deepStrictEqual([code, stdout], [1, ""])
      assert.match(stderr, nextCommand)
      assert.notInclude(stderr, "printed")
    }))
})

it("a command line can be pasted, whatever the values of its flags are", () => {
  const args = ["operations", "list", "--page-token=old", "--limit", "7", "--env-file", "it's.env", "--page-size", "2"]
  const flags = { "page-token": "-a b'$(c)`\"~!*", limit: "3" }
  assert.deepStrictEqual(pasted(commandLine(args, flags) ?? ""), [
    "operations",
    "list",
    "--env-file",
    "it's.env",
    "--page-size",
    "2",
    `--page-token=${flags["page-token"]}`,
    "--limit=3"
  ])
})
