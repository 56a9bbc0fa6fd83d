// Streams operations with the client.
import * as CommsClient from "@effect-comms/client/CommsClient"
import * as SenderPoolOperations from "@effect-comms/client/SenderPoolOperations"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

const program = Effect.gen(function*() {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  yield* Stream.runForEach(operations.stream(), ({ id }) => Console.log(id))
})

const layer = SenderPoolOperations.layer.pipe(
  Layer.provide(CommsClient.layerConfig()),
  Layer.provide(FetchHttpClient.layer)
)

Effect.runFork(Effect.provide(program, layer))
