// How to resume a command that was interrupted.
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"

/** An argument, quoted for a shell if necessary. */
export const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`

/** Prints the command line when the effect is interrupted. */
export const tellWhenInterrupted = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Stdio.Stdio> =>
  Effect.gen(function*() {
    const { args } = yield* Stdio.Stdio
    const command = ["comms", ...(yield* args).map(quote)].join(" ")
    return yield* Effect.onInterrupt(effect, () => Effect.logInfo(`Interrupted. To resume: ${command}`))
  })
