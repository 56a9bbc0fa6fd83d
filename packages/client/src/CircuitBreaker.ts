/**
 * Effect's circuit breaker in front of an `HttpClient`: after so many failures it refuses requests for a while without
 * sending them.
 *
 * It is for programs that had better fail at once than wait; without it, calls wait for a cooldown to end.
 *
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
      return `The circuit breaker is open for another ${Duration.format(reason.retryAfter)}, since too much failed`
    case "CircuitHalfOpen":
      return "The circuit breaker waits for the first request that it lets through again"
    default:
      return `The circuit breaker cannot be asked: ${reason.message}`
  }
}

/**
 * An `HttpClient` behind the circuit breaker of the context, one circuit for each origin.
 *
 * **Details**
 *
 * Provide `CircuitBreaker.layer` of `effect/persistence`, which says after how many failures it opens and for how long. A
 * request that it refuses fails with `TransportFailure` at once, with `"Refused"` as its reason.
 *
 * @category layers
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
