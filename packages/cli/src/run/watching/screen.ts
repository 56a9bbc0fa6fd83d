// The last lines of a terminal, drawn over and over again in place, on stderr.
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

/** Whether stderr is a terminal that can draw, and how. */
export const style: Effect.Effect<Style | undefined, never, Stdio.Stdio> = Effect.gen(function*() {
  const stdio = yield* Stdio.Stdio
  const { canAnimate, canColor } = yield* TerminalCapabilities.TerminalCapabilities.pipe(
    // What is asked of stdout is answered for stderr.
    Effect.provide(Layer.fresh(TerminalCapabilities.layer)),
    Effect.provideService(Stdio.Stdio, { ...stdio, stdoutIsTerminal: stdio.stderrIsTerminal })
  )
  const { LANG, LC_ALL, LC_CTYPE, TERM, WT_SESSION } = process.env
  const unicode = TERM !== "linux" &&
    (WT_SESSION !== undefined || /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || ""))
  return canAnimate ? { unicode, colours: canColor } : undefined
})

export interface Screen {
  /** The size of the terminal now. */
  readonly size: () => Size
  /** Puts these lines where the last ones were, in one write. */
  readonly draw: (lines: ReadonlyArray<Line>) => void
}

const size = (): Size => ({ columns: process.stderr.columns || 80, rows: process.stderr.rows || 24 })

const restore = () => {
  writeSync(2, showCursor)
}

/** Hides the cursor until the scope ends, however the process does. */
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
        // A terminal that got narrower has wrapped what was there.
        const up = drawn.reduce((sum, { width }) => sum + Math.max(1, Math.ceil(width / columns)), 0)
        drawn = lines
        process.stderr.write(
          `\r${up === 0 ? "" : `\u001b[${up}A`}${
            lines.map(({ text }) => `${text}${clearLine}\n`).join("")
          }${clearBelow}`
        )
      }
    }
  }),
  () =>
    Effect.sync(() => {
      process.off("exit", restore)
      // The echo of Ctrl-C goes as well.
      process.stderr.write(`\r${clearBelow}${showCursor}`)
    })
)
