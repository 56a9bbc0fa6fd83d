/**
 * Bundles the command into `dist`, or into the named directory, with its dependencies except for undici. What `--help`
 * needs is in one file beside `bin.js`, and the rest is loaded when it is needed.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Array, Effect, FileSystem, Order, Path, Schema, Stdio } from "effect"
import { fileURLToPath } from "node:url"
import { type Plugin, rolldown } from "rolldown"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const main = here("src/main.ts")

class BundleFailed extends Schema.TaggedError<BundleFailed>()("BundleFailed", { message: Schema.String }) {}

// `new Intl.Segmenter` takes 10 ms, and the text of help is ASCII.
const lazySegmenter: Plugin = {
  name: "lazy-segmenter",
  transform: {
    filter: { id: /effect\/dist\/cli\/CliOutput\.js$/ },
    handler: (code) => {
      const width = code
        .replace(
          /const graphemeSegmenter = [^;]*?(new Intl\.Segmenter\([^;]*\));\n/,
          "let graphemeSegmenter; const segmenter = () => graphemeSegmenter ??= $1;\n"
        )
        .replace(
          "graphemeSegmenter.segment(stripAnsi(text))",
          "/^[ -~]*$/.test(stripAnsi(text)) ? (length = stripAnsi(text).length, []) : segmenter().segment(stripAnsi(text))"
        )
      if (
        !width.includes("const segmenter = ") || !width.includes("segmenter().segment") ||
        width.includes("graphemeSegmenter.segment")
      ) {
        throw new BundleFailed({ message: "effect measures the width of text in another way. Adapt lazySegmenter." })
      }
      return width
    }
  }
}

/** The files of the packages that the bundle contains, and the modules that `main.ts` imports statically. */
const makeCollector = () => {
  const packages = new Set<string>()
  const eager = new Set<string>()
  const plugin: Plugin = {
    name: "collector",
    buildEnd() {
      for (const id of this.getModuleIds()) {
        const directory = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]
        if (directory !== undefined) packages.add(directory)
      }
      const visit = (id: string) => {
        if (eager.has(id)) return
        eager.add(id)
        this.getModuleInfo(id)?.importedIds.forEach(visit)
      }
      visit(main)
    }
  }
  return { eager, packages, plugin }
}

const licenses = Effect.fnUntraced(function*(packages: ReadonlySet<string>) {
  const fs = yield* FileSystem.FileSystem
  const texts = yield* Effect.forEach(Array.sort(packages, Order.String), (directory) =>
    Effect.gen(function*() {
      const file = (yield* fs.readDirectory(directory)).find((name) => /^licen[cs]e/i.test(name))
      if (file === undefined) return yield* new BundleFailed({ message: `${directory} has no license.` })
      const name = directory.replace(/^.*\/node_modules\//, "")
      return `${name}\n\n${(yield* fs.readFileString(`${directory}/${file}`)).trim()}\n`
    }))
  return `The command contains these packages.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`
})

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const stdio = yield* Stdio.Stdio
  const [directory = here("dist")] = yield* stdio.args
  const { eager, packages, plugin } = makeCollector()
  const bundle = yield* Effect.promise(() =>
    rolldown({ input: here("src/bin.ts"), platform: "node", external: "undici", plugins: [lazySegmenter, plugin] })
  )
  yield* fs.remove(directory, { recursive: true, force: true })
  yield* Effect.promise(() =>
    bundle.write({
      dir: directory,
      format: "esm",
      minify: true,
      codeSplitting: { groups: [{ name: "main", test: (id) => eager.has(id) }] }
    })
  )
  yield* fs.chmod(path.join(directory, "bin.js"), 0o755)
  yield* fs.writeFileString(path.join(directory, "LICENSES.txt"), yield* licenses(packages))
})

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
