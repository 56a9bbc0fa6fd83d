#!/usr/bin/env node
// The command `comms`. It loads the rest only if the version of Node.js is supported.
import module from "node:module"
import process from "node:process"

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`Error: comms requires Node.js 22.19 or later. This is Node.js ${process.versions.node}.\n`)
  process.exitCode = 2
} else {
  // The reader of a pipe may close it early (`| head`). That is not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0)
    process.stderr.write(`Error: The output cannot be written: ${error.code ?? error.message}\n`)
    process.exit(1)
  })
  process.stderr.on("error", () => {})

  module.enableCompileCache()

  void import("./main.ts")
}
