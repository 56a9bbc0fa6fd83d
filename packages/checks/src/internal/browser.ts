// Finds Chromium.
import { Effect } from "effect"
import { run } from "./run.ts"

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

/** What to say when there is no browser. */
export const notFound = `None of ${names.join(", ")} was found, and $CHROMIUM names no other.`

// `command -v` of some shells takes one name only.
const script = `for name in "$CHROMIUM" ${names.join(" ")}; do command -v "$name" && exit; done`

/** The path of Chromium; undefined if the machine has none. */
export const findBrowser = Effect.map(run("sh", ["-c", script], {}), ({ stdout }) => stdout.trim() || undefined)

/** The flags that run it on any machine, as root too. */
export const flags = (profile: string): ReadonlyArray<string> => [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  `--user-data-dir=${profile}`
]
