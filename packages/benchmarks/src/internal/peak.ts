// Imported before a program: prints its peak memory in MB when it exits.
import process from "node:process"

process.on("exit", () => process.stderr.write(`peak ${(process.resourceUsage().maxRSS / 1024).toFixed(1)}\n`))
