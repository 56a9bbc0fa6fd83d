// How to resume a command that was interrupted.
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"
import { shown } from "../Shown.ts"

/** An argument, quoted for a shell if necessary. */
export const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`

/** Prints the command line when the effect is interrupted, unless an argument is too long to be shown. */
export const tellWhenInterrupted = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Stdio.Stdio> =>
  Effect.gen(function*() {
    const args = yield* (yield* Stdio.Stdio).args
    const how = args.every((argument) => argument === shown(argument))
      ? `To resume: ${["comms", ...args.map(quote)].join(" ")}`
      : "To resume, run the same command again."
    return yield* Effect.onInterrupt(effect, () => Effect.logInfo(`Interrupted. ${how}`))
  })
