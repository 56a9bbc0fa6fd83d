// Redraws the last lines of a terminal in place, on stderr.
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stdio from "effect/Stdio"
import { writeSync } from "node:fs"
import process from "node:process"
import type { Line, Size, Style } from "./bars.ts"

const hideCursor = "\u001b[?25l"
const showCursor = "\u001b[?25h"
const clearLine = "\u001b[K"
const clearBelow = "\u001b[J"

/** How stderr can be drawn on; undefined if it cannot. */
export const style: Effect.Effect<Style | undefined, never, Stdio.Stdio> = Effect.gen(function*() {
  const stdio = yield* Stdio.Stdio
  const { canAnimate, canColor } = yield* TerminalCapabilities.TerminalCapabilities.pipe(
    // The layer inspects stdout. Here it has to inspect stderr.
    Effect.provide(Layer.fresh(TerminalCapabilities.layer)),
    Effect.provideService(Stdio.Stdio, { ...stdio, stdoutIsTerminal: stdio.stderrIsTerminal })
  )
  const { LANG, LC_ALL, LC_CTYPE, TERM, WT_SESSION } = process.env
  const unicode = TERM !== "linux" &&
    (WT_SESSION !== undefined || /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || ""))
  return canAnimate ? { unicode, colours: canColor } : undefined
})

export interface Screen {
  /** The current size of the terminal. */
  readonly size: () => Size
  /** Replaces the lines of the last call, in one write. */
  readonly draw: (lines: ReadonlyArray<Line>) => void
}

/** Replaces lines that are drawn above the cursor, on a terminal with this number of columns. */
export const replace = (drawn: ReadonlyArray<Line>, lines: ReadonlyArray<Line>, columns: number): string => {
  // A terminal that became narrower has wrapped the lines.
  const up = drawn.reduce((sum, { width }) => sum + Math.max(1, Math.ceil(width / columns)), 0)
  return `\r${up === 0 ? "" : `\u001b[${up}A`}${lines.map(({ text }) => `${text}${clearLine}\n`).join("")}${clearBelow}`
}

const size = (): Size => ({ columns: process.stderr.columns || 80, rows: process.stderr.rows || 24 })

const restore = () => {
  writeSync(2, showCursor)
}

/** Hides the cursor until the scope or the process ends. */
export const make = Effect.acquireRelease(
  Effect.sync((): Screen => {
    let drawn: ReadonlyArray<Line> = []
    let frame = ""
    process.once("exit", restore)
    process.stderr.write(hideCursor)
    return {
      size,
      draw: (lines) => {
        const { columns } = size()
        const next = `${columns}${lines.map(({ text }) => text).join("\n")}`
        if (next === frame) return
        frame = next
        process.stderr.write(replace(drawn, lines, columns))
        drawn = lines
      }
    }
  }),
  () =>
    Effect.sync(() => {
      process.off("exit", restore)
      // This also erases the echo of Ctrl-C.
      process.stderr.write(`\r${clearBelow}${showCursor}`)
    })
)
