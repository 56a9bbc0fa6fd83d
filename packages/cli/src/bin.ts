#!/usr/bin/env node
/**
 * The command `comms`.
 *
 * @since 0.1.0
 */
import { enableCompileCache } from "node:module"
import process from "node:process"
import { setFlagsFromString } from "node:v8"

// Whoever reads the output may stop reading (`| head`): there is nobody left to tell anything then.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0)
  process.stderr.write(`Error: The output cannot be written: ${error.code ?? error.message}\n`)
  process.exit(1)
})
process.stderr.on("error", () => {})

// V8 would rather let the heap grow than collect what a list leaves behind, and a long list would take twice the memory
// of a short one.
setFlagsFromString("--optimize-for-size")

// Half of the time of a start is compiling.
enableCompileCache()

void import("./main.ts")
