import { Deferred, Effect, Stream } from "effect"
import { type Env, type Ran, start } from "./comms.ts"

const textOf = <E>(stream: Stream.Stream<Uint8Array, E>) => Stream.mkString(Stream.decodeText(stream))

/** Runs `comms`, and sends a signal when an effect completes. The effect can wait for the first output. */
export const interrupt = Effect.fnUntraced(function*<E, R>(
  args: ReadonlyArray<string>,
  env: Env,
  when: (output: Effect.Effect<void>) => Effect.Effect<unknown, E, R>,
  killSignal: "SIGHUP" | "SIGINT" | "SIGTERM" = "SIGINT"
) {
  const child = yield* start(args, env)
  const output = yield* Deferred.make<void>()
  const [stdout, stderr, code] = yield* Effect.all([
    textOf(Stream.tap(child.stdout, () => Deferred.succeed(output, undefined))),
    textOf(child.stderr),
    child.exitCode,
    Effect.andThen(when(Deferred.await(output)), Effect.ignore(child.kill({ killSignal })))
  ], { concurrency: "unbounded" })
  const ran: Ran = { code, stdout, stderr }
  return ran
}, Effect.scoped)
