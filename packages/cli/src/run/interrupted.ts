// How a command that was interrupted is taken up again.
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"

/** An argument as a shell takes it. */
export const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`

/** Tells the command that was given, when it is interrupted. */
export const tellWhenInterrupted = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Stdio.Stdio> =>
  Effect.gen(function*() {
    const { args } = yield* Stdio.Stdio
    const command = ["comms", ...(yield* args).map(quote)].join(" ")
    return yield* Effect.onInterrupt(effect, () => Effect.logInfo(`Interrupted. To go on: ${command}`))
  })
