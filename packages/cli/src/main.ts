// The process of the command.
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Stdio from "effect/Stdio"
import { flushCompileCache } from "node:module"
import process from "node:process"
import { setFlagsFromString } from "node:v8"
import { run } from "./Comms.ts"
import * as ExitCode from "./ExitCode.ts"
import * as HelpServices from "./HelpServices.ts"

// By default, V8 grows the heap instead of collecting pages that were printed, and a long list takes twice the memory.
// V8 rejects code that was compiled without the flag, so the cache of what is loaded already is written before.
const preferMemory = Effect.sync(() => {
  flushCompileCache()
  setFlagsFromString("--optimize-for-size")
})

const nodeServices = Effect.gen(function*() {
  yield* preferMemory
  const NodeServices = yield* Effect.promise(() => import("@effect/platform-node/NodeServices"))
  return NodeServices.layer
})

// Help needs no files, processes or prompts, and loading Node's modules for them takes a fifth of its time.
const servicesFor = (args: ReadonlyArray<string>) =>
  HelpServices.areEnough(args) ? HelpServices.layer : Layer.unwrap(nodeServices)

// `NodeRuntime` does not handle SIGHUP, and exits with 130 after SIGTERM.
const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  let signalCode: number | undefined
  const stops = Object.entries(ExitCode.signals).map(([signal, code]) => {
    const interrupt = () => {
      signalCode ??= code
      fiber.interruptUnsafe(fiber.id)
    }
    process.on(signal, interrupt)
    return () => process.off(signal, interrupt)
  })
  fiber.addObserver((exit) => {
    for (const stop of stops) stop()
    teardown(exit, (code) => {
      const isInterrupted = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      if (signalCode !== undefined || code !== 0) process.exit(isInterrupted ? signalCode ?? code : code)
    })
  })
})

Stdio.Stdio.pipe(
  Effect.flatMap(({ args }) => args),
  Effect.flatMap((args) => Effect.provide(run(args), servicesFor(args))),
  Effect.provide(NodeStdio.layer),
  runMain({ disableErrorReporting: true })
)
