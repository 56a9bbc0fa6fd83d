import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { inProcess } from "./utils/inProcess.ts"

layer(NodeServices.layer, { excludeTestServices: true })("comms completions", (it) => {
  it.effect("prints a script for each shell, which names the command that prints it", () =>
    Effect.gen(function*() {
      for (const shell of ["bash", "zsh", "fish", "powershell"]) {
        const { code, stderr, stdout } = yield* inProcess(["completions", shell])
        assert.deepStrictEqual([code, stderr], [0, ""], shell)
        for (const part of ["page-size", "COMPLETED", "completions"]) assert.include(stdout, part, shell)
        assert.notInclude(stdout, "--completions", shell)
        assert.include(stdout, `comms completions ${shell} >`, shell)
      }
      const { stdout } = yield* inProcess(["completions", "powershell"])
      assert.match(stdout, /^Register-ArgumentCompleter -Native -CommandName /m)
    }))
})
