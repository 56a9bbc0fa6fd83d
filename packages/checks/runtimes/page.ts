// A browser: the page gets its input from its server, and sends the output there.
import { main } from "./main.js"

const input = await fetch("/input")

const output = await main(await input.json()).catch(String)

await fetch("/output", { method: "POST", body: JSON.stringify(output) })
