/**
 * Packs the published packages into `tarballs`, for projects that install them from files.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Path } from "effect"
import { pack, published, root } from "./internal/pack.ts"

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const destination = (yield* Path.Path).join(root, "tarballs")
  yield* fs.remove(destination, { recursive: true, force: true })
  yield* fs.makeDirectory(destination)
  yield* Effect.forEach(
    published,
    (name) => Effect.flatMap(pack(name, destination), ({ filename }) => Console.log(filename)),
    { discard: true }
  )
})

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
