import { CommsClient, type FlowControl, SenderPoolOperations } from "@effect-comms/client"
import { Emulator } from "@effect-comms/testing"
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Effect, Exit, Layer, Redacted, Schema, Stdio } from "effect"
import got from "got"
import ky from "ky"
import OpenAI from "openai"
import { calls, Ran } from "./internal/sixty.ts"
import * as Worker from "./internal/worker.ts"
import { path } from "./internal/workload.ts"

class CallFailed extends Schema.TaggedError<CallFailed>()("CallFailed", { cause: Schema.Defect() }) {}

class NoSuchContestant extends Schema.TaggedError<NoSuchContestant>()("NoSuchContestant", { name: Schema.String }) {}

const encode = Schema.encodeEffect(Ran)

/** Makes all calls concurrently. */
const race = Effect.fnUntraced(function*<A, E, R>(call: Effect.Effect<A, E, R>) {
  const start = yield* Clock.currentTimeMillis
  const exits = yield* Effect.replicateEffect(Effect.exit(call), calls, { concurrency: "unbounded" })
  const end = yield* Clock.currentTimeMillis
  const ok = exits.filter(Exit.isSuccess).length
  return yield* encode({ ok, failed: calls - ok, seconds: (end - start) / 1_000 })
})

const client = (flowControl?: FlowControl.Options) => (baseUrl: string, id: string) =>
  Effect.gen(function*() {
    const operations = yield* SenderPoolOperations.SenderPoolOperations
    yield* Worker.serve("ready", () => race(operations.fetch(id)))
  }).pipe(
    Effect.provide(
      SenderPoolOperations.layer.pipe(
        Layer.provide(CommsClient.layer({ baseUrl, credentials: Emulator.defaultCredentials, flowControl })),
        Layer.provide(NodeHttpClient.layerUndici)
      )
    )
  )

const { accountSid, authToken } = Emulator.defaultCredentials

const authorization = `Basic ${btoa(`${accountSid}:${Redacted.value(authToken)}`)}`

const plain = (make: (baseUrl: string) => (path: string) => PromiseLike<unknown>) => (baseUrl: string, id: string) => {
  const get = make(baseUrl)
  const call = Effect.tryPromise({ try: () => get(`${path}/${id}`), catch: (cause) => new CallFailed({ cause }) })
  return Worker.serve("ready", () => race(call))
}

const contestants = {
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
}

const isContestant = (name: string): name is keyof typeof contestants => Object.hasOwn(contestants, name)

const program = Effect.gen(function*() {
  const stdio = yield* Stdio.Stdio
  const [name = "", baseUrl = "", id = ""] = yield* stdio.args
  if (!isContestant(name)) return yield* new NoSuchContestant({ name })
  return yield* contestants[name](baseUrl, id)
})

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
