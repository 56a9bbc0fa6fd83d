// The version of the client, which it sends as part of its `User-Agent`.
import { Effect, FileSystem, Path, Schema } from "effect"

const decodeManifest = Schema.decodeEffect(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))

/** Writes the version of `package.json` to the source. Returns whether that changes the source. */
export const writeVersion = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { version } = yield* Effect.flatMap(fs.readFileString(path.join(directory, "package.json")), decodeManifest)
  const file = path.join(directory, "src/CommsClient.ts")
  const source = yield* fs.readFileString(file)
  const written = source.replace(/"effect-comms\/[^"]+"/, `"effect-comms/${version}"`)
  if (written === source) return false
  yield* fs.writeFileString(file, written)
  return true
})
