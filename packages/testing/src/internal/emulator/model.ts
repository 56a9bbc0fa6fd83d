// The types that the parts of the emulator share with `Emulator`.
import * as EmailOperation from "@effect-comms/domain/EmailOperation"
import * as MessageOperation from "@effect-comms/domain/MessageOperation"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import type * as Arr from "effect/Array"
import type * as Effect from "effect/Effect"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Family } from "../family.ts"
import type { OperationStore } from "./store.ts"

/**
 * The families that an emulator can serve, the default one first.
 *
 * @category models
 * @since 0.1.0
 */
export type Families = Arr.NonEmptyReadonlyArray<Family>

/** A family and its operations. */
export interface Served {
  readonly family: Family
  readonly store: OperationStore
}

export const contract: Families = [SenderPoolOperation.family, MessageOperation.family, EmailOperation.family]

/** How a connection is closed: instead of an answer, and within the body of one. */
export interface Connection<E> {
  readonly closeBefore: Effect.Effect<HttpServerResponse.HttpServerResponse, E>
  readonly closeWithin: Effect.Effect<never, E>
}

/** A complete answer, before it is sent. */
export interface Wire {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
