/**
 * Measures what programs that list operations add to a web page, minified and gzipped, beside the same program with
 * Effect alone. It fails above a limit. `--modules` lists the largest modules.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Array, Console, Effect, Order, Schema, Stdio } from "effect"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

/** In kB of 1,000 bytes. */
const programs = [
  { name: "client", title: "a streaming program", limit: 94, goal: 80 },
  // The same with every resource, dates and error classes.
  { name: "promise", title: "a program that lists with promises", limit: 102, goal: undefined }
] as const

const root = fileURLToPath(new URL("../../..", import.meta.url))

class BundleTooLarge extends Schema.TaggedError<BundleTooLarge>()("BundleTooLarge", {
  title: Schema.String,
  size: Schema.Finite,
  limit: Schema.Finite
}) {
  override get message(): string {
    return `The bundle of ${this.title} has ${kilobytes(this.size)}, above the limit of ${this.limit} kB. ` +
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

const listModules = (modules: Readonly<Record<string, { readonly renderedLength: number }>>) => {
  const sizes = Object.entries(modules).map(([id, { renderedLength }]) =>
    [renderedLength, id.replace(root, "").replace(/^.*\/node_modules\//, "")] as const
  )
  const largest = Array.sortWith(sizes, ([size]) => size, Order.flip(Order.Number)).slice(0, 40)
  return Console.log(
    `before minification:\n${largest.map(([size, id]) => `${String(size).padStart(8)} ${id}`).join("\n")}`
  )
}

const program = Effect.gen(function*() {
  const { args } = yield* Stdio.Stdio
  const withModules = (yield* args).includes("--modules")
  const effect = yield* bundle("effect")
  yield* Console.log(`bundle of a streaming program with Effect alone: ${kilobytes(effect.size)}`)
  for (const { goal, limit, name, title } of programs) {
    const { modules, size } = yield* bundle(name)
    if (withModules) yield* listModules(modules)
    const verdict = goal === undefined ? "" : `, goal ${goal} kB: ${size <= goal * 1_000 ? "met" : "MISSED"}`
    yield* Console.log(`bundle of ${title}: ${kilobytes(size)}; limit ${limit} kB${verdict}`)
    if (size > limit * 1_000) return yield* new BundleTooLarge({ title, size, limit })
  }
})

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
