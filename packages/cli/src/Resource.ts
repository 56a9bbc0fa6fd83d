// How operations, SenderPools and Senders are shown, and the operations that `--resource` names.
import * as Operations from "@effect-comms/client/Operations"
import * as EmailOperation from "@effect-comms/domain/EmailOperation"
import * as MessageOperation from "@effect-comms/domain/MessageOperation"
import { type KnownCommunicationOperationStatus, Operation } from "@effect-comms/domain/Operation"
import type * as OperationFamily from "@effect-comms/domain/OperationFamily"
import * as Sender from "@effect-comms/domain/Sender"
import * as SenderPool from "@effect-comms/domain/SenderPool"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import type { Tags } from "@effect-comms/domain/Tags"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Format from "./Format.ts"
import * as Settings from "./Settings.ts"

type Family = OperationFamily.OperationFamily<
  OperationFamily.Model,
  ReadonlyArray<KnownCommunicationOperationStatus>
>

/** The items of an operation, or of several. */
export type Counted = Pick<Operation, "stats" | "counts">

/** A number of items. */
export interface Counter {
  readonly name: string
  readonly of: (counted: Counted) => number
}

/** The counters that are shown. */
export interface Counters {
  /** The items that are shown as a part of the total. */
  readonly done: Counter
  /** The items that wait. */
  readonly open: ReadonlyArray<Counter>
}

/** A family of operations, and the counters that are shown for each operation. JSON has every counter of the API. */
export interface Resource extends Counters {
  readonly family: Family
  readonly shape: Format.Shape<Operation>
}

const stat = (name: string): Counter => ({ name, of: ({ stats }) => stats[name] ?? 0 })

const total: Counter = { name: "total", of: ({ counts }) => counts.total }

const settled: Counter = { name: "settled", of: ({ counts }) => counts.settled }

const failed: Counter = { name: "failed", of: ({ counts }) => counts.failed }

const colours: Readonly<Record<string, Format.Colour>> = { COMPLETED: "green", PROCESSING: "yellow", CANCELED: "red" }

const toSecond = (date: DateTime.Utc): string => DateTime.formatIso(date).replace("T", " ").replace(/\.\d+Z$/, "Z")

const column = ({ name, of }: Counter): Format.Column<Operation> => ({
  name,
  text: (operation) => String(of(operation)),
  right: true,
  width: 9,
  colour: (operation) => name === "failed" && of(operation) > 0 ? "red" : undefined
})

const dateColumn = <Name extends "createdAt" | "updatedAt">(
  name: Name,
  title: string
): Format.Column<{ readonly [name in Name]: DateTime.Utc }> => ({
  name,
  title,
  text: (row) => toSecond(row[name]),
  csv: (row) => DateTime.formatIso(row[name])
})

const { counts: _, ...fields } = Operation.fields

const encode = Schema.encodeSync(Schema.toCodecJson(Schema.Struct(fields)))

const make = (family: Family, done: Counter, open: ReadonlyArray<Counter>): Resource => ({
  family,
  done,
  open,
  shape: {
    columns: [
      { name: "id", text: ({ id }) => id },
      { name: "status", text: ({ status }) => status, colour: ({ status }) => colours[status], width: 10 },
      ...[total, done, failed, ...open].map(column),
      dateColumn("createdAt", "created at"),
      dateColumn("updatedAt", "updated at")
    ],
    encode
  }
})

/** Every resource. */
export const resources: { readonly [name in Settings.ResourceName]: Resource } = {
  "sender-pools": make(SenderPoolOperation.family, stat("created"), [stat("queued")]),
  messages: make(MessageOperation.family, settled, [stat("queued"), stat("scheduled")]),
  emails: make(EmailOperation.family, settled, [stat("queued"), stat("scheduled")])
}

/** The resource of this command, with the client's service of its operations. */
export const current = Effect.gen(function*() {
  const resource = resources[yield* Settings.Resource]
  return { ...resource, operations: yield* Operations.make(resource.family) }
})

/** The counters of an operation in words. */
export const countsOf = ({ done, open }: Counters, counted: Counted): string =>
  [
    `${done.of(counted)} of ${total.of(counted)} ${done.name}`,
    ...[failed, ...open].map(({ name, of }) => `${of(counted)} ${name}`)
  ].join(", ")

/** The counters of Senders that are added to a pool. */
export const additions: Counters = {
  done: { name: "added", of: ({ counts }) => counts.settled - counts.failed },
  open: [{ name: "left", of: ({ counts }) => counts.total - counts.settled }]
}

/** Tags in one line. */
export const tagsOf = (tags: Tags): string => Object.entries(tags).map(([key, value]) => `${key}=${value}`).join(" ")

/** How a SenderPool is printed. */
export const pool: Format.Shape<SenderPool.SenderPool> = {
  columns: [
    { name: "id", text: ({ id }) => id },
    { name: "name", text: ({ name }) => name },
    { name: "tags", text: ({ tags }) => tagsOf(tags) },
    dateColumn("createdAt", "created at"),
    dateColumn("updatedAt", "updated at")
  ],
  encode: Schema.encodeSync(Schema.toCodecJson(Schema.Struct(SenderPool.SenderPool.fields)))
}

/** How a Sender is printed. */
export const sender: Format.Shape<Sender.Sender> = {
  columns: [
    { name: "id", text: ({ id }) => id },
    { name: "channel", text: ({ channel }) => channel },
    { name: "address", text: ({ address }) => address },
    { name: "displayName", title: "name", text: ({ displayName }) => displayName ?? "" },
    {
      name: "status",
      text: ({ status }) => status,
      colour: ({ status }) => status === "ACTIVATED" ? "green" : "yellow"
    },
    { name: "tags", text: ({ tags }) => tagsOf(tags) },
    dateColumn("createdAt", "created at")
  ],
  encode: Schema.encodeSync(Schema.toCodecJson(Schema.Struct(Sender.Sender.fields)))
}
