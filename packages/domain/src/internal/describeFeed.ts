import * as DateTime from "effect/DateTime"

export const describeFeed = (
  error: {
    readonly call: string
    readonly failures: number
    readonly since: DateTime.Utc
    readonly reason: { readonly message: string }
  }
): string =>
  `${error.call} failed${
    error.failures === 1
      ? ""
      : ` ${error.failures} times in a row since ${DateTime.formatIso(error.since)}, at last so`
  }: ${error.reason.message} Nothing is lost: resume it from the error's checkpoint.`

export const describeOverflow = (
  error: { readonly call: string; readonly tracked: number; readonly maxTracked: number }
): string =>
  `${error.call} has ${error.tracked} operations to keep in mind, and maxTracked is ${error.maxTracked}. ` +
  "Nothing is lost: resume it from the error's checkpoint with a greater maxTracked, or with a shorter overlap."
