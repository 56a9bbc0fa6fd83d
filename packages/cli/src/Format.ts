// Rows on stdout as a table, a JSON list, lines of JSON or CSV.
import { printable } from "@effect-comms/domain/Printable"
import * as Flag from "effect/cli/Flag"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Terminal from "effect/Terminal"
import * as Table from "./Table.ts"

/** The output formats. */
export type Format = "table" | "json" | "ndjson" | "csv"

/** `--format`. */
export const flag: Flag.Flag<Option.Option<Format>> = Flag.Literals("format", ["table", "json", "ndjson", "csv"]).pipe(
  Flag.optional,
  Flag.withMetavar("FORMAT"),
  Flag.withDescription("Output format. Default table on a terminal, ndjson elsewhere")
)

export type { Colour, Column } from "./Table.ts"

/** How rows of one kind are printed. */
export interface Shape<A> {
  readonly columns: ReadonlyArray<Table.Column<A>>
  /** The value that is printed as JSON. */
  readonly encode: (row: A) => unknown
}

const paintOf = (colours: boolean): Table.Paint => colours ? Table.coloured : Table.plain

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

// A spreadsheet treats a cell that starts with one of these characters as a formula.
const csvCell = (text: string): string => {
  const clean = printable(text)
  const safe = /^[=+\-@]/.test(clean) && Number.isNaN(Number(clean)) ? `'${clean}` : clean
  return /[",]/.test(safe) ? `"${safe.replaceAll("\"", "\"\"")}"` : safe
}

const csvLine = (cells: ReadonlyArray<string>): string => `${cells.map(csvCell).join(",")}\r\n`

/**
 * Rows as text, one piece per chunk. The header comes with the first chunk, or at the end of an empty stream. `room` is
 * the width of the terminal, which a table fits.
 */
export const toText =
  <A>(shape: Shape<A>, format: Format, colours: boolean, room = Number.POSITIVE_INFINITY) =>
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
          const table = Table.make(columns, paintOf(colours), room)
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
  switch (format) {
    case "json":
      return `${json(encode(row), 2)}\n`
    case "ndjson":
      return `${json(encode(row))}\n`
    case "csv":
      return csvLine(columns.map(({ name }) => name)) + csvLine(columns.map(({ csv, text }) => (csv ?? text)(row)))
    case "table":
      return Table.toDocument(columns, paintOf(colours))(row)
  }
}

/** The shape of rows that are printed as they are. Empty columns are null in JSON. */
export const plainShape = <const Name extends string>(
  ...names: ReadonlyArray<Name>
): Shape<{ readonly [name in Name]: string | number | null }> => ({
  columns: names.map((name) => ({ name, text: (row) => String(row[name] ?? "") })),
  encode: (row) => row
})

/** The requested format or the default for stdout, whether stdout shows colours, and its columns. */
export const resolve = Effect.fnUntraced(function*(asked: Option.Option<Format>) {
  const { stdoutIsTerminal } = yield* Stdio.Stdio
  const isTerminal = yield* stdoutIsTerminal
  const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
  // There are none if stdout is not a terminal.
  const columns = yield* (yield* Terminal.Terminal).columns
  return {
    format: Option.getOrElse(asked, (): Format => isTerminal ? "table" : "ndjson"),
    colours: canColor && isTerminal,
    room: columns > 0 ? columns : Number.POSITIVE_INFINITY
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
  const { colours, format, room } = yield* resolve(asked)
  yield* write(toText(shape, format, colours, room)(rows))
})

/** Prints one row to stdout as a document. */
export const printDocument = Effect.fnUntraced(function*<A>(shape: Shape<A>, asked: Option.Option<Format>, row: A) {
  const { colours, format } = yield* resolve(asked)
  yield* write(Stream.succeed(documentToText(shape, format, colours)(row)))
})
