/**
 * Follows the README in an empty folder, as a new user would: writes its named files, and runs its commands in order.
 * `git clone` becomes a link to this clone.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Path } from "effect"
import { execPath } from "node:process"
import { root } from "./internal/pack.ts"
import { succeed } from "./internal/run.ts"

interface Block {
  readonly language: string
  readonly text: string
}

const blocksOf = (markdown: string): ReadonlyArray<Block> =>
  [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({ language, text }))

const clone = /^git clone \S+ (\S+)$/m

const setUp = /`(npm init [^`]+)`/

// The first block installs from the registry.
const isRegistry = ({ text }: Block) => /^npm install @effect-comms/m.test(text)

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = path.join(yield* fs.makeTempDirectoryScoped({ prefix: "readme-" }), "project")
  yield* fs.makeDirectory(directory)
  const readme = yield* fs.readFileString(path.join(root, "README.md"))
  const blocks = blocksOf(readme)

  const lines = ["set -meuo pipefail", `export PATH='${path.dirname(execPath)}':"$PATH"`]
  lines.push(setUp.exec(readme)?.[1] ?? "false")
  for (const { language, text } of blocks.filter((block) => !isRegistry(block))) {
    const [, file] = /^\/\/ (\S+\.ts)$/m.exec(text) ?? []
    if (language === "sh") lines.push(text.replace(clone, `ln -s '${root}' $1`))
    else if (file !== undefined) yield* fs.writeFileString(path.join(directory, file), text)
  }
  // With job control, the signal also reaches the children of npx.
  lines.push("trap 'kill %1' EXIT", "node plain.ts", "npx vitest run")

  yield* Console.log(yield* succeed("bash", ["-c", lines.join("\n")], { cwd: directory }))
})

program.pipe(Effect.scoped, Effect.provide(NodeServices.layer), NodeRuntime.runMain)
