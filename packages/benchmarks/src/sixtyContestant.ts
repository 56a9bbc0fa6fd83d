import { type FlowControl, SenderPoolOperations } from "@effect-comms/client"
import { Clock, Effect, Exit, Schema } from "effect"
import got from "got"
import ky from "ky"
import OpenAI from "openai"
import { authorizationOf, layerClient } from "./internal/client.ts"
import { calls, Ran } from "./internal/sixty.ts"
import * as Worker from "./internal/worker.ts"
import { path } from "./internal/workload.ts"

const encode = Schema.encodeEffect(Ran)

/** Makes all calls concurrently. */
const race = Effect.fnUntraced(function*<A, E, R>(call: Effect.Effect<A, E, R>) {
  const start = yield* Clock.currentTimeMillis
  const exits = yield* Effect.replicateEffect(Effect.exit(call), calls, { concurrency: "unbounded" })
  const end = yield* Clock.currentTimeMillis
  const ok = exits.filter(Exit.isSuccess).length
  return yield* encode({ ok, failed: calls - ok, seconds: (end - start) / 1_000 })
})

const client = (flowControl?: FlowControl.Options) => (target: string) => {
  const [baseUrl = "", id = ""] = target.split(" ")
  return Effect.gen(function*() {
    const operations = yield* SenderPoolOperations.SenderPoolOperations
    yield* Worker.serve("ready", () => race(operations.fetch(id)))
  }).pipe(Effect.provide(layerClient({ baseUrl, flowControl })))
}

const authorization = authorizationOf()

const plain = (make: (baseUrl: string) => (path: string) => PromiseLike<unknown>) => (target: string) => {
  const [baseUrl = "", id = ""] = target.split(" ")
  const get = make(baseUrl)
  return Worker.serve("ready", () => race(Effect.tryPromise(() => get(`${path}/${id}`))))
}

Worker.main({
  "client": client(),
  "client-told": client({ limit: { requests: 10, window: "1 second" } }),
  "got": plain((baseUrl) => {
    const instance = got.extend({ headers: { authorization } })
    return (path) => instance(baseUrl + path).json()
  }),
  "ky": plain((baseUrl) => {
    const instance = ky.create({ headers: { authorization } })
    return (path) => instance(baseUrl + path).json()
  }),
  "openai": plain((baseURL) => {
    const instance = new OpenAI({ apiKey: "none", baseURL, defaultHeaders: { authorization } })
    return (path) => instance.get(path)
  })
})
