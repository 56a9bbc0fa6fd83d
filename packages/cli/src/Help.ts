// Help that fits the terminal.
import * as CliOutput from "effect/cli/CliOutput"
import type * as HelpDoc from "effect/cli/HelpDoc"
import { widthOf } from "./Width.ts"

// Longer lines are hard to read.
const widest = 100

const narrowest = 40

/** The width of help on a terminal with this number of columns; 0 if there is no terminal. */
const widthFor = (columns: number): number => columns > 0 ? Math.max(narrowest, Math.min(columns, widest)) : widest

// The text of a description begins behind the names of its row, which end with two spaces or more.
const rowStart = /^ {2}(?:\S+ )*\S+ {2,}(?=\S)|^ {2}(?=\S)/

/** Wraps a line, and indents what follows like its description. */
const wrap = (line: string, width: number): string => {
  if (widthOf(line) <= width) return line
  const start = rowStart.exec(line)?.[0] ?? ""
  const indent = " ".repeat(Math.min(widthOf(start), Math.floor(width / 2)))
  let column = widthOf(start)
  let text = start
  for (const [i, word] of line.slice(start.length).split(" ").entries()) {
    const wordWidth = widthOf(word)
    if (i > 0 && column + 1 + wordWidth > width) {
      text += `\n${indent}${word}`
      column = indent.length + wordWidth
    } else {
      text += i === 0 ? word : ` ${word}`
      column += wordWidth + (i === 0 ? 0 : 1)
    }
  }
  return text
}

/** Help for a terminal with this number of columns. The commands of examples are not wrapped, so they can be pasted. */
export const toText = (doc: HelpDoc.HelpDoc, colors: boolean, columns: number): string => {
  const width = widthFor(columns)
  const isExample = (line: string) => doc.examples?.some(({ command }) => line.includes(command)) === true
  return CliOutput.defaultFormatter({ colors }).formatHelpDoc(doc)
    .split("\n")
    .map((line) => isExample(line) ? line : wrap(line, width))
    .join("\n")
}
