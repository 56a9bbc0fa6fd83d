/** Makes the picture of a page of the API reference, which `pnpm run docs` has to build first. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Path } from "effect"
import { findBrowser, flags, notFound } from "./internal/browser.ts"
import { root } from "./internal/pack.ts"
import { succeed } from "./internal/run.ts"

const page = "reference/functions/_effect-comms_client.RetryPolicy.layer.html"

const picture = "packages/cli/screenshots/reference.png"

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const browser = yield* findBrowser
  if (browser === undefined) return yield* Console.log(`${picture}: SKIPPED. ${notFound}`)
  const url = yield* path.toFileUrl(yield* fs.realPath(path.join(root, page)))
  const profile = yield* fs.makeTempDirectoryScoped()
  yield* succeed(browser, [
    ...flags(profile),
    // The page is hidden until its scripts have run.
    "--virtual-time-budget=10000",
    "--hide-scrollbars",
    "--window-size=1280,840",
    `--screenshot=${path.join(root, picture)}`,
    url.href
  ], {})
  yield* Console.log(picture)
})

program.pipe(Effect.scoped, Effect.provide(NodeServices.layer), NodeRuntime.runMain)
