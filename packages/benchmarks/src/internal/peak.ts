// Loaded before a program: says in the end how much memory it took at most, in MB.
import process from "node:process"

process.on("exit", () => process.stderr.write(`peak ${(process.resourceUsage().maxRSS / 1024).toFixed(1)}\n`))
