// A file that names Senders: CSV with a header, or lines of JSON. Other columns and fields are ignored.
import { SenderId } from "@effect-comms/domain/Sender"
import type { SenderRef } from "@effect-comms/domain/SenderPool"
import * as Effect from "effect/Effect"
import * as Csv from "effect/encoding/Csv"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { UsageError } from "./Failure.ts"
import * as Files from "./Files.ts"
import type { Format } from "./Format.ts"
import { shown } from "./Shown.ts"

/** The id of a Sender in a line; undefined if the line has none. */
interface Line {
  readonly number: number
  readonly id: string | undefined
}

const fields = ["senderId", "id"] as const

const expected = "a Sender id such as comms_sender_01h9krwprkeee8fzqspvwy6nq8"

const maxProblems = 5

/** The format of a file by its name. */
export const formatOf = (flag: string, path: string): Effect.Effect<Format & ("csv" | "ndjson"), UsageError> => {
  if (/\.csv$/i.test(path)) return Effect.succeed("csv")
  if (/\.(?:ndjson|jsonl)$/i.test(path)) return Effect.succeed("ndjson")
  return Effect.fail(
    new UsageError({
      what: `--${flag}: ${shown(path)} has an unknown format. Nothing was sent.`,
      advice: "Name a file that ends with .csv, .ndjson or .jsonl."
    })
  )
}

const isId = Schema.is(SenderId)

const decodeLine = Schema.decodeOption(Schema.fromJsonString(Schema.Struct({
  senderId: Schema.optional(Schema.String),
  id: Schema.optional(Schema.String)
})))

const linesOfNdjson = (text: string): ReadonlyArray<Line> =>
  text.replace(/^\ufeff/, "").split(/\r?\n/).flatMap((line, index) =>
    line.trim() === "" ? [] : [{
      number: index + 1,
      id: Option.match(decodeLine(line), { onNone: () => undefined, onSome: ({ id, senderId }) => senderId ?? id })
    }]
  )

// A quoted cell can have line breaks.
const heightOf = (row: Csv.Row): number =>
  1 + row.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0)

const linesOfCsv = Effect.fnUntraced(function*(text: string, refuse: (why: string) => UsageError) {
  const records = yield* Stream.make(text).pipe(
    Stream.pipeThroughChannel(Csv.decodeString()),
    Stream.runCollect,
    // The message of the error may have content of the file.
    Effect.mapError(({ line }) => refuse(`Line ${line}: The quotes are not those of CSV.`))
  )
  const [header = [], ...rows] = records
  const column = header.findIndex((name) => fields.some((field) => field === name.trim()))
  if (column === -1) return yield* refuse("Line 1: Expected the names of columns, with senderId or id.")
  let number = 1 + heightOf(header)
  return rows.flatMap((row): ReadonlyArray<Line> => {
    const line = { number, id: row.length === header.length ? row[column]?.trim() : undefined }
    number += heightOf(row)
    return row.every((cell) => cell.trim() === "") ? [] : [line]
  })
})

/** The Senders of a file. The error has the numbers of the lines that have none. */
export const read = Effect.fnUntraced(function*(path: string) {
  const fs = yield* FileSystem.FileSystem
  const refuse = (why: string) =>
    new UsageError({
      what: `--file: ${shown(path)} cannot be used. Nothing was sent.`,
      why,
      advice:
        "Name a CSV file with a column senderId or id, or a file of lines such as {\"senderId\":\"comms_sender_...\"}."
    })
  const format = yield* formatOf("file", path)
  const text = yield* Effect.mapError(fs.readFileString(path), (error) => refuse(Files.whyOf(error)))
  const lines = format === "csv" ? yield* linesOfCsv(text, refuse) : linesOfNdjson(text)
  const odd = lines.filter(({ id }) => !isId(id))
  if (odd.length > 0) {
    return yield* refuse([
      ...odd.slice(0, maxProblems).map(({ number }) => `Line ${number}: Expected ${expected}.`),
      ...(odd.length > maxProblems ? [`There are ${odd.length - maxProblems} more problems.`] : [])
    ].join(" "))
  }
  if (lines.length === 0) return yield* refuse("It names no Sender.")
  return lines.flatMap(({ id }): ReadonlyArray<SenderRef> => id === undefined ? [] : [{ senderId: id }])
})

/** The Senders of the arguments and of the file, each once. */
export const gather = Effect.fnUntraced(function*(ids: ReadonlyArray<string>, file: Option.Option<string>) {
  const refs = Option.isSome(file) ? yield* read(file.value) : []
  const all = new Set([...ids, ...refs.map(({ senderId }) => senderId)])
  return Array.from(all, (senderId): SenderRef => ({ senderId }))
})

/** The Senders of the arguments and of the file, at least one. */
export const gatherSome = Effect.fnUntraced(function*(ids: ReadonlyArray<string>, file: Option.Option<string>) {
  const refs = yield* gather(ids, file)
  if (refs.length > 0) return refs
  return yield* new UsageError({
    what: "No Sender is named. Nothing was sent.",
    advice: "Add ids of Senders, or --file FILE."
  })
})
