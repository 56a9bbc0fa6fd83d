import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem, Path, type Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../..", import.meta.url))

const compile = Effect.fnUntraced(function*(directory: string, config: Schema.Json) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.writeFileString(`${directory}/tsconfig.json`, JSON.stringify(config))
  const child = yield* ChildProcess.make(`${root}node_modules/.bin/tsc`, ["-p", directory], { extendEnv: true })
  return yield* child.all.pipe(Stream.decodeText, Stream.mkString)
})

/** A project that has the declarations of this package, and nothing else. */
const makeProject = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const project = yield* fs.realPath(yield* fs.makeTempDirectoryScoped())
  const installed = path.join(project, "node_modules/@effect-comms/promise")
  const emitted = yield* compile(yield* fs.makeTempDirectoryScoped(), {
    extends: `${root}tsconfig.base.json`,
    compilerOptions: {
      composite: false,
      incremental: false,
      declarationMap: false,
      emitDeclarationOnly: true,
      rootDir: `${root}packages`,
      outDir: path.join(project, "emitted")
    },
    files: [`${root}packages/promise/src/index.ts`]
  })
  assert.strictEqual(emitted, "")
  yield* fs.makeDirectory(path.dirname(installed), { recursive: true })
  yield* fs.rename(path.join(project, "emitted/promise/src"), installed)
  yield* fs.writeFileString(
    path.join(installed, "package.json"),
    JSON.stringify({ name: "@effect-comms/promise", type: "module", exports: "./index.js" })
  )
  yield* fs.symlink(`${root}node_modules/@types`, path.join(project, "node_modules/@types"))
  for (const file of ["samples.ts", "utils/usage.ts"]) {
    yield* fs.copyFile(path.join(root, "packages/promise/test", file), path.join(project, path.basename(file)))
  }
  return project
})

it.live("the types need no Effect, and only the types of Node.js or of the DOM", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const project = yield* makeProject
    yield* fs.remove(`${project}/emitted`, { recursive: true })
    const environments = [
      { lib: ["ES2022"], types: ["node"], exactOptionalPropertyTypes: true },
      { lib: ["ES2022", "DOM"], types: [], exactOptionalPropertyTypes: false }
    ]
    for (const environment of environments) {
      const errors = yield* compile(project, {
        compilerOptions: {
          ...environment,
          target: "ES2022",
          module: "NodeNext",
          strict: true,
          skipLibCheck: false,
          noEmit: true
        },
        include: ["*.ts"]
      })
      assert.strictEqual(errors, "")
    }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
