// The types that the queue shares with `FlowControl`.
import { intFrom, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"

/**
 * How requests are paced. Every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The limit of the server, if it is known. Default: the limit is learned from refusals. */
  readonly limit?: { readonly requests: number; readonly window: Duration.Input } | undefined
  /** The maximum number of concurrent requests. Default 64. Range from 1. */
  readonly maxConcurrency?: number | undefined
  /** The maximum quota of retries that all calls share. Default 50. Range from 0. */
  readonly quota?: number | undefined
  /** How much each call adds to the quota, in retries. Default 0.15. Range from 0. */
  readonly quotaPerCall?: number | undefined
}

/**
 * How a request ended, as far as pacing is concerned.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outcome {
  readonly status: number | undefined
  readonly retryAfter: Duration.Duration | undefined
}

/**
 * The permission to send one request. It is plain data, so that a store can keep it elsewhere.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ticket {
  /** The account and host, without a secret. */
  readonly key: string
  /** The method and the URL without its query. */
  readonly resource: string
  /** The time it was granted, in milliseconds of the store's clock. */
  readonly sentAt: number
}

/**
 * The decision of a {@link PaceStore}: send the request now, or ask again later.
 *
 * **Details**
 *
 * `wait` is in milliseconds. `parked` is set if the server asked for the wait, for every request of the account or only
 * for this resource.
 *
 * @category models
 * @since 0.1.0
 */
export type Turn =
  | { readonly _tag: "Granted"; readonly ticket: Ticket }
  | { readonly _tag: "Later"; readonly wait: number; readonly parked?: "account" | "resource" }

/**
 * A {@link PaceStore} failed.
 *
 * @category errors
 * @since 0.1.0
 */
export class PaceStoreError
  extends Schema.TaggedError<PaceStoreError>()("PaceStoreError", { cause: Schema.Defect() })
{}

/**
 * Decides when an account's next request is sent, and learns from how requests end.
 *
 * **When to use**
 *
 * The default is in memory. Processes that share an account can share a store of their own.
 *
 * **Details**
 *
 * Every ticket is settled, unless its process ends first. So a store should expire a ticket after a minute. `waiting`
 * is the number of waiting calls in this process.
 *
 * @category models
 * @since 0.1.0
 */
export interface PaceStore<E = PaceStoreError> {
  readonly take: (key: string, resource: string) => Effect.Effect<Turn, E>
  readonly settle: (ticket: Ticket, outcome: Outcome, waiting: number) => Effect.Effect<void, E>
}

/**
 * How long an attempt may wait for its turn.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wait<E> {
  /** The longest cooldown to wait for, in milliseconds. */
  readonly maxWait: number
  /** When the call times out, in monotonic milliseconds. It does not wait for a cooldown that ends later. */
  readonly deadline: number
  /** The error of a call that waits for its turn until its deadline. */
  readonly onTimeout: () => E
  /** The error of a longer cooldown, from its end in epoch milliseconds and the milliseconds left. */
  readonly onCooldown: (until: number, left: number) => E
}

/**
 * An attempt of a call.
 *
 * @category models
 * @since 0.1.0
 */
export interface Attempting<A, E> extends Wait<E> {
  /** The method and the URL without its query. */
  readonly resource: string
  /** The earliest time to send, in monotonic milliseconds. The call keeps its place until then. */
  readonly notBefore: number
  readonly send: Effect.Effect<A, E>
  readonly toOutcome: (exit: Exit.Exit<A, E>) => Outcome
}

/**
 * A call's place in the queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  /** Sends one attempt when it is its turn. */
  readonly attempt: <A, E>(attempting: Attempting<A, E>) => Effect.Effect<A, E>
  /** Takes a retry from the quota. False if the quota is used up. */
  readonly takeRetry: () => boolean
  /** Returns a retry that succeeded to the quota. */
  readonly returnRetry: () => void
}

/**
 * The queue of one account and host.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gate {
  readonly call: Effect.Effect<Call>
  /** The number of calls that wait for their turn. */
  readonly waiting: Effect.Effect<number>
}

const NotNegative = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0, { expected: "a number from 0" }))

/**
 * Checks and normalizes {@link Options}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Options = Schema.Struct({
  limit: Schema.optional(Schema.Struct({
    requests: intFrom(1),
    window: PositiveDurationFromInput
  })),
  maxConcurrency: Schema.optional(intFrom(1)),
  quota: Schema.optional(NotNegative),
  quotaPerCall: Schema.optional(NotNegative)
})
