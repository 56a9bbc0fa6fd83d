import { SenderPoolOperations } from "@effect-comms/client"
import { Clock, type Duration, Effect, Layer, Ref } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { type Answer, id, json, operation, settle } from "./script.ts"

export interface Arrival {
  /** The number in the requested id. */
  readonly key: number
  /** The number of the request for this key, from 1. */
  readonly attempt: number
  /** The number of the request for all keys, from 1. */
  readonly number: number
  readonly at: number
  readonly host: string
  readonly account: string
}

export const idOf = (key: number): string => `${id.slice(0, -4)}${String(key).padStart(4, "0")}`

export const fetchOf = (key: number) =>
  Effect.flatMap(SenderPoolOperations.SenderPoolOperations, ({ fetch }) => fetch(idOf(key)))

/** The answer with the requested operation. */
export const done: Answer = (request) =>
  json({ ...operation, id: request.url.slice(request.url.lastIndexOf("/") + 1) })(request)

export interface Log {
  readonly arrivals: Ref.Ref<ReadonlyArray<Arrival>>
  readonly underWay: Ref.Ref<number>
  readonly mostUnderWay: Ref.Ref<number>
}

export const makeLog: Effect.Effect<Log> = Effect.all({
  arrivals: Ref.make<ReadonlyArray<Arrival>>([]),
  underWay: Ref.make(0),
  mostUnderWay: Ref.make(0)
})

const accountOf = (header: string | undefined) => atob((header ?? "").replace("Basic ", "")).replace(/:.*/s, "")

/** An `HttpClient` of a server that chooses the answer to each request. */
export const layerServer = (log: Log, decide: (arrival: Arrival) => Answer): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const key = Number(url.pathname.slice(-4))
        const arrival = yield* Ref.modify(log.arrivals, (arrivals) => {
          const arrival: Arrival = {
            key,
            attempt: arrivals.filter((arrival) => arrival.key === key).length + 1,
            number: arrivals.length + 1,
            at,
            host: url.host,
            account: accountOf(request.headers["authorization"])
          }
          return [arrival, [...arrivals, arrival]]
        })
        const underWay = yield* Ref.updateAndGet(log.underWay, (n) => n + 1)
        yield* Ref.update(log.mostUnderWay, (most) => Math.max(most, underWay))
        return yield* decide(arrival)(request)
      }).pipe(Effect.onExit(() => Ref.update(log.underWay, (n) => n - 1)))
    )
  )

/** Delays an answer. */
export const after = (duration: Duration.Input, answer: Answer): Answer => (request) =>
  Effect.andThen(Effect.sleep(duration), Effect.suspend(() => answer(request)))

/** Advances the clock in small steps. */
export const pass = (millis: number, step = 50) =>
  Effect.repeat(settle.pipe(Effect.andThen(TestClock.adjust(step))), {
    times: Math.max(0, Math.ceil(millis / step) - 1)
  })
    .pipe(Effect.andThen(settle))
