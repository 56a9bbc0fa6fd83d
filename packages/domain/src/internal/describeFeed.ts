// What the errors of feeds say.
import type * as DateTime from "effect/DateTime"
import { printable } from "../Printable.ts"
import { type Description, timesOf } from "./describe.ts"

export const describeFeed = (
  error: {
    readonly call: string
    readonly failures: number
    readonly since: DateTime.Utc
    readonly reason: { readonly description: Description }
  }
): Description => {
  const { advice, what, ...rest } = error.reason.description
  return {
    ...rest,
    what: `${printable(error.call)} failed${timesOf(error)}: ${what}`,
    advice: `${advice === undefined ? "" : `${advice} `}Nothing is lost: resume from the error's checkpoint.`
  }
}

export const describeOverflow = (
  error: { readonly call: string; readonly tracked: number; readonly maxTracked: number }
): Description => ({
  what: `${
    printable(error.call)
  } stopped: it has to track ${error.tracked} operations, and maxTracked is ${error.maxTracked}.`,
  why: ["Operations are tracked until they have ended and are older than the overlap."],
  advice: "Nothing is lost: resume from the error's checkpoint with a greater maxTracked or a shorter overlap."
})
