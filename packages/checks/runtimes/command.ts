// Node.js, Bun and Deno: the input is an argument, and the output is printed.
import { Console, Effect } from "effect"
import process from "node:process"
import { main } from "./main.js"

const output = await main(JSON.parse(process.argv[2] ?? ""))

Effect.runSync(Console.log(JSON.stringify(output)))
