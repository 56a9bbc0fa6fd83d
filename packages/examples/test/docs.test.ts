import { Emulator } from "@effect-comms/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Path, Redacted, Stream } from "effect"
import { ChildProcess } from "effect/process"

const root = new URL("../../..", import.meta.url).pathname

const fence = /^ *(?:\* ?)?```ts\n([\s\S]*?)^ *(?:\* ?)?```$/gm

const blocksOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(fence)].map(([, block = ""]) => block.replace(/^ *\* ?/gm, ""))

const isTest = (block: string) => block.includes("\"@effect/vitest\"")

const findDocs = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const packages = yield* fs.readDirectory(path.join(root, "packages"))
  const docs = yield* fs.readDirectory(path.join(root, "docs"))
  const files = ["README.md", "CONTRIBUTING.md", ...docs.map((file) => path.join("docs", file))].map((file) =>
    path.join(root, file)
  )
  for (const name of packages) {
    const directory = path.join(root, "packages", name)
    files.push(path.join(directory, "README.md"))
    const src = path.join(directory, "src")
    if (yield* fs.exists(src)) {
      files.push(...(yield* fs.readDirectory(src, { recursive: true })).map((file) => path.join(src, file)))
    }
  }
  const blocks: Array<{ readonly file: string; readonly block: string }> = []
  for (const file of files) {
    if (!/\.(?:md|ts)$/.test(file) || !(yield* fs.exists(file))) continue
    blocks.push(
      ...blocksOf(yield* fs.readFileString(file)).map((block) => ({ file: path.relative(root, file), block }))
    )
  }
  return blocks
})

const run = Effect.fnUntraced(function*(command: ChildProcess.Command) {
  const process = yield* command
  const [output, code] = yield* Effect.all([
    process.all.pipe(Stream.decodeText, Stream.mkString),
    process.exitCode
  ], { concurrency: 2 })
  return { output, code }
})

// Node strips types only outside `node_modules`, and resolves the packages only from inside this one.
const withFiles = Effect.fnUntraced(function*(blocks: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped({
    directory: path.join(root, "packages/examples"),
    prefix: ".docs-"
  })
  const files = blocks.map((_, i) => path.join(directory, `block${i}.ts`))
  yield* Effect.forEach(files, (file, i) => fs.writeFileString(file, blocks[i] ?? ""))
  yield* fs.writeFileString(
    path.join(directory, "tsconfig.json"),
    JSON.stringify({
      extends: path.join(root, "tsconfig.base.json"),
      compilerOptions: { noEmit: true, composite: false, incremental: false, types: ["node"], noUnusedLocals: false },
      files
    })
  )
  return { directory, files }
})

const services = NodeServices.layer

it.live("every example of the documentation compiles and runs", () =>
  Effect.gen(function*() {
    const docs = yield* findDocs
    const programs = docs.filter(({ block }) => !isTest(block))
    assert.isAbove(programs.length, 3)
    const { directory, files } = yield* withFiles(programs.map(({ block }) => block))
    const path = yield* Path.Path
    const checked = yield* run(ChildProcess.make("tsc", ["-p", path.join(directory, "tsconfig.json")]))
    assert.strictEqual(checked.code, 0, checked.output)
    const { url } = yield* Emulator.Address
    yield* Effect.forEach(files, (file, i) =>
      Effect.gen(function*() {
        const ran = yield* run(ChildProcess.make("node", [file], {
          env: {
            TWILIO_ACCOUNT_SID: Emulator.defaultCredentials.accountSid,
            TWILIO_AUTH_TOKEN: Redacted.value(Emulator.defaultCredentials.authToken),
            TWILIO_COMMS_BASE_URL: url
          },
          extendEnv: true
        }))
        assert.strictEqual(ran.code, 0, `${programs[i]?.file}:\n${ran.output}`)
      }), { concurrency: 4, discard: true })
  }).pipe(
    Effect.provide(Layer.merge(
      services,
      Emulator.layerServer().pipe(Layer.provide(Emulator.layer({ operations: 100 })))
    ))
  ), 120_000)

it.live("every test in the documentation is a test of this package", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const tests = (yield* findDocs).filter(({ block }) => isTest(block))
    assert.isNotEmpty(tests)
    const directory = path.join(root, "packages/examples/test")
    const known = yield* Effect.forEach(yield* fs.readDirectory(directory), (file) =>
      fs.readFileString(path.join(directory, file)))
    for (const { block, file } of tests) {
      assert.isTrue(known.includes(block), file)
    }
  }).pipe(Effect.provide(services)))
