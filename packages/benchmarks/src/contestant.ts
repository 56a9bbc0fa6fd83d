import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Layer, Redacted, Schema, Stdio, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { countUnchecked, countWithZod } from "./internal/plain.ts"
import * as Worker from "./internal/worker.ts"
import { accountSid, authToken, pageSize } from "./internal/workload.ts"

class ContestantFailed extends Schema.TaggedError<ContestantFailed>()("ContestantFailed", { cause: Schema.Defect() }) {}

class NoSuchContestant extends Schema.TaggedError<NoSuchContestant>()("NoSuchContestant", { name: Schema.String }) {}

const plain = (count: (baseUrl: string) => Promise<number>) => (baseUrl: string) =>
  Worker.serve("ready", () =>
    Effect.map(
      Effect.tryPromise({ try: () => count(baseUrl), catch: (cause) => new ContestantFailed({ cause }) }),
      String
    ))

const countWithClient = Effect.gen(function*() {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  const ids = yield* operations.stream({ pageSize }).pipe(
    Stream.runFold(() => new Set<string>(), (ids, { id }) => ids.add(id))
  )
  return String(ids.size)
})

const client = (http: typeof FetchHttpClient.layer) => (baseUrl: string) =>
  Worker.serve("ready", () => countWithClient).pipe(
    Effect.provide(
      SenderPoolOperations.layer.pipe(
        Layer.provide(
          CommsClient.layer({ credentials: { accountSid, authToken: Redacted.make(authToken) }, baseUrl })
        ),
        Layer.provide(http)
      )
    )
  )

const contestants = {
  "client-fetch": client(FetchHttpClient.layer),
  "client-undici": client(NodeHttpClient.layerUndici),
  "unchecked": plain(countUnchecked),
  "zod": plain(countWithZod)
}

const isContestant = (name: string): name is keyof typeof contestants => Object.hasOwn(contestants, name)

const program = Effect.gen(function*() {
  const stdio = yield* Stdio.Stdio
  const [name = "", baseUrl = ""] = yield* stdio.args
  if (!isContestant(name)) return yield* new NoSuchContestant({ name })
  return yield* contestants[name](baseUrl)
})

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
