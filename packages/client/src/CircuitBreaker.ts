/**
 * Effect's circuit breaker in front of an `HttpClient`: after repeated failures it rejects requests for some time.
 *
 * Use it in programs that should fail fast. Without it, calls wait for the end of a cooldown.
 *
 * Import it as `@effect-comms/client/CircuitBreaker`. Effect 4.1 marks `effect/persistence/CircuitBreaker` as
 * experimental, and it loads `effect/persistence/Redis`. Only this module imports it.
 *
 * @module @effect-comms/client/CircuitBreaker
 * @stability experimental
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"

const describe = ({ reason }: CircuitBreaker.CircuitBreakerError): string => {
  switch (reason._tag) {
    case "CircuitOpen":
      return `The circuit breaker is open for another ${Duration.format(reason.retryAfter)} after too many failures`
    case "CircuitHalfOpen":
      return "The circuit breaker is half-open and waits for the result of its probe request"
    default:
      return `The state of the circuit breaker is not available: ${reason.message}`
  }
}

/**
 * A layer that puts the circuit breaker of the context in front of the `HttpClient`, with one circuit per origin.
 *
 * **Details**
 *
 * Provide `CircuitBreaker.layer` of `effect/persistence`. Its options set when the circuit opens and for how long. A
 * rejected request fails at once with `TransportFailure`, whose reason is `"Refused"`, and is not retried.
 *
 * **Example** (Fail fast during an outage)
 *
 * ```ts
 * import { Comms } from "@effect-comms/client"
 * import * as CommsCircuitBreaker from "@effect-comms/client/CircuitBreaker"
 * import { Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { CircuitBreaker } from "effect/persistence"
 *
 * const breaker = CircuitBreaker.layer({
 *   tripPolicy: CircuitBreaker.consecutive(5),
 *   openDuration: "30 seconds"
 * }).pipe(Layer.provide(CircuitBreaker.layerStoreMemory()))
 *
 * export const layer = Comms.layerConfig().pipe(
 *   Layer.provide(CommsCircuitBreaker.layer),
 *   Layer.provide([FetchHttpClient.layer, breaker])
 * )
 * ```
 *
 * @category layers
 * @stability experimental
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  HttpClient.HttpClient,
  never,
  HttpClient.HttpClient | CircuitBreaker.CircuitBreaker
> = Layer.effect(
  HttpClient.HttpClient,
  Effect.gen(function*() {
    const breaker = yield* CircuitBreaker.CircuitBreaker
    return HttpClient.transform(yield* HttpClient.HttpClient, (effect, request) =>
      breaker.execute(effect, {
        key: Option.match(HttpClientRequest.toUrl(request), {
          onNone: () => request.url,
          onSome: ({ origin }) => origin
        }),
        classify: HttpClient.circuitBreakerClassifier
      }).pipe(
        Effect.catchTag("CircuitBreakerError", (cause) =>
          Effect.fail(
            new HttpClientError.HttpClientError({
              reason: new HttpClientError.TransportError({ request, cause, description: describe(cause) })
            })
          ))
      ))
  })
)
