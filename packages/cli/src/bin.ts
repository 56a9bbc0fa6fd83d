#!/usr/bin/env node
// The command `comms`.
import { enableCompileCache } from "node:module"
import process from "node:process"
import { setFlagsFromString } from "node:v8"

// The reader of a pipe may close it early (`| head`). That is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0)
  process.stderr.write(`Error: The output cannot be written: ${error.code ?? error.message}\n`)
  process.exit(1)
})
process.stderr.on("error", () => {})

// By default, V8 grows the heap instead of collecting pages that were printed. A long list would take twice the memory.
setFlagsFromString("--optimize-for-size")

// Compiling takes half of the startup time.
enableCompileCache()

void import("./main.ts")
