// The picture of waits on a terminal: a bar a line. Data in, lines out.
import type { Snapshot } from "@effect-comms/client/Waiting"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Order from "effect/Order"
import * as ExitCode from "../../ExitCode.ts"
import * as Ending from "./ending.ts"

/** An operation that is waited for: as it was last seen, what is special about it just now, and how its wait ended. */
export interface Row {
  readonly id: string
  readonly snapshot?: Pick<Snapshot, "operation" | "progress" | "seenAt"> | undefined
  readonly note?: string | undefined
  readonly ending?: Ending.Ending | undefined
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface Style {
  readonly unicode: boolean
  readonly colours: boolean
}

/** A line, and how many columns it takes. */
export interface Line {
  readonly text: string
  readonly width: number
}

type Colour = "green" | "red" | "yellow" | "dim"

const codes: { readonly [colour in Colour]: number } = { green: 32, red: 31, yellow: 33, dim: 2 }

interface Glyphs {
  readonly created: string
  readonly failed: string
  readonly left: string
  readonly done: string
  readonly bad: string
  readonly ellipsis: string
  readonly spinner: ReadonlyArray<string>
}

const unicode: Glyphs = {
  created: "█",
  failed: "▓",
  left: "░",
  done: "✔",
  bad: "✘",
  ellipsis: "…",
  spinner: [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"]
}

const ascii: Glyphs = {
  created: "#",
  failed: "x",
  left: "-",
  done: "+",
  bad: "!",
  ellipsis: "..",
  spinner: [..."|/-\\"]
}

/** How long a frame of the spinner stands, in milliseconds. */
export const frameMillis = 100

/** A duration in its two greatest units, and no less than a second. */
export const roughly = (duration: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.max(1, Math.ceil(Duration.toSeconds(duration))))).split(" ").slice(0, 2).join(
    " "
  )

const count = (n: number): string => n.toLocaleString("en")

const perSecond = (rate: number): string =>
  rate >= 10 ? `${count(Math.round(rate))}/s` : rate >= 1 ? `${rate.toFixed(1)}/s` : `${(rate * 60).toFixed(1)}/min`

const percentOf = (fraction: number | undefined): string =>
  // All but done is not done.
  fraction === undefined ? "" : `${fraction < 1 ? Math.min(99, Math.round(fraction * 100)) : 100}%`

const tailOf = ({ ending, note, snapshot }: Row, now: number): string => {
  if (ending !== undefined) return Ending.phraseOf(ending).replace("completed with", "with")
  if (note !== undefined) return note
  if (snapshot === undefined) return "not seen yet"
  const { operation, progress: { remaining }, seenAt } = snapshot
  // How wide other characters are differs between terminals.
  if (operation.status !== "PROCESSING") return operation.status.replace(/[^ -~]/g, "?").slice(0, 20)
  if (remaining === undefined) return ""
  const left = Duration.toMillis(remaining) - (now - seenAt.epochMilliseconds)
  return left <= 0 ? "any moment" : `${roughly(Duration.millis(left))} left`
}

interface Cell {
  readonly text: string
  readonly colour?: Colour | undefined
}

/** A part of what is told beside a bar: the more important, the smaller the number. */
interface Part extends Cell {
  readonly importance: number
  /** How wide it is to be at least, so that bars do not jump while digits come and go. */
  readonly least: number
}

const part = (importance: number, text: string, least: number, colour?: Colour): Part => ({
  importance,
  text,
  least,
  colour
})

const partsOf = (row: Row, now: number): ReadonlyArray<Part> => {
  const { created = 0, failed = 0, queued = 0, total = 0 } = row.snapshot?.operation.stats ?? {}
  const rate = row.ending === undefined ? row.snapshot?.progress.rate : undefined
  const whole = count(total)
  const seen = (text: string) => row.snapshot === undefined ? "" : text
  return [
    part(1, seen(`${count(created)}/${whole}`), 2 * whole.length + 1),
    part(3, seen(`${count(failed)} failed`), 8, failed > 0 ? "red" : undefined),
    part(5, seen(`${count(queued)} queued`), whole.length + 7),
    part(4, rate === undefined ? "" : perSecond(rate), 6),
    part(0, tailOf(row, now), 13, tailColour(row))
  ]
}

const tailColour = ({ ending, note }: Row): Colour | undefined => {
  if (ending !== undefined) return Ending.codeOf(ending) === ExitCode.done ? "green" : "red"
  return note === undefined ? undefined : "yellow"
}

const markOf = ({ ending }: Row, glyphs: Glyphs, now: number): Cell => {
  if (ending === undefined) return { text: glyphs.spinner[Math.floor(now / frameMillis) % glyphs.spinner.length] ?? "" }
  return Ending.codeOf(ending) === ExitCode.done
    ? { text: glyphs.done, colour: "green" }
    : { text: glyphs.bad, colour: "red" }
}

const barOf = ({ snapshot }: Row, width: number, glyphs: Glyphs): ReadonlyArray<Cell> => {
  const { created = 0, failed = 0, total = 0 } = snapshot?.operation.stats ?? {}
  const all = Math.max(1, total, created + failed)
  // One that failed is to be seen, and one that is left as well.
  const failedCells = failed === 0 ? 0 : Math.min(width, Math.max(1, Math.floor(failed / all * width)))
  const createdCells = Math.max(
    0,
    Math.min(width - failedCells, Math.floor((created + failed) / all * width) - failedCells)
  )
  return [
    { text: glyphs.created.repeat(createdCells), colour: "green" },
    { text: glyphs.failed.repeat(failedCells), colour: "red" },
    { text: glyphs.left.repeat(width - createdCells - failedCells), colour: "dim" }
  ]
}

const widthOf = (text: string): number => [...text].length

const gap = 2

const narrowestBar = 10

const widestBar = 40

type Widths = ReadonlyArray<{ readonly importance: number; readonly width: number }>

interface Columns {
  readonly short: boolean
  readonly bar: number
  readonly shown: Widths
}

const shortOf = (id: string, glyphs: Glyphs): string => glyphs.ellipsis + id.slice(-8)

const byImportance = Order.mapInput(Order.Number, ({ importance }: Widths[number]) => importance)

const percentWidth = 4

// The whole id goes first, then what matters least, until the bar is wide enough.
const layout = (room: number, whole: number, short: number, widths: Widths): Columns => {
  const sorted = Arr.sort(widths, byImportance)
  const variants = [
    { shown: sorted, label: whole },
    ...sorted.map((_, i) => ({ shown: sorted.slice(0, sorted.length - i), label: short }))
  ]
  const options = variants.map(({ label, shown }): Columns => ({
    short: label === short,
    bar: room - 2 - label - gap - gap - percentWidth - shown.reduce((sum, { width }) => sum + gap + width, 0),
    shown
  }))
  const { bar, ...columns } = options.find(({ bar }) => bar >= narrowestBar) ??
    { short: true, bar: 0, shown: sorted.slice(0, 1) }
  return { ...columns, bar: Math.min(widestBar, bar) }
}

const toLine = (cells: ReadonlyArray<Cell>, room: number, { colours }: Style): Line => {
  let width = 0
  let text = ""
  for (const { colour, text: whole } of cells) {
    const part = [...whole].slice(0, Math.max(0, room - width)).join("")
    width += widthOf(part)
    text += colours && colour !== undefined && part !== "" ? `\u001b[${codes[colour]}m${part}\u001b[0m` : part
  }
  return { text, width }
}

const summaryOf = (rows: ReadonlyArray<Row>, hidden: number): string => {
  const ended = rows.flatMap(({ ending }) => ending === undefined ? [] : [ending])
  const bad = ended.filter((ending) => Ending.codeOf(ending) !== ExitCode.done).length
  const sum = (name: "created" | "total" | "failed") =>
    rows.reduce((sum, { snapshot }) => sum + (snapshot?.operation.stats[name] ?? 0), 0)
  return [
    `${ended.length} of ${rows.length} ended${bad === 0 ? "" : `, ${bad} not as wanted`}`,
    `${count(sum("created"))}/${count(sum("total"))} created, ${count(sum("failed"))} failed`,
    ...(hidden === 0 ? [] : [`${hidden} not shown`])
  ].join("; ")
}

/** The lines for a terminal of this size. What does not fit is left out: first those that have ended. */
export const draw = (
  rows: ReadonlyArray<Row>,
  notice: string | undefined,
  size: Size,
  style: Style,
  now: number
): ReadonlyArray<Line> => {
  const glyphs = style.unicode ? unicode : ascii
  // The last column is left alone: terminals differ in what they do after it.
  const room = Math.max(1, size.columns - 1)
  const most = Math.max(1, size.rows - 3)
  const isOpen = ({ ending }: Row) => ending === undefined
  const kept = new Set(
    rows.length <= most ? rows : [...rows.filter(isOpen), ...rows.filter((row) => !isOpen(row))].slice(0, most)
  )
  const shown = rows.filter((row) => kept.has(row))
  const parts = shown.map((row) => partsOf(row, now))
  const widths = (parts[0] ?? []).map(({ importance }, i) => ({
    importance,
    width: Math.max(...parts.map((row) => Math.max(row[i]?.least ?? 0, widthOf(row[i]?.text ?? ""))))
  }))
  const label = Math.max(0, ...shown.map(({ id }) => id.length))
  const columns = layout(room, label, widthOf(shortOf("12345678", glyphs)), widths)
  const space: Cell = { text: " ".repeat(gap) }
  const lines = shown.map((row, i) =>
    toLine(
      [
        markOf(row, glyphs, now),
        { text: " " },
        { text: columns.short ? shortOf(row.id, glyphs) : row.id.padEnd(label) },
        space,
        ...barOf(row, columns.bar, glyphs),
        space,
        { text: percentOf(row.snapshot?.progress.fraction).padStart(percentWidth) },
        ...(parts[i] ?? []).flatMap(({ colour, importance, text }) => {
          const column = columns.shown.find((column) => column.importance === importance)
          if (column === undefined) return []
          return [space, { text: importance === 0 ? text : text.padStart(column.width), colour }]
        })
      ],
      room,
      style
    )
  )
  return [
    ...lines,
    ...(rows.length > 1
      ? [toLine([{ text: summaryOf(rows, rows.length - shown.length), colour: "dim" }], room, style)]
      : []),
    ...(notice === undefined ? [] : [toLine([{ text: notice, colour: "yellow" }], room, style)])
  ]
}
