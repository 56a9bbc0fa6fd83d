// Draws a screen as SVG: selectable text, and blocks as rectangles, in a window frame.
import type { IBufferCell, Terminal } from "@xterm/headless"

const cellWidth = 8.4
const cellHeight = 20
const padding = 16
const titleBar = 34

const colours = {
  background: "#0d1117",
  bar: "#161b22",
  border: "#30363d",
  text: "#e6edf3",
  title: "#8b949e",
  palette: new Map([[1, "#ff7b72"], [2, "#3fb950"], [3, "#d29922"]])
}

// The opacity of each block character.
const blocks = new Map([["█", 1], ["▓", 0.85], ["░", 0.4]])

interface Run {
  readonly column: number
  readonly text: string
  readonly fill: string
  readonly isBold: boolean
  readonly opacity: number
}

const runOf = (cell: IBufferCell, column: number): Run => ({
  column,
  text: cell.getChars() || " ",
  fill: cell.isFgDefault() ? colours.text : colours.palette.get(cell.getFgColor()) ?? colours.text,
  isBold: cell.isBold() !== 0,
  opacity: cell.isDim() === 0 ? 1 : 0.65
})

const isAlike = (a: Run, b: Run): boolean =>
  a.fill === b.fill && a.isBold === b.isBold && a.opacity === b.opacity &&
  blocks.get(a.text.charAt(0)) === blocks.get(b.text.charAt(0))

// SVG collapses consecutive spaces, so text is split at them.
const split = (run: Run): ReadonlyArray<Run> =>
  Array.from(run.text.matchAll(/\S+(?: \S+)*/g), ({ 0: text, index }) => ({ ...run, text, column: run.column + index }))

const runsOf = (terminal: Terminal, row: number): ReadonlyArray<Run> => {
  const line = terminal.buffer.active.getLine(row)
  const runs: Array<Run> = []
  for (let column = 0; column < terminal.cols; column++) {
    const cell = line?.getCell(column)
    if (cell === undefined) continue
    const run = runOf(cell, column)
    const last = runs.at(-1)
    if (last !== undefined && isAlike(last, run)) runs[runs.length - 1] = { ...last, text: last.text + run.text }
    else runs.push(run)
  }
  return runs.flatMap(split)
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const round = (n: number): string => String(Math.round(n * 10) / 10)

const drawRun = ({ column, fill, isBold, opacity, text }: Run, top: number): string => {
  const x = round(padding + column * cellWidth)
  const width = round(text.length * cellWidth)
  const share = blocks.get(text.charAt(0))
  if (share !== undefined) {
    const seen = share === 1 ? "" : ` opacity="${share}"`
    return `<rect x="${x}" y="${round(top + 3)}" width="${width}" height="${cellHeight - 6}" fill="${fill}"${seen}/>`
  }
  return `<text x="${x}" y="${round(top + 14.5)}" textLength="${width}" fill="${fill}"${
    isBold ? " font-weight=\"bold\"" : ""
  }${opacity === 1 ? "" : ` opacity="${opacity}"`}>${escape(text)}</text>`
}

/** Draws the screen of a terminal, down to its last line with text. */
export const draw = (terminal: Terminal, title: string): string => {
  const lines = Array.from({ length: terminal.rows }, (_, row) => runsOf(terminal, row))
  const used = Math.max(0, ...lines.map((runs, row) => runs.length > 0 ? row + 1 : 0))
  const columns = Math.max(...lines.flat().map(({ column, text }) => column + text.length))
  const width = Math.ceil(columns * cellWidth + 2 * padding)
  const height = titleBar + used * cellHeight + 2 * padding - 6
  const middle = titleBar / 2
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    "font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\">",
    `<title>${escape(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9" fill="${colours.background}" ` +
    `stroke="${colours.border}"/>`,
    `<path d="M1 ${titleBar}V10a9 9 0 0 1 9-9H${width - 10}a9 9 0 0 1 9 9V${titleBar}z" fill="${colours.bar}"/>`,
    ...["#ff5f57", "#febc2e", "#28c840"].map((fill, i) =>
      `<circle cx="${20 + i * 20}" cy="${middle}" r="6" fill="${fill}"/>`
    ),
    `<text x="${width / 2}" y="${middle + 5}" text-anchor="middle" fill="${colours.title}">${escape(title)}</text>`,
    ...lines.slice(0, used).flatMap((runs, row) =>
      runs.map((run) => drawRun(run, titleBar + padding - 3 + row * cellHeight))
    ),
    "</svg>\n"
  ].join("\n")
}
