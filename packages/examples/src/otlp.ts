/**
 * Sends the spans and metrics of a few calls over OTLP to the collector at `OTEL_EXPORTER_OTLP_ENDPOINT`, by default on
 * this machine.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Ref, Schema } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { Otlp } from "effect/observability"
import * as FewCalls from "./internal/fewCalls.ts"

class NothingReceived extends Schema.TaggedError<NothingReceived>()("NothingReceived", { endpoint: Schema.String }) {
  override get message() {
    return `Nothing was received at ${this.endpoint}. Start a collector there, or set OTEL_EXPORTER_OTLP_ENDPOINT.`
  }
}

/** Counts the exports that the collector accepted, because an exporter reports no failure. */
const countReceived = (received: Ref.Ref<number>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.tap(({ status }) => status < 300 ? Ref.update(received, (n) => n + 1) : Effect.void)
    )
  ).pipe(Layer.provide(FetchHttpClient.layer))

const program = Effect.gen(function*() {
  const endpoint = yield* Config.NonEmptyString("OTEL_EXPORTER_OTLP_ENDPOINT").pipe(
    Config.withDefault("http://127.0.0.1:4318")
  )
  const received = yield* Ref.make(0)
  const telemetry = Otlp.layerJson({ baseUrl: endpoint, resource: { serviceName: "effect-comms-example" } })
  // The end of the layer sends the remaining telemetry.
  yield* FewCalls.fewCalls.pipe(
    Effect.provide(Layer.provideMerge(FewCalls.layer, telemetry.pipe(Layer.provide(countReceived(received)))))
  )
  const count = yield* Ref.get(received)
  if (count === 0) return yield* new NothingReceived({ endpoint })
  yield* Console.log(`${endpoint} received ${count} exports.`)
})

program.pipe(NodeRuntime.runMain)
