import { Effect, FileSystem, Path, Schedule } from "effect"
import { Comms } from "./comms.ts"

/** A file in the directory that commands are run in. */
export const fileIn = Effect.fnUntraced(function*(name: string) {
  const { directory } = yield* Comms
  return (yield* Path.Path).join(directory, name)
})

/** Ends when a file is there. */
export const exists = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.repeat(fs.exists(file), { schedule: Schedule.spaced("20 millis"), until: (exists) => exists })
})
