import { SenderPoolOperations } from "@effect-comms/client"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { layerClient } from "./internal/client.ts"
import { countUnchecked, countWithZod } from "./internal/plain.ts"
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

const client = (http: typeof FetchHttpClient.layer) => (baseUrl: string) =>
  Effect.provide(Worker.serve("ready", () => countWithClient), layerClient({ baseUrl }, http))

Worker.main({
  "client-fetch": client(FetchHttpClient.layer),
  "client-undici": client(NodeHttpClient.layerUndici),
  "unchecked": plain(countUnchecked),
  "zod": plain(countWithZod)
})
