/**
 * Measures what a program that streams operations adds to a web page, minified and gzipped, beside the same program with
 * Effect alone. It fails above the limit. `--modules` lists the largest modules.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Array, Console, Effect, Order, Schema, Stdio } from "effect"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

/** In kB of 1,000 bytes. */
const limit = 90

const goal = 80

const root = fileURLToPath(new URL("../../..", import.meta.url))

class BundleTooLarge extends Schema.TaggedError<BundleTooLarge>()("BundleTooLarge", { size: Schema.Finite }) {
  override get message(): string {
    return `The bundle has ${kilobytes(this.size)}, above the limit of ${limit} kB. ` +
      "node packages/checks/src/bundle.ts --modules lists the largest modules."
  }
}

const kilobytes = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`

const bundle = Effect.fnUntraced(function*(name: string) {
  const input = fileURLToPath(new URL(`../bundles/${name}.ts`, import.meta.url))
  const { output: [{ code, modules }] } = yield* Effect.promise(async () => {
    const build = await rolldown({ input, platform: "browser" })
    return build.generate({ format: "esm", minify: true, codeSplitting: false })
  })
  return { size: gzipSync(code, { level: 9 }).length, modules }
})

const program = Effect.gen(function*() {
  const { args } = yield* Stdio.Stdio
  const client = yield* bundle("client")
  const effect = yield* bundle("effect")
  if ((yield* args).includes("--modules")) {
    const sizes = Object.entries(client.modules).map(([id, { renderedLength }]) =>
      [renderedLength, id.replace(root, "").replace(/^.*\/node_modules\//, "")] as const
    )
    const largest = Array.sortWith(sizes, ([size]) => size, Order.flip(Order.Number)).slice(0, 40)
    yield* Console.log(
      `before minification:\n${largest.map(([size, id]) => `${String(size).padStart(8)} ${id}`).join("\n")}`
    )
  }
  const verdict = client.size <= goal * 1_000 ? "met" : "MISSED"
  yield* Console.log(
    `bundle of a streaming program: ${kilobytes(client.size)}, with Effect alone ${kilobytes(effect.size)}; ` +
      `limit ${limit} kB, goal ${goal} kB: ${verdict}`
  )
  if (client.size > limit * 1_000) return yield* new BundleTooLarge({ size: client.size })
})

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
