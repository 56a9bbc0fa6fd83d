import { SenderPoolOperations } from "@effect-comms/client"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { layerClient } from "./internal/client.ts"
import * as Plain from "./internal/plain.ts"
import * as Worker from "./internal/worker.ts"
import { pageSize } from "./internal/workload.ts"

const plain = (count: (baseUrl: string) => Promise<number>) => (baseUrl: string) =>
  Worker.serve("ready", () => Effect.map(Effect.tryPromise(() => count(baseUrl)), String))

const countWithClient = Effect.gen(function*() {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  const ids = yield* operations.stream({ pageSize }).pipe(
    Stream.runFold(() => new Set<string>(), (ids, { id }) => ids.add(id))
  )
  return String(ids.size)
})

// Keeps none of the operations.
const countOnly = Effect.gen(function*() {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  return String(yield* Stream.runCount(operations.stream({ pageSize })))
})

const client = (http: typeof FetchHttpClient.layer, count = countWithClient) => (baseUrl: string) =>
  Effect.provide(Worker.serve("ready", () => count), layerClient({ baseUrl }, http))

Worker.main({
  "client-fetch": client(FetchHttpClient.layer),
  "client-undici": client(NodeHttpClient.layerUndici),
  "count-client": client(FetchHttpClient.layer, countOnly),
  "count-unchecked": plain(Plain.countOnly),
  "unchecked": plain(Plain.countUnchecked),
  "undici": plain(Plain.countWithUndici),
  "zod": plain(Plain.countWithZod),
  "generated": plain(Plain.countWithGenerated),
  "twilio": plain(Plain.countWithTwilio)
})
