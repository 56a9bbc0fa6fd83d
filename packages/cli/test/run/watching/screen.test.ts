import { assert, it } from "@effect/vitest"
import xterm from "@xterm/headless"
import { Effect } from "effect"
import type { Line } from "../../../src/run/watching/bars.ts"
import * as Screen from "../../../src/run/watching/screen.ts"

/** Lines as wide as a terminal with this number of columns allows. */
const frame = (columns: number, lines: number): ReadonlyArray<Line> =>
  Array.from({ length: lines }, (_, i) => ({ text: `${i}`.repeat(columns - 1), width: columns - 1 }))

const shell = ["$ ls", "a b c", "$ comms"]

/** The text of a terminal on which frames are drawn, each after a resize. */
const screenAfter = (sizes: ReadonlyArray<readonly [columns: number, rows: number]>, lines: number) =>
  Effect.gen(function*() {
    const [[columns, rows] = [80, 24]] = sizes
    const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true })
    const write = (text: string) => Effect.promise(() => new Promise<void>((done) => terminal.write(text, done)))
    yield* write(`${shell.join("\n")}\n`)
    let drawn: ReadonlyArray<Line> = []
    for (const [columns, rows] of sizes) {
      terminal.resize(columns, rows)
      const next = frame(columns, lines)
      yield* write(Screen.replace(drawn, next, columns))
      drawn = next
    }
    const { active } = terminal.buffer
    return Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true) ?? "").join("\n")
      .trimEnd().split("\n")
  })

it.effect("a resize leaves one frame, and what was above it", () =>
  Effect.gen(function*() {
    for (const rows of [24, 19]) {
      for (const lines of [1, 2, 4]) {
        for (const widths of [[80, 40], [80, 20], [40, 80], [80, 79], [80, 39, 80], [80, 27, 120, 60]]) {
          const sizes = widths.map((columns) => [columns, rows] as const)
          const expected = [...shell, ...frame(widths.at(-1) ?? 0, lines).map(({ text }) => text)]
          assert.deepStrictEqual(yield* screenAfter(sizes, lines), expected, `${rows} ${lines} ${widths}`)
        }
      }
    }
  }))
