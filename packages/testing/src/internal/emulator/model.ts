// The types that the parts of the emulator share with `Emulator`.
import * as EmailOperation from "@effect-comms/domain/EmailOperation"
import * as MessageOperation from "@effect-comms/domain/MessageOperation"
import * as SenderPoolOperation from "@effect-comms/domain/SenderPoolOperation"
import type * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { OperationPlan } from "../../OperationPlan.ts"
import type { Family } from "../family.ts"
import type { OperationStore } from "./stores/operations.ts"

export type { Family }

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

// Excludes what follows from the Senders of a write, and a status that SenderPool operations do not have.
export const WritePlan = Schema.Struct(Struct.omit(OperationPlan.fields, ["total", "failed", "queued", "scheduled"]))

/** How the API answers writes, where its documentation does not say. */
export interface Writes {
  readonly plan: typeof WritePlan.Type
  readonly tags: "merge" | "replace"
  readonly addTwice: "created" | "failed"
  readonly deleteTwice: 202 | 404
  readonly readDelay: Duration.Duration
}

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
