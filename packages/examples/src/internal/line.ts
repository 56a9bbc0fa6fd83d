// Progress on a terminal or in a log.
import { Console, Effect, Stdio, Terminal } from "effect"

export const bar = (share: number) => {
  const width = 30
  const done = Math.floor(share * width)
  return `[${"#".repeat(done)}${"-".repeat(width - done)}]`
}

export const table = (rows: ReadonlyArray<readonly [string, string]>) =>
  rows.map(([name, value]) => `${name.padEnd(14)}${value.padStart(12)}`).join("\n")

/** Makes a line that replaces the previous one on a terminal, and follows it elsewhere. */
export const makeLine = Effect.gen(function*() {
  const terminal = yield* Terminal.Terminal
  const stdio = yield* Stdio.Stdio
  const isTerminal = yield* stdio.stdoutIsTerminal
  return {
    isTerminal,
    show: (text: string) => isTerminal ? Effect.ignore(terminal.display(`\r\u001b[K${text}`)) : Console.log(text),
    end: isTerminal ? Effect.ignore(terminal.display("\n")) : Effect.void
  }
})
