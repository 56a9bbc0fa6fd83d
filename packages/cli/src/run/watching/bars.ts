// The progress of waits on a terminal, one bar per line. Pure: data in, lines out.
import type { Progress } from "@effect-comms/client/Waiting"
import type { Operation } from "@effect-comms/domain/Operation"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Order from "effect/Order"
import * as ExitCode from "../../ExitCode.ts"
import type { Counted, Counter, Counters } from "../../Resource.ts"
import { cut, widthOf } from "../../Width.ts"
import * as Ending from "./ending.ts"

/** The items of an operation or of several. */
export interface Items {
  readonly operation: Counted & Pick<Operation, "status">
  readonly progress: Pick<Progress, "fraction"> & Partial<Pick<Progress, "rate" | "remaining">>
}

/** Items as last seen, and when, in milliseconds of the clock of {@link Picture}. */
export interface Snapshot extends Items {
  readonly seenAt: number
}

/** A wait: the items as last seen, a note such as "not found yet", and how the wait ended. */
export interface Row {
  readonly id: string
  readonly snapshot?: Snapshot | undefined
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

/** A line, and its width in columns. */
export interface Line {
  readonly text: string
  readonly width: number
}

type Colour = "green" | "red" | "yellow" | "dim"

const codes: { readonly [colour in Colour]: number } = { green: 32, red: 31, yellow: 33, dim: 2 }

interface Glyphs {
  readonly good: string
  readonly failed: string
  readonly left: string
  readonly done: string
  readonly bad: string
  readonly ellipsis: string
  readonly spinner: ReadonlyArray<string>
}

const unicode: Glyphs = {
  good: "█",
  failed: "▓",
  left: "░",
  done: "✔",
  bad: "✘",
  ellipsis: "…",
  spinner: [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"]
}

const ascii: Glyphs = {
  good: "#",
  failed: "x",
  left: "-",
  done: "+",
  bad: "!",
  ellipsis: "..",
  spinner: [..."|/-\\"]
}

const glyphsOf = (style: Style): Glyphs => style.unicode ? unicode : ascii

/** The duration of a frame of the spinner, in milliseconds. */
export const frameMillis = 100

/** A duration in its two largest units, at least a second. */
export const roughly = (duration: Duration.Duration): string =>
  Duration.format(Duration.seconds(Math.max(1, Math.ceil(Duration.toSeconds(duration))))).split(" ").slice(0, 2).join(
    " "
  )

const count = (n: number): string => n.toLocaleString("en")

const perSecond = (rate: number): string =>
  rate >= 10 ? `${count(Math.round(rate))}/s` : rate >= 1 ? `${rate.toFixed(1)}/s` : `${(rate * 60).toFixed(1)}/min`

const percentOf = (fraction: number | undefined): string =>
  // 100% is for finished work only: 99.9% is shown as 99%.
  fraction === undefined ? "" : `${fraction < 1 ? Math.min(99, Math.round(fraction * 100)) : 100}%`

const tailOf = ({ ending, note, snapshot }: Row, now: number): string => {
  if (ending !== undefined) return Ending.phraseOf(ending).replace("completed with", "with")
  if (note !== undefined) return note
  if (snapshot === undefined) return "not seen yet"
  const { operation, progress: { remaining }, seenAt } = snapshot
  // The width of other characters differs between terminals.
  if (operation.status !== "PROCESSING") return operation.status.replace(/[^ -~]/g, "?").slice(0, 20)
  if (remaining === undefined) return ""
  const left = Duration.toMillis(remaining) - (now - seenAt)
  return left <= 0 ? "any moment" : `${roughly(Duration.millis(left))} left`
}

interface Cell {
  readonly text: string
  readonly colour?: Colour | undefined
}

/** A text beside a bar. The most important part has the smallest number. */
interface Part extends Cell {
  readonly importance: number
  /** The minimum width. It keeps bars in place while the number of digits changes. */
  readonly least: number
}

const part = (importance: number, text: string, least: number, colour?: Colour): Part => ({
  importance,
  text,
  least,
  colour
})

const partsOf = ({ done, open }: Counters, row: Row, now: number): ReadonlyArray<Part> => {
  const { ending, snapshot } = row
  const { failed, total } = snapshot?.operation.counts ?? { failed: 0, total: 0 }
  const rate = ending === undefined ? snapshot?.progress.rate : undefined
  const whole = count(total)
  const of = (counter: Counter) => snapshot === undefined ? 0 : counter.of(snapshot.operation)
  const seen = (text: string) => snapshot === undefined ? "" : text
  return [
    part(1, seen(`${count(of(done))}/${whole}`), 2 * whole.length + 1),
    part(3, seen(`${count(failed)} failed`), 8, failed > 0 ? "red" : undefined),
    ...open.map((counter, i) =>
      part(5 + i, seen(`${count(of(counter))} ${counter.name}`), whole.length + counter.name.length + 1)
    ),
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
  const { failed = 0, settled = 0, total = 0 } = snapshot?.operation.counts ?? {}
  const all = Math.max(1, total, settled)
  // A single failed item is visible, and so is a single item that is left.
  const failedCells = failed === 0 ? 0 : Math.min(width, Math.max(1, Math.floor(failed / all * width)))
  const goodCells = Math.max(0, Math.min(width - failedCells, Math.floor(settled / all * width) - failedCells))
  return [
    { text: glyphs.good.repeat(goodCells), colour: "green" },
    { text: glyphs.failed.repeat(failedCells), colour: "red" },
    { text: glyphs.left.repeat(width - goodCells - failedCells), colour: "dim" }
  ]
}

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

const endedLast = Order.mapInput(Order.Boolean, ({ ending }: Row) => ending !== undefined)

const percentWidth = 4

// Shortens the id first, then drops the least important parts, until the bar is wide enough.
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

const toLine = (cells: ReadonlyArray<Cell>, room: number, style: Style): Line => {
  const ellipsis = glyphsOf(style).ellipsis
  const whole = cells.reduce((sum, { text }) => sum + widthOf(text), 0)
  const isCut = whole > room && room > widthOf(ellipsis)
  const end = isCut ? room - widthOf(ellipsis) : room
  let width = 0
  let text = ""
  for (const cell of cells) {
    const part = width + widthOf(cell.text) <= end ? cell.text : cut(cell.text, end - width, "start")
    width += widthOf(part)
    text += style.colours && cell.colour !== undefined && part !== ""
      ? `\u001b[${codes[cell.colour]}m${part}\u001b[0m`
      : part
    if (part !== cell.text) break
  }
  return isCut ? { text: text + ellipsis, width: width + widthOf(ellipsis) } : { text, width }
}

// The parts at the end are dropped on a narrow terminal.
const summaryOf = ({ resource: { done }, rows }: Picture, hidden: number, room: number): string => {
  const endings = rows.flatMap(({ ending }) => ending === undefined ? [] : [ending])
  const ended = endings.filter(Ending.isOver)
  const bad = ended.filter((ending) => Ending.codeOf(ending) !== ExitCode.done).length
  const failedWaits = endings.length - ended.length
  const sum = (of: Counter["of"]) =>
    count(rows.reduce((sum, { snapshot }) => sum + (snapshot === undefined ? 0 : of(snapshot.operation)), 0))
  const parts = [
    `${ended.length} of ${rows.length} ended${bad === 0 ? "" : `, ${bad} unsuccessful`}`,
    ...(failedWaits === 0 ? [] : [`${failedWaits} ${failedWaits === 1 ? "wait" : "waits"} failed`]),
    ...(hidden === 0 ? [] : [`${hidden} not shown`]),
    `${sum(done.of)}/${sum(({ counts }) => counts.total)} ${done.name}, ${sum(({ counts }) => counts.failed)} failed`
  ]
  while (parts.length > 1 && widthOf(parts.join("; ")) > room) parts.pop()
  return parts.join("; ")
}

/** What is drawn, and where. */
export interface Picture {
  readonly resource: Counters
  readonly rows: ReadonlyArray<Row>
  readonly notice: string | undefined
  readonly size: Size
  readonly style: Style
  /** Monotonic milliseconds. */
  readonly now: number
}

/** The lines of a picture. Rows that do not fit are left out, ended ones first. */
export const draw = (picture: Picture): ReadonlyArray<Line> => {
  const { notice, now, resource, rows, size, style } = picture
  const glyphs = glyphsOf(style)
  // The last column stays empty. Terminals differ in how they wrap after it.
  const room = Math.max(1, size.columns - 1)
  const most = Math.max(1, size.rows - 3)
  const kept = new Set(Arr.sort(rows, endedLast).slice(0, most))
  const shown = rows.filter((row) => kept.has(row))
  const parts = shown.map((row) => partsOf(resource, row, now))
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
        ...(columns.bar === 0 ? [] : [...barOf(row, columns.bar, glyphs), space]),
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
      ? [toLine([{ text: summaryOf(picture, rows.length - shown.length, room), colour: "dim" }], room, style)]
      : []),
    ...(notice === undefined ? [] : [toLine([{ text: notice, colour: "yellow" }], room, style)])
  ]
}
