import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { inProcess } from "./utils/inProcess.ts"

const id = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

layer(NodeServices.layer, { excludeTestServices: true })("errors of flags", (it) => {
  it.effect("name the flag and the file that cannot hold a state", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "comms-" })
      yield* fs.symlink("loop", `${directory}/loop`)
      const commands = [["state", "feed", "--since", "1h"], ["checkpoint", "watch", id]] as const
      for (const [flag, ...command] of commands) {
        const errorOf = (file: string) =>
          Effect.map(inProcess(["operations", ...command, "--emulator", `--${flag}`, file]), ({ code, stderr }) => {
            assert.strictEqual(code, 2)
            return stderr.split("\n")[0]
          })
        assert.strictEqual(yield* errorOf(directory), `Error: --${flag}: ${directory} is not a regular file.`)
        assert.strictEqual(yield* errorOf(`${directory}/loop`), `Error: --${flag}: ${directory}/loop cannot be read.`)
      }
    }))

  it.effect("say how to pass a value that begins with a dash", () =>
    Effect.gen(function*() {
      const { code, stderr } = yield* inProcess(["operations", "list", "--emulator", "--page-token", "-x"])
      assert.strictEqual(code, 2)
      assert.include(
        stderr,
        "Missing value for flag --page-token. A value that begins with a dash follows an equals sign: --page-token=VALUE"
      )
    }))
})
