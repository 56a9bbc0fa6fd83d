import type { TimestampInput } from "@effect-comms/domain/Timestamp"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/** A point in time as it travels. What is none is shown as it is, and is refused wherever it is read. */
export const toText = (input: TimestampInput): string =>
  typeof input === "string"
    ? input
    : Option.match(DateTime.make(input), { onNone: () => String(input), onSome: DateTime.formatIso })
