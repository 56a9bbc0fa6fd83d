// Rows on stdout as a table, a JSON list, lines of JSON or CSV.
import { printable } from "@effect-comms/domain/Printable"
import * as Flag from "effect/cli/Flag"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"

/** The output formats. */
export type Format = "table" | "json" | "ndjson" | "csv"

/** `--format`. */
export const flag: Flag.Flag<Option.Option<Format>> = Flag.Literals("format", ["table", "json", "ndjson", "csv"]).pipe(
  Flag.optional,
  Flag.withMetavar("FORMAT"),
  Flag.withDescription("Output format. Default table on a terminal, ndjson elsewhere")
)

export type Colour = "red" | "green" | "yellow"

/** A column of a table and of CSV. */
export interface Column<A> {
  /** The name in CSV. */
  readonly name: string
  /** The name in a table. Default `name`. */
  readonly title?: string | undefined
  readonly text: (row: A) => string
  /** The text in CSV. Default `text`. */
  readonly csv?: ((row: A) => string) | undefined
  /** Aligns the text to the right, for numbers. */
  readonly right?: boolean | undefined
  readonly colour?: ((row: A) => Colour | undefined) | undefined
  /** The minimum width in a table. */
  readonly width?: number | undefined
}

/** How rows of one kind are printed. */
export interface Shape<A> {
  readonly columns: ReadonlyArray<Column<A>>
  /** The value that is printed as JSON. */
  readonly encode: (row: A) => unknown
}

const codes = { red: 31, green: 32, yellow: 33, bold: 1 }

type Paint = (text: string, style: keyof typeof codes | undefined) => string

const plain: Paint = (text) => text

const coloured: Paint = (text, style) => style === undefined ? text : `\u001b[${codes[style]}m${text}\u001b[0m`

// Characters that steer a terminal or cannot be seen on it, except the newline. Some tag characters are not assigned by
// Unicode, but terminals hide all of them.
const invisible = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{e0000}-\u{e007f}]/gu

/** Lines of text in which each control character, invisible character and line separator is a space. */
export const printableLines = (text: string): string => text.replace(invisible, " ")

/**
 * JSON text in which control characters, invisible characters and line separators are escaped. It parses to the same
 * value, and cannot steer a terminal.
 */
export const escapeInvisible = (json: string): string =>
  json.replace(
    invisible,
    (char) => char.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")
  )

const json = (value: unknown, indent?: number): string => escapeInvisible(JSON.stringify(value, undefined, indent))

const longest = 64

const cell = (text: string): string => {
  const clean = printable(text)
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean
}

// A spreadsheet treats a cell that starts with one of these characters as a formula.
const csvCell = (text: string): string => {
  const clean = printable(text)
  const safe = /^[=+\-@]/.test(clean) && Number.isNaN(Number(clean)) ? `'${clean}` : clean
  return /[",]/.test(safe) ? `"${safe.replaceAll("\"", "\"\"")}"` : safe
}

const csvLine = (cells: ReadonlyArray<string>): string => `${cells.map(csvCell).join(",")}\r\n`

const titleOf = <A>({ name, title = name }: Column<A>): string => title

const tableOf = <A>(columns: ReadonlyArray<Column<A>>, paint: Paint) => {
  let widths: ReadonlyArray<number> | undefined
  const line = (cells: ReadonlyArray<string>, styles: ReadonlyArray<keyof typeof codes | undefined>): string => {
    const padded = cells.map((cell, i) => {
      const width = widths?.[i] ?? 0
      return paint(columns[i]?.right === true ? cell.padStart(width) : cell.padEnd(width), styles[i])
    })
    return `${paint === plain ? padded.join("  ").trimEnd() : padded.join("  ")}\n`
  }
  // The first rows get a header, and set the widths of all later rows.
  return (rows: ReadonlyArray<A>): string => {
    const cells = rows.map((row) => columns.map(({ text }) => cell(text(row))))
    let text = ""
    if (widths === undefined) {
      widths = columns.map((column, i) =>
        Math.max(titleOf(column).length, column.width ?? 0, ...cells.map((row) => row[i]?.length ?? 0))
      )
      text = line(columns.map(titleOf), columns.map(() => "bold"))
    }
    return cells.reduce(
      (text, row, i) =>
        text + line(row, columns.map(({ colour }) => rows[i] === undefined ? undefined : colour?.(rows[i]))),
      text
    )
  }
}

/** Rows as text, one piece per chunk. The header comes with the first chunk, or at the end of an empty stream. */
export const toText =
  <A>(shape: Shape<A>, format: Format, colours: boolean) =>
  <E, R>(rows: Stream.Stream<A, E, R>): Stream.Stream<string, E, R> =>
    Stream.suspend(() => {
      const { columns, encode } = shape
      let begun = false
      const pieces = (
        begin: (rows: ReadonlyArray<A>) => string,
        next: (rows: ReadonlyArray<A>) => string,
        end: string
      ) => {
        const text = Stream.mapArray(rows, (rows) => {
          const piece = begun ? next(rows) : begin(rows)
          begun = true
          return [piece]
        })
        const last = Stream.suspend(() => Stream.succeed((begun ? "" : begin([])) + end))
        // A document that fails midway is still complete.
        return Stream.concat(
          Stream.catchCause(text, (cause) => Stream.concat(last, Stream.failCause(cause))),
          last
        )
      }
      switch (format) {
        case "table": {
          const table = tableOf(columns, colours ? coloured : plain)
          return pieces(table, table, "")
        }
        case "csv": {
          const lines = (rows: ReadonlyArray<A>) =>
            rows.reduce((text, row) => text + csvLine(columns.map(({ csv, text }) => (csv ?? text)(row))), "")
          return pieces((rows) => csvLine(columns.map(({ name }) => name)) + lines(rows), lines, "")
        }
        case "ndjson": {
          const lines = (rows: ReadonlyArray<A>) => rows.reduce((text, row) => `${text}${json(encode(row))}\n`, "")
          return pieces(lines, lines, "")
        }
        case "json": {
          const items = (rows: ReadonlyArray<A>) => rows.map((row) => `\n  ${json(encode(row))}`).join(",")
          return pieces((rows) => `[${items(rows)}`, (rows) => `,${items(rows)}`, "\n]\n")
        }
      }
    })

/** One row as a document: a JSON object, or one line per column. */
export const documentToText = <A>(shape: Shape<A>, format: Format, colours: boolean) => (row: A): string => {
  const { columns, encode } = shape
  const paint = colours ? coloured : plain
  const width = Math.max(...columns.map((column) => titleOf(column).length))
  switch (format) {
    case "json":
      return `${json(encode(row), 2)}\n`
    case "ndjson":
      return `${json(encode(row))}\n`
    case "csv":
      return csvLine(columns.map(({ name }) => name)) + csvLine(columns.map(({ csv, text }) => (csv ?? text)(row)))
    case "table":
      return columns.map((column) =>
        `${paint(titleOf(column).padEnd(width), "bold")}  ${paint(cell(column.text(row)), column.colour?.(row))}\n`
      ).join("")
  }
}

/** The requested format or the default for stdout, and whether stdout shows colours. */
export const resolve = Effect.fnUntraced(function*(asked: Option.Option<Format>) {
  const { stdoutIsTerminal } = yield* Stdio.Stdio
  const isTerminal = yield* stdoutIsTerminal
  const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
  return {
    format: Option.getOrElse(asked, (): Format => isTerminal ? "table" : "ndjson"),
    colours: canColor && isTerminal
  }
})

/** Writes text to stdout, with backpressure. */
export const write = <E, R>(
  text: Stream.Stream<string, E, R>
): Effect.Effect<void, E | PlatformError.PlatformError, R | Stdio.Stdio> =>
  Effect.flatMap(Stdio.Stdio, (stdio) => Stream.run(text, stdio.stdout()))

/** Prints rows to stdout as they arrive. */
export const print = Effect.fnUntraced(function*<A, E, R>(
  shape: Shape<A>,
  asked: Option.Option<Format>,
  rows: Stream.Stream<A, E, R>
) {
  const { colours, format } = yield* resolve(asked)
  yield* write(toText(shape, format, colours)(rows))
})

/** Prints one row to stdout as a document. */
export const printDocument = Effect.fnUntraced(function*<A>(shape: Shape<A>, asked: Option.Option<Format>, row: A) {
  const { colours, format } = yield* resolve(asked)
  yield* write(Stream.succeed(documentToText(shape, format, colours)(row)))
})
