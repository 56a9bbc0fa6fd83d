import { Effect, FileSystem, Path, Schedule } from "effect"
import { Comms } from "./comms.ts"

/** A file in the working directory of the commands. */
export const fileIn = Effect.fnUntraced(function*(name: string) {
  const { directory } = yield* Comms
  return (yield* Path.Path).join(directory, name)
})

/** Completes when a file exists. */
export const exists = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.repeat(fs.exists(file), { schedule: Schedule.spaced("20 millis"), until: (exists) => exists })
})

/** The names of a file and of the files beside it whose names begin with its name. */
export const filesOf = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return (yield* fs.readDirectory(path.dirname(file))).filter((name) => name.startsWith(path.basename(file)))
})
