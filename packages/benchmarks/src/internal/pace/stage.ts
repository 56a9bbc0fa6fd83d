import { CommsClient, type FlowControl, SenderPoolOperations } from "@effect-comms/client"
import { Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import type { Server } from "./servers.ts"
import type { VirtualClock } from "./virtualTime.ts"

export interface Request {
  readonly at: number
  readonly key: number
  readonly isRefused: boolean
}

export interface Log {
  readonly requests: Array<Request>
  /** When calls ended well. */
  readonly done: Array<{ readonly at: number; readonly key: number }>
  failed: number
}

const id = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

const idOf = (key: number): string => `${id.slice(0, -5)}${String(key).padStart(5, "0")}`

const operationOf = (key: number): string =>
  JSON.stringify({
    id: idOf(key),
    status: "COMPLETED",
    stats: { total: 1, queued: 0, created: 1, failed: 0 },
    createdAt: "2024-04-05T06:20:00Z",
    updatedAt: "2024-04-05T06:20:00Z"
  })

const refusal = JSON.stringify({ errors: [] })

const layerServer = (clock: VirtualClock, log: Log, server: Server, latency: number) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.suspend(() => {
        const at = clock.monotonicMillisUnsafe()
        const key = Number(url.pathname.slice(-5))
        const verdict = server({ at, key })
        const isRefused = verdict !== 200
        log.requests.push({ at, key, isRefused })
        const body = isRefused ? refusal : operationOf(key)
        const response = HttpClientResponse.fromWeb(
          request,
          new Response(null, {
            status: isRefused ? 429 : 200,
            headers: {
              "content-type": "application/json",
              "content-length": String(body.length),
              ...(isRefused ? { "retry-after": String(verdict.retryAfter) } : {})
            }
          })
        )
        // Reading a body takes turns of the event loop that are not in the virtual time.
        return Effect.as(
          Effect.sleep(latency),
          Object.create(response, { text: { value: Effect.succeed(body) } }) as typeof response
        )
      })
    )
  )

/** Calls for an operation, and writes down what became of it. */
export type Call = (key: number) => Effect.Effect<void>

export interface Options {
  readonly server: Server
  readonly latency: number
  readonly flowControl?: FlowControl.Options | undefined
  readonly retry?: CommsClient.Options["retry"]
  /** A layer of queues in place of the client's own. */
  readonly rival?: Layer.Layer<FlowControl.FlowControl> | undefined
}

/** So many clients of one server, each with a queue of its own. */
export const clients = Effect.fnUntraced(function*(
  clock: VirtualClock,
  count: number,
  { flowControl, latency, retry, rival, server }: Options
) {
  const log: Log = { requests: [], done: [], failed: 0 }
  const calls: Array<Call> = []
  for (let n = 0; n < count; n++) {
    const layer = SenderPoolOperations.layer.pipe(
      Layer.provide(CommsClient.layer({
        credentials: { accountSid: "AC0123456789", authToken: Redacted.make("secret") },
        flowControl,
        retry
      })),
      Layer.provide(layerServer(clock, log, server, latency))
    )
    const context = yield* Layer.build(Layer.fresh(rival === undefined ? layer : Layer.provide(layer, rival)))
    calls.push((key) =>
      Effect.flatMap(SenderPoolOperations.SenderPoolOperations, ({ fetch }) => fetch(idOf(key))).pipe(
        Effect.provide(context),
        Effect.matchEffect({
          onFailure: () => Effect.sync(() => void log.failed++),
          onSuccess: () => Effect.map(clock.monotonicMillis, (at) => void log.done.push({ at, key }))
        })
      )
    )
  }
  return { calls, log }
})

/** Calls for one key, one call after another, until a time. */
export const caller = (clock: VirtualClock, call: Call, key: number, until: number) =>
  Effect.gen(function*() {
    while ((yield* clock.monotonicMillis) < until) {
      yield* call(key)
      // A call that fails at once must not stop the time.
      yield* Effect.sleep(1)
    }
  })
