// A user's project outside the workspace, with the packed packages, the compilers and the runtimes.
import { Effect, FileSystem, Path, Schema } from "effect"
import { arch, execPath, platform } from "node:process"
import { pack, published, root } from "../pack.ts"
import { run, succeed } from "../run.ts"

export const nodes = [20, 22, 24, 26]

const typescripts = ["5.7", "5.9", "7"]

const sources = `${root}packages/checks/runtimes`

const decodeManifest = Schema.decodeEffect(Schema.fromJsonString(Schema.Struct({ version: Schema.String })))

const writeJson = Effect.fnUntraced(function*(file: string, content: Schema.Json) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.writeFileString(file, JSON.stringify(content))
})

/** Installs everything with npm, without the scripts of packages. */
export const install = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const effect = yield* Effect.flatMap(fs.readFileString(`${root}node_modules/effect/package.json`), decodeManifest)
  const tarballs = yield* Effect.forEach(published, (name) => pack(name, directory))
  yield* writeJson(path.join(directory, "package.json"), {
    private: true,
    type: "module",
    dependencies: {
      ...Object.fromEntries(tarballs.map(({ filename, name }) => [name, `file:${filename}`])),
      effect: effect.version,
      "@types/node": "^24.0.0",
      ...Object.fromEntries(nodes.map((major) => [`node${major}`, `npm:node-${platform}-${arch}@${major}`])),
      ...Object.fromEntries(typescripts.map((version) => [`typescript${version}`, `npm:typescript@${version}`])),
      bun: "1",
      deno: "2",
      workerd: "1"
    }
  })
  yield* succeed("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"], {
    cwd: directory
  })
  for (const file of yield* fs.readDirectory(sources)) {
    yield* fs.copyFile(path.join(sources, file), path.join(directory, file))
  }
})

const resolutions = [
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" }
]

/** Compiles the program with every compiler into `js`. Returns the errors of each. */
export const compile = Effect.fnUntraced(function*(directory: string) {
  const path = yield* Path.Path
  const project = path.join(directory, "tsconfig.json")
  return yield* Effect.forEach(resolutions, (options) =>
    Effect.gen(function*() {
      yield* writeJson(project, {
        compilerOptions: {
          ...options,
          target: "ES2022",
          // The declarations of Effect name types of the DOM.
          lib: ["ES2022", "DOM", "DOM.Iterable"],
          types: ["node"],
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          outDir: "js"
        },
        include: ["*.ts"]
      })
      return yield* Effect.forEach(typescripts, (version) => {
        const tsc = path.join(directory, "node_modules", `typescript${version}`, "bin/tsc")
        return Effect.map(run(execPath, [tsc, "-p", project], { cwd: directory }), ({ code, stdout }) => ({
          name: `TypeScript ${version}, ${options.moduleResolution}`,
          errors: code === 0 ? "" : stdout
        }))
      })
    })).pipe(Effect.map((results) => results.flat()))
})

class NoBinary extends Schema.TaggedError<NoBinary>()("NoBinary", { message: Schema.String }) {}

/** Finds the executable of a runtime, whose package depends on the platform. */
export const findBinary = Effect.fnUntraced(function*(directory: string, pattern: string) {
  const fs = yield* FileSystem.FileSystem
  const [found] = yield* fs.glob(pattern, { root: `${directory}/node_modules` })
  if (found === undefined) return yield* new NoBinary({ message: `No ${pattern} for ${platform}-${arch}` })
  return `${directory}/node_modules/${found}`
})
