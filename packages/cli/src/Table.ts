// A table that fits the terminal. Pure: cells in, lines out.
import { printable } from "@effect-comms/domain/Printable"
import { cut, widthOf } from "./Width.ts"

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
  /** The minimum width in a table, if the terminal is wide enough. */
  readonly width?: number | undefined
}

const codes = { red: 31, green: 32, yellow: 33, bold: 1 }

type Style = keyof typeof codes | undefined

/** Adds the codes of a style to a text. */
export type Paint = (text: string, style: Style) => string

export const plain: Paint = (text) => text

export const coloured: Paint = (text, style) =>
  style === undefined || text === "" ? text : `\u001b[${codes[style]}m${text}\u001b[0m`

const longest = 64

/** The text of a cell: on one line, and shortened at its end. */
export const cell = (text: string): string => {
  const clean = printable(text)
  return widthOf(clean) > longest ? `${cut(clean, longest - 1, "start")}…` : clean
}

// The end of an id tells it from others.
const endOfId = 8

const narrowestId = endOfId + 5

const shortenId = (id: string, width: number): string => {
  if (widthOf(id) <= width) return id
  const end = Math.max(endOfId, Math.floor((width - 1) / 2))
  return `${cut(id, width - 1 - end, "start")}…${cut(id, end, "end")}`
}

const isId = ({ name }: Column<never>): boolean => /^id$|Id$/.test(name)

const isOptional = ({ name }: Column<never>): boolean => name === "updatedAt"

export const titleOf = <A>({ name, title = name }: Column<A>): string => title

const gap = 2

interface Placed<A> {
  readonly column: Column<A>
  readonly width: number
}

const total = (placed: ReadonlyArray<Placed<never>>): number =>
  placed.reduce((sum, { width }, i) => sum + width + (i === 0 ? 0 : gap), 0)

const shortenIds = <A>(placed: ReadonlyArray<Placed<A>>, room: number): ReadonlyArray<Placed<A>> => {
  const excess = Math.max(0, total(placed) - room)
  const ids = placed.filter(({ column }) => isId(column)).length
  return placed.map(({ column, width }) => ({
    column,
    width: isId(column) ? Math.max(Math.min(narrowestId, width), width - Math.ceil(excess / ids)) : width
  }))
}

/** The columns that fit, and their widths; undefined if the terminal is too narrow for a table. */
const place = <A>(
  columns: ReadonlyArray<Column<A>>,
  widths: ReadonlyArray<number>,
  room: number
): ReadonlyArray<Placed<A>> | undefined => {
  const least = columns.map((column, i) => ({ column, width: widths[i] ?? 0 }))
  const roomy = least.map(({ column, width }) => ({ column, width: Math.max(width, column.width ?? 0) }))
  const without = (placed: ReadonlyArray<Placed<A>>) => placed.filter(({ column }) => !isOptional(column))
  return [roomy, without(roomy), shortenIds(without(least), room)].find((placed) => total(placed) <= room)
}

const line = (
  placed: ReadonlyArray<Placed<never>>,
  texts: ReadonlyArray<string>,
  styles: ReadonlyArray<Style>,
  paint: Paint
): string => {
  const last = texts.reduce((last, text, i) => text === "" ? last : i, -1)
  const cells = placed.slice(0, last + 1).map(({ column, width }, i) => {
    const text = isId(column) ? shortenId(texts[i] ?? "", width) : texts[i] ?? ""
    const space = " ".repeat(Math.max(0, width - widthOf(text)))
    return paint(column.right === true ? space + text : i === last ? text : text + space, styles[i])
  })
  return `${cells.join(" ".repeat(gap))}\n`
}

/** A row as one line per column. */
export const toDocument = <A>(columns: ReadonlyArray<Column<A>>, paint: Paint) => (row: A): string => {
  const width = Math.max(...columns.map((column) => titleOf(column).length))
  return columns.map((column) => {
    const text = paint(cell(column.text(row)), column.colour?.(row))
    return `${paint(titleOf(column).padEnd(width), "bold")}  ${text}`.trimEnd() + "\n"
  }).join("")
}

/**
 * Prints rows chunk by chunk, the header before the first. On a narrow terminal, it drops the time of the last update,
 * then shortens ids, then prints each row as a document. Columns become wider with the rows of later chunks.
 */
export const make = <A>(columns: ReadonlyArray<Column<A>>, paint: Paint, room: number) => {
  let widths = columns.map((column) => widthOf(titleOf(column)))
  let isBegun = false
  const document = toDocument(columns, paint)
  return (rows: ReadonlyArray<A>): string => {
    const cells = rows.map((row) => columns.map(({ text }) => cell(text(row))))
    widths = widths.map((width, i) => Math.max(width, ...cells.map((row) => widthOf(row[i] ?? ""))))
    const placed = place(columns, widths, room)
    if (placed === undefined) {
      const text = rows.map(document).join("\n")
      const separator = isBegun && text !== "" ? "\n" : ""
      isBegun = true
      return separator + text
    }
    const shown = placed.map(({ column }) => columns.indexOf(column))
    const header = isBegun
      ? ""
      : line(placed, placed.map(({ column }) => titleOf(column)), placed.map(() => "bold"), paint)
    isBegun = true
    return rows.reduce(
      (text, row, r) =>
        text + line(
          placed,
          shown.map((i) => cells[r]?.[i] ?? ""),
          placed.map(({ column }) => column.colour?.(row)),
          paint
        ),
      header
    )
  }
}
