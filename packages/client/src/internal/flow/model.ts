// The types that the queue shares with `FlowControl`.
import { PositiveDurationFromInput } from "@effect-comms/domain/Input"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"

/**
 * Where it is kept until when an account has to wait. One in memory is the default; processes that share an account can
 * share another one.
 *
 * @category models
 * @since 0.1.0
 */
export interface CooldownStore {
  /** Until when to wait, in epoch milliseconds; 0 when there is nothing to wait for. */
  readonly read: (key: string) => Effect.Effect<number>
  /** Sets it, unless it is set to a later time already. */
  readonly write: (key: string, until: number) => Effect.Effect<void>
}

/**
 * How requests are paced; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How many requests the server takes in a time, when it is known. Default: not known, and learnt. */
  readonly limit?: { readonly requests: number; readonly window: Duration.Input } | undefined
  /** How many requests may be under way at once at most. Default 64. */
  readonly maxConcurrency?: number | undefined
  /** How many retries may be made at once before the quota is spent. Default 50. */
  readonly quota?: number | undefined
  /** How much of a repeat each call adds to the quota. Default 0.15. */
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
 * How long an attempt may wait for a cooldown to end.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wait<E> {
  /** The longest cooldown that is waited for, in milliseconds. */
  readonly maxWait: number
  /** When the call is given up, in epoch milliseconds: a cooldown that ends then or later is not waited for either. */
  readonly deadline: number
  /** What the call fails with when the cooldown is longer: it has its end and the milliseconds that are left. */
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
  /** Whether nothing is sent before a point in time, in epoch milliseconds, so that a call can wait for it in its place. */
  readonly isParkedUntil: (at: number) => boolean
  /** Takes a repeat from the quota; false when it is spent. */
  readonly takeRetry: () => boolean
  /** Gives a repeat back that was successful. */
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
  /** How many calls wait for their turn. */
  readonly waiting: Effect.Effect<number>
}

const Count = Schema.Int.check(Schema.isGreaterThan(0, { expected: "a whole number from 1" }))

const NotNegative = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0, { expected: "a number from 0" }))

/**
 * Checks {@link Options} and brings them to one form.
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
