// The types that the queue shares with `FlowControl`.
import { PositiveDurationFromInput } from "@effect-comms/domain/Input"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"

/**
 * Stores the end of a cooldown. The default is in memory. Processes that share an account can share a store.
 *
 * @category models
 * @since 0.1.0
 */
export interface CooldownStore {
  /** The end of the cooldown in epoch milliseconds, or 0 for none. */
  readonly read: (key: string) => Effect.Effect<number>
  /** Sets the end, unless a later end is stored. */
  readonly write: (key: string, until: number) => Effect.Effect<void>
}

/**
 * How requests are paced. Every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The rate limit of the server: `requests` per `window`. Default learned from its answers. */
  readonly limit?: { readonly requests: number; readonly window: Duration.Input } | undefined
  /** The maximum number of concurrent requests: a whole number from 1. Default 64. */
  readonly maxConcurrency?: number | undefined
  /** The number of retries that can be made before the quota is spent: from 0. Default 50. */
  readonly quota?: number | undefined
  /** The share of a retry that each call adds to the quota: from 0. Default 0.15. */
  readonly quotaPerCall?: number | undefined
}

/**
 * The part of a response that matters for pacing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outcome {
  readonly status: number | undefined
  readonly retryAfter: Duration.Duration | undefined
}

/**
 * How long an attempt may wait for a cooldown to end.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wait<E> {
  /** The longest cooldown that the call waits for, in milliseconds. */
  readonly maxWait: number
  /** When the call times out, in epoch milliseconds. It does not wait for a cooldown that ends then or later. */
  readonly deadline: number
  /** The error of the call when the cooldown is longer, from its end and the milliseconds left. */
  readonly onCooldown: (until: number, left: number) => E
}

/**
 * A call's place in the queue.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  /** Sends one attempt when it is its turn. */
  readonly attempt: <A, E, R, E2>(
    options: {
      readonly send: Effect.Effect<A, E, R>
      readonly toOutcome: (exit: Exit.Exit<A, E>) => Outcome
    } & Wait<E2>
  ) => Effect.Effect<A, E | E2, R>
  /** Whether the account is parked until a time in epoch milliseconds, so that a call can wait for it in the queue. */
  readonly isParkedUntil: (at: number) => boolean
  /** Takes a retry from the quota. False if the quota is spent. */
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
  /** The number of waiting calls. */
  readonly waiting: Effect.Effect<number>
}

const Count = Schema.Int.check(Schema.isGreaterThan(0, { expected: "a whole number from 1" }))

const NotNegative = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0, { expected: "a number from 0" }))

/**
 * Decodes {@link Options}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Options = Schema.Struct({
  limit: Schema.optional(Schema.Struct({
    requests: Count,
    window: PositiveDurationFromInput
  })),
  maxConcurrency: Schema.optional(Count),
  quota: Schema.optional(NotNegative),
  quotaPerCall: Schema.optional(NotNegative)
})
