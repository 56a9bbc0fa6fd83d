import { Emulator } from "@effect-comms/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import * as ExitCode from "../src/ExitCode.ts"
import { envOf, layer as layerComms, shell } from "./utils/comms.ts"

const read = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(new URL(file, import.meta.url).pathname))

const readme = read("../README.md")

const ci = read("../../../docs/ci.md")

const agents = read("../AGENTS.md")

const blocksOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block)

const services = Layer.mergeAll(
  layerComms,
  Emulator.layerServer().pipe(Layer.provide(Emulator.layer({ operations: 300, senders: 300 })))
).pipe(Layer.provideMerge(NodeServices.layer))

layer(services, { excludeTestServices: true, timeout: "3 minutes" })("the README", (it) => {
  it.effect("has examples that run, as AGENTS.md and the page about CI have", () =>
    Effect.gen(function*() {
      const { url } = yield* Emulator.Address
      const blocks = blocksOf(`${yield* readme}\n${yield* ci}\n${yield* agents}`).filter((block) =>
        block.includes("comms ")
      )
      assert.isAbove(blocks.length, 8)
      yield* Effect.forEach(blocks, (block) =>
        Effect.gen(function*() {
          const { code, stderr, stdout } = yield* shell(`set -euo pipefail\n${block}`, envOf(url))
          assert.strictEqual(code, 0, `${block}\n${stderr}`)
          if (!block.includes(" > ")) assert.notStrictEqual(stdout, "", block)
        }), { concurrency: 2 })
    }))

  it.effect("has every exit code", () =>
    Effect.gen(function*() {
      const text = yield* readme
      const { signals, ...others } = ExitCode
      const codes = [...Object.values(others), ...Object.values(signals)].filter((value) => typeof value === "number")
      assert.isAbove(codes.length, 8)
      for (const code of codes) assert.include(text, `\n| ${code} |`)
    }))
})
