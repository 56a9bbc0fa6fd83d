import { Emulator } from "@effect-comms/testing"
import { Context, Effect, Layer, Schedule } from "effect"
import { envOf } from "./comms.ts"

/** An emulator on a port, and the environment of a command that uses it. */
export const serve = Effect.fnUntraced(function*(options?: Emulator.Options) {
  const context = yield* Layer.build(
    Layer.fresh(Emulator.layerServer().pipe(Layer.provideMerge(Emulator.layer(options))))
  )
  const emulator = Context.get(context, Emulator.Emulator)
  const { url } = Context.get(context, Emulator.Address)
  const requests = Effect.map(emulator.report, ({ requests }) => requests.length)
  return {
    ...emulator,
    url,
    env: envOf(url),
    requests,
    /** Completes after this number of requests. */
    asked: (times: number) =>
      Effect.repeat(requests, { schedule: Schedule.spaced("20 millis"), until: (n) => n >= times })
  }
})
