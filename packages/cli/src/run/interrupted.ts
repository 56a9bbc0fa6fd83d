// How to resume a command that was interrupted or has failed.
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"
import { shown } from "../Shown.ts"

/** An argument, quoted for a shell if necessary. */
const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`

type Flags = Readonly<Record<string, string>>

/** Flags with values. A value may begin with a dash, so it is not a word of its own. */
export const flagsToText = (flags: Flags): string =>
  Object.entries(flags).map(([name, value]) => quote(`--${name}=${value}`)).join(" ")

/** The command line, with these flags in place of its own; undefined if another argument is too long to be shown. */
export const commandLine = (
  args: ReadonlyArray<string>,
  flags: Flags = {}
): string | undefined => {
  const names = Object.keys(flags).map((name) => `--${name}`)
  const others = args.filter((arg, i) =>
    !names.some((name) => arg === name || arg.startsWith(`${name}=`) || args[i - 1] === name)
  )
  return others.every((arg) => arg === shown(arg))
    ? ["comms", ...others.map(quote), flagsToText(flags)].join(" ").trimEnd()
    : undefined
}

/** Prints the command line, with these flags, when the effect is interrupted. */
export const tellWhenInterrupted = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  flags: Flags = {}
): Effect.Effect<A, E, R | Stdio.Stdio> =>
  Effect.gen(function*() {
    const line = commandLine(yield* (yield* Stdio.Stdio).args, flags)
    const again = ["To resume, run the same command again", flagsToText(flags)].filter((part) => part !== "")
    const how = line === undefined ? `${again.join(" with ")}.` : `To resume: ${line}`
    return yield* Effect.onInterrupt(effect, () => Effect.logInfo(`Interrupted. ${how}`))
  })
