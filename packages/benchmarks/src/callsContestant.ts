import { SenderPoolOperations } from "@effect-comms/client"
import { NodeHttpClient } from "@effect/platform-node"
import { Agent, request } from "@effect/platform-node/Undici"
import { Effect, Layer, Predicate, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import process from "node:process"
import { ids, Took } from "./internal/calls.ts"
import { authorizationOf, layerClient } from "./internal/client.ts"
import * as Rounds from "./internal/rounds.ts"
import * as Worker from "./internal/worker.ts"
import { path } from "./internal/workload.ts"

// As many connections for each contestant.
const dispatcher = new Agent({ connections: 64 })

const layerHttp = NodeHttpClient.layerUndiciNoDispatcher.pipe(
  Layer.provide(Layer.succeed(NodeHttpClient.Dispatcher, dispatcher))
)

const encodeTook = Schema.encodeEffect(Took)

/** Fetches every operation, as many at once as the question says, and answers what it took. */
const serve = <E, R>(fetch: (id: string) => Effect.Effect<string, E, R>) =>
  Worker.serve("ready", (concurrency) =>
    Effect.gen(function*() {
      const before = process.cpuUsage()
      const wall = yield* Rounds.time(Effect.forEach(ids, (id) =>
        Effect.flatMap(fetch(id), (received) =>
          received === id ? Effect.void : Effect.fail(new Rounds.Failed({ message: `Received ${received}.` }))), {
        concurrency: Number(concurrency),
        discard: true
      }))
      const { system, user } = process.cpuUsage(before)
      return yield* encodeTook({ wall, cpu: (user + system) / 1000 })
    }))

const idOf = (body: unknown): string => Predicate.hasProperty(body, "id") ? String(body.id) : ""

Worker.main({
  client: (baseUrl) =>
    Effect.gen(function*() {
      const operations = yield* SenderPoolOperations.SenderPoolOperations
      yield* serve((id) => Effect.map(operations.fetch(id), ({ id }) => id))
    }).pipe(Effect.provide(layerClient({ baseUrl }, layerHttp))),
  bare: (baseUrl) =>
    Effect.gen(function*() {
      const client = HttpClient.mapRequest(
        yield* HttpClient.HttpClient,
        HttpClientRequest.setHeaders({ accept: "application/json", authorization: authorizationOf() })
      )
      yield* serve((id) => Effect.map(Effect.flatMap(client.get(`${baseUrl}${path}/${id}`), ({ json }) => json), idOf))
    }).pipe(Effect.provide(layerHttp)),
  undici: (baseUrl) =>
    serve((id) =>
      Effect.promise(async () => {
        const headers = { accept: "application/json", authorization: authorizationOf() }
        const { body } = await request(`${baseUrl}${path}/${id}`, { dispatcher, headers })
        return idOf(JSON.parse(await body.text()))
      })
    )
})
