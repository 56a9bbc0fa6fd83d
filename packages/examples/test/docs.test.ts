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

// A program of its own ends its process.
const isMain = (block: string) => block.includes("runMain")

// These packages bring the types of Node.js, which then hold for the whole project.
const hasNodeTypes = (block: string) => /"@effect\/(?:platform-node|vitest)|"@effect-comms\/testing"/.test(block)

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
    files.push(path.join(directory, "README.md"), path.join(directory, "AGENTS.md"))
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
  return { directory, files }
})

const platforms = {
  node: { lib: ["ES2022"], types: ["node"] },
  dom: { lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] }
}

const compile = Effect.fnUntraced(function*(
  directory: string,
  examples: ReadonlyArray<{ readonly file: string }>,
  platform: keyof typeof platforms
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const project = path.join(directory, `tsconfig.${platform}.json`)
  yield* fs.writeFileString(
    project,
    JSON.stringify({
      extends: path.join(root, "tsconfig.base.json"),
      compilerOptions: {
        ...platforms[platform],
        noEmit: true,
        composite: false,
        incremental: false,
        noUnusedLocals: false
      },
      files: examples.map(({ file }) => file)
    })
  )
  assert.isNotEmpty(examples)
  const { code, output } = yield* run(ChildProcess.make("tsc", ["-p", project]))
  assert.strictEqual(code, 0, `with the types of ${platform} only:\n${output}`)
})

const runFile = Effect.fnUntraced(function*(name: string, file: string, url: string) {
  const { code, output } = yield* run(ChildProcess.make("node", [file], {
    env: {
      TWILIO_ACCOUNT_SID: Emulator.defaultCredentials.accountSid,
      TWILIO_AUTH_TOKEN: Redacted.value(Emulator.defaultCredentials.authToken),
      TWILIO_COMMS_BASE_URL: url
    },
    extendEnv: true
  }))
  assert.strictEqual(code, 0, `${name}:\n${output}`)
})

const services = NodeServices.layer

it.live("every example of the documentation compiles and runs", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const docs = yield* findDocs
    const { directory, files } = yield* withFiles(docs.map(({ block }) => block))
    const all = files.map((file, i) => ({ file, name: docs[i]?.file ?? "", block: docs[i]?.block ?? "" }))
    yield* compile(directory, all, "node")
    yield* compile(directory, all.filter(({ block }) => !hasNodeTypes(block)), "dom")
    yield* compile(directory, all.filter(({ block }) => hasNodeTypes(block)), "dom")
    const { url } = yield* Emulator.Address
    const named = all.filter(({ block }) => !isTest(block))
    // The others share a process.
    const together = path.join(directory, "together.ts")
    const others = named.filter(({ block }) => !isMain(block)).map(({ file, name }) => [name, file])
    yield* fs.writeFileString(
      together,
      `await Promise.all(${JSON.stringify(others)}.map(([name, file]) => import(file).catch((cause) => {
        throw new Error(name, { cause })
      })))`
    )
    const mains = named.filter(({ block }) => isMain(block))
    yield* Effect.forEach(
      [...mains, { file: together, name: "the examples without a main program" }],
      ({ file, name }) => runFile(name, file, url),
      { concurrency: 2, discard: true }
    )
  }).pipe(
    Effect.provide(Layer.merge(
      services,
      Emulator.layerServer().pipe(Layer.provide(Emulator.layer({ operations: 100 })))
    ))
  ), 300_000)

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
