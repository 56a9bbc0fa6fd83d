import type * as Effect from "effect/Effect"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"

/** How a connection is closed: in the place of an answer, and within the body of one. */
export interface Connection<E> {
  readonly closeBefore: Effect.Effect<HttpServerResponse.HttpServerResponse, E>
  readonly closeWithin: Effect.Effect<never, E>
}
