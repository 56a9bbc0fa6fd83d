import { Cause, ConfigProvider, Console, Effect, Exit, Layer, Sink, Stdio } from "effect"
import { run } from "../../src/Comms.ts"
import { Ended } from "../../src/ExitCode.ts"
import type { Env, Ran } from "./comms.ts"

const codeOf = (exit: Exit.Exit<void, Ended>): number => {
  if (Exit.isSuccess(exit)) return 0
  const error = Cause.squash(exit.cause)
  return error instanceof Ended ? error.code : Number.NaN
}

/** Runs `comms` in this process with these variables. Its stdout is not a terminal. */
export const inProcess = Effect.fnUntraced(function*(args: ReadonlyArray<string>, env: Env = {}) {
  const console = yield* Console.Console
  const decoder = new TextDecoder()
  let stdout = ""
  let stderr = ""
  const stdio = Stdio.layerTest({
    args: Effect.succeed(args),
    stdout: () =>
      Sink.forEach((chunk: string | Uint8Array) =>
        Effect.sync(() => {
          stdout += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true })
        })
      )
  })
  const exit = yield* run(args).pipe(
    Effect.provide(Layer.merge(stdio, ConfigProvider.layer(ConfigProvider.fromEnv({ env })))),
    Effect.provideService(Console.Console, {
      ...console,
      log: (...lines) => {
        stdout += `${lines.join(" ")}\n`
      },
      error: (...lines) => {
        stderr += `${lines.join(" ")}\n`
      }
    }),
    Effect.exit
  )
  const ran: Ran = { code: codeOf(exit), stdout, stderr }
  return ran
})
