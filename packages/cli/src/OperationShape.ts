/**
 * What an operation looks like in every format.
 *
 * @since 0.1.0
 */
import { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import type * as Format from "./Format.ts"

const colours: Readonly<Record<string, Format.Colour>> = { COMPLETED: "green", PROCESSING: "yellow", CANCELED: "red" }

const toSecond = (date: DateTime.Utc): string => DateTime.formatIso(date).replace("T", " ").replace(/\.\d+Z$/, "Z")

const stat = (name: keyof SenderPoolOperation["stats"]): Format.Column<SenderPoolOperation> => ({
  name,
  text: ({ stats }) => String(stats[name]),
  right: true,
  width: 9
})

/**
 * An operation, with the API's own names and encoding in JSON.
 *
 * @category shapes
 * @since 0.1.0
 */
export const shape: Format.Shape<SenderPoolOperation> = {
  columns: [
    { name: "id", text: ({ id }) => id },
    { name: "status", text: ({ status }) => status, colour: ({ status }) => colours[status], width: 10 },
    stat("total"),
    stat("created"),
    { ...stat("failed"), colour: ({ stats }) => stats.failed > 0 ? "red" : undefined },
    stat("queued"),
    {
      name: "createdAt",
      title: "created at",
      text: ({ createdAt }) => toSecond(createdAt),
      csv: ({ createdAt }) => DateTime.formatIso(createdAt)
    },
    {
      name: "updatedAt",
      title: "updated at",
      text: ({ updatedAt }) => toSecond(updatedAt),
      csv: ({ updatedAt }) => DateTime.formatIso(updatedAt)
    }
  ],
  encode: Schema.encodeSync(Schema.toCodecJson(SenderPoolOperation))
}
