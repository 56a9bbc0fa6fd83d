// The resources that `--resource` names: their operations, and how these are shown.
import * as Operations from "@effect-comms/client/Operations"
import * as EmailOperation from "@effect-comms/domain/EmailOperation"
import * as MessageOperation from "@effect-comms/domain/MessageOperation"
import { type KnownCommunicationOperationStatus, Operation } from "@effect-comms/domain/Operation"
import type * as OperationFamily from "@effect-comms/domain/OperationFamily"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Format from "./Format.ts"
import * as Settings from "./Settings.ts"

type Family = OperationFamily.OperationFamily<
  OperationFamily.Model,
  ReadonlyArray<KnownCommunicationOperationStatus>
>

/** A number of items of an operation. */
export interface Counter {
  readonly name: string
  readonly of: (operation: Operation) => number
}

/** A family of operations, and the counters that are shown for each operation. JSON has every counter of the API. */
export interface Resource {
  readonly family: Family
  /** The items that are shown as a part of the total. */
  readonly done: Counter
  /** The items that wait. */
  readonly open: ReadonlyArray<Counter>
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

const dateColumn = (name: "createdAt" | "updatedAt", title: string): Format.Column<Operation> => ({
  name,
  title,
  text: (operation) => toSecond(operation[name]),
  csv: (operation) => DateTime.formatIso(operation[name])
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
export const countsOf = ({ done, open }: Resource, operation: Operation): string =>
  [
    `${done.of(operation)} of ${total.of(operation)} ${done.name}`,
    ...[failed, ...open].map(({ name, of }) => `${of(operation)} ${name}`)
  ].join(", ")
