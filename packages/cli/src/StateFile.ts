// A file with the progress of a command: read at the start, and replaced atomically.
import type * as CommsError from "@effect-comms/domain/CommsError"
import { printable } from "@effect-comms/domain/Printable"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import { describe, UsageError } from "./Failure.ts"

export interface StateFile {
  readonly path: string
  /** The content; undefined if the file is missing or empty. */
  readonly text: string | undefined
  readonly write: (text: string) => Effect.Effect<void, UsageError>
  readonly remove: Effect.Effect<void, UsageError>
}

const isMissing = (error: PlatformError.PlatformError): boolean => error.reason._tag === "NotFound"

/** Opens the file that a flag names, and checks that it is writable. */
export const open = Effect.fnUntraced(function*(flag: string, path: string) {
  const fs = yield* FileSystem.FileSystem
  const temporary = `${path}.tmp`
  const refuse = (what: string) => (error: PlatformError.PlatformError) =>
    new UsageError({
      what: `--${flag}: ${printable(path)} cannot be ${what}.`,
      why: isMissing(error) ? "There is no such directory." : printable(error.message),
      advice: "Name a file in an existing, writable directory."
    })
  const text = yield* fs.readFileString(path).pipe(
    Effect.catchIf(isMissing, () => Effect.succeed("")),
    Effect.mapError(refuse("read"))
  )
  const writeTemporary = (text: string) => fs.writeFileString(temporary, text)
  yield* writeTemporary("").pipe(
    Effect.andThen(fs.remove(temporary)),
    Effect.mapError(refuse("written"))
  )
  const file: StateFile = {
    path,
    text: text.trim() === "" ? undefined : text,
    write: (text) =>
      writeTemporary(text).pipe(
        Effect.andThen(fs.rename(temporary, path)),
        Effect.mapError(refuse("written")),
        Effect.uninterruptible
      ),
    remove: Effect.mapError(fs.remove(path, { force: true }), refuse("removed"))
  }
  return file
})

/** The error of a file whose checkpoint cannot be resumed. */
export const refuse = (flag: string, { path }: StateFile) =>
(
  error: CommsError.CheckpointMismatch | CommsError.InvalidInput
): UsageError => {
  const file = `--${flag}: ${printable(path)}`
  const { advice, why } = describe(error)
  return error._tag === "InvalidInput"
    ? new UsageError({
      what: `${file} is not a file that this command has written, and is left as it is.`,
      why: why.join(" "),
      advice: "Name another file."
    })
    : new UsageError({ what: `${file} cannot be resumed. Nothing was sent.`, why: why.join(" "), advice })
}
