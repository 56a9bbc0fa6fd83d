// The published packages, as tarballs.
import { Effect, Path, Schema } from "effect"
import { fileURLToPath } from "node:url"
import { succeed } from "./run.ts"

export const root = fileURLToPath(new URL("../../../..", import.meta.url))

export const published = ["domain", "client", "promise", "testing", "cli"] as const

export interface Tarball {
  readonly directory: string
  readonly name: string
  readonly filename: string
  /** The paths in the package. */
  readonly files: ReadonlyArray<string>
}

const Output = Schema.fromJsonString(Schema.Struct({
  name: Schema.String,
  filename: Schema.String,
  files: Schema.Array(Schema.Struct({ path: Schema.String }))
}))

/** Packs one package as `pnpm publish` does, after a build. */
export const pack = Effect.fnUntraced(function*(packageName: string, destination: string) {
  const path = yield* Path.Path
  const directory = path.join(root, "packages", packageName)
  const output = yield* succeed("npx", ["-y", "pnpm@12", "pack", "--json", "--pack-destination", destination], {
    cwd: directory
  })
  const { filename, files, name } = yield* Schema.decodeEffect(Output)(output)
  const tarball: Tarball = { directory, name, filename, files: files.map(({ path }) => path) }
  return tarball
})
