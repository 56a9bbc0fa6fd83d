import { Effect, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { Comms, type Env, run } from "./comms.ts"

/** Whether `script` of util-linux is installed, which runs a program on a terminal. */
export const canHaveTerminal =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true

/**
 * Runs a shell script on a terminal with this number of columns. `type` completes with the input to type. In the
 * result, ␛ stands for escape.
 */
export const onTerminal = Effect.fnUntraced(function*(
  script: string,
  options: { readonly env: Env; readonly columns?: number; readonly type?: Effect.Effect<string> }
) {
  const { columns = 100, env, type = Effect.never } = options
  const { directory, path } = yield* Comms
  const { code, stdout } = yield* run("script", ["-qec", `stty rows 24 cols ${columns}; ${script}`, "/dev/null"], {
    cwd: directory,
    env: { PATH: path, TERM: "xterm-256color", LANG: "C.UTF-8", SHELL: "/bin/sh", ...env },
    stdin: Stream.concat(Stream.encodeText(Stream.fromEffect(type)), Stream.never)
  })
  return { code, screen: stdout.replaceAll("\u001b", "␛") }
})
