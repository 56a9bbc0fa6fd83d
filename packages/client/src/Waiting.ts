/**
 * Waits for operations. Waiters share polls, the interval adapts to the progress, and each way a wait can end has its
 * own error or outcome.
 *
 * @module
 * @since 0.1.0
 */
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { DurationFromInput, makeDecoder, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import { type Operation, OperationId } from "@effect-comms/domain/Operation"
import * as Outcome from "@effect-comms/domain/Outcome"
import { TimestampFromInput, type TimestampInput } from "@effect-comms/domain/Timestamp"
import { WaitCheckpoint } from "@effect-comms/domain/WaitCheckpoint"
import * as WaitError from "@effect-comms/domain/WaitError"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Checkpoints from "./internal/checkpoint.ts"
import { wallOffset, wholeMillis } from "./internal/monotonic.ts"
import type { Observer } from "./internal/observing/observer.ts"
import * as Events from "./internal/waiting/events.ts"
import * as Interval from "./internal/waiting/interval.ts"
import type { Event, Limits, ManyEvent, Poll, PollError, Snapshot } from "./internal/waiting/model.ts"
import { makePoller } from "./internal/waiting/poller.ts"
import * as Start from "./internal/waiting/start.ts"

export type { Event, Limits, ManyEvent, Poll, PollError, Progress, Snapshot } from "./internal/waiting/model.ts"

/**
 * The options of an interval between polls.
 *
 * @category models
 * @since 0.1.0
 */
export interface IntervalOptions {
  /** The first delay. Default 1 second, or `max` if that is shorter. Range above 0, up to `max`. */
  readonly initial?: Duration.Input | undefined
  /** The ratio of each delay to the one before. Default 1.5. Range 1 and above. */
  readonly factor?: number | undefined
  /** The longest delay, before jitter. Default 30 seconds, or `initial` if that is longer. Range from `initial`. */
  readonly max?: Duration.Input | undefined
}

/**
 * The options of a wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The delays between polls: options for {@link interval}, or any schedule that cannot fail. Default {@link interval}
   * without options. Range 100 ms and above, whatever the schedule says.
   *
   * A `Retry-After` delays the next poll, for a day at most. When the schedule ends, the wait fails with `WaitTimeout`.
   * A poll for another wait counts for the schedule in the second half of a delay. A resumed wait continues the
   * schedule.
   */
  readonly interval?: IntervalOptions | Schedule.Schedule<unknown, Poll> | undefined
  /** How long the wait may take. Default 1 hour. Range above 0, up to `Duration.infinity` for no limit. */
  readonly timeLimit?: Duration.Input | undefined
  /** What happens when nothing changes. Time in SCHEDULED does not count. */
  readonly stall?: {
    /** How long status and stats may stay the same. Default 15 minutes. Range above 0. */
    readonly after?: Duration.Input | undefined
    /** Whether a stall fails the wait, or is an event of it. Default `"error"`. Range `"error"` or `"event"`. */
    readonly as?: "error" | "event" | undefined
  } | undefined
  /** How long after `createdAt` the API may not find the operation. Default 1 minute. Range 0 and above. */
  readonly notFoundGrace?: Duration.Input | undefined
  /** When the operation was created. Default the start of the wait. Range any time. */
  readonly createdAt?: TimestampInput | undefined
  /** How long the status may be an unknown one. Default 5 minutes. Range 0 and above. */
  readonly unknownStatusLimit?: Duration.Input | undefined
  /** How many polls may fail in a row. Default 10. Range any integer from 0. */
  readonly maxFailures?: number | undefined
  /** How long polls may fail in a row. Default 10 minutes. Range above 0. */
  readonly maxFailureTime?: Duration.Input | undefined
  /** How old the checkpoint of a resumed wait may be. Default 7 days. Range 0 and above. */
  readonly maxAge?: Duration.Input | undefined
}

/**
 * Checks and normalizes {@link Options}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Options = Schema.Struct({
  interval: Schema.optional(Interval.Options),
  timeLimit: Schema.optional(PositiveDurationFromInput),
  stall: Schema.optional(Schema.Struct({
    after: Schema.optional(PositiveDurationFromInput),
    as: Schema.optional(Schema.Literals(["error", "event"]))
  })),
  notFoundGrace: Schema.optional(DurationFromInput),
  createdAt: Schema.optional(TimestampFromInput),
  unknownStatusLimit: Schema.optional(DurationFromInput),
  maxFailures: Schema.optional(Schema.Natural),
  maxFailureTime: Schema.optional(PositiveDurationFromInput),
  maxAge: Schema.optional(DurationFromInput)
})

const OptionsWithSchedule = Schema.Struct({ ...Options.fields, interval: Interval.AnySchedule })

const decodeInterval = makeDecoder("Waiting.interval", "options", Interval.Options)

/**
 * Makes the schedule of an interval.
 *
 * **Details**
 *
 * Delays grow from `initial` to `max`, with a jitter of a fifth. A delay is shorter if the progress suggests an earlier
 * end of the operation. If more than 1,000 operations are polled together, their progress does not count. Then a delay
 * is at least `initial` for each 1,000, up to `max`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const interval = (
  options?: IntervalOptions
): Effect.Effect<Schedule.Schedule<unknown, Poll>, CommsError.InvalidInput> =>
  Effect.map(decodeInterval(options ?? {}), Interval.toSchedule)

type Settings = Omit<typeof Options.Type, "interval">

const defaultLimits: Limits = {
  timeLimit: Duration.hours(1),
  stallAfter: Duration.minutes(15),
  stallAs: "error",
  notFoundGrace: Duration.minutes(1),
  unknownStatusLimit: Duration.minutes(5),
  maxFailures: 10,
  maxFailureTime: Duration.minutes(10)
}

const toLimits = (options: Settings, limits: Limits): Limits => ({
  timeLimit: options.timeLimit ?? limits.timeLimit,
  stallAfter: options.stall?.after ?? limits.stallAfter,
  stallAs: options.stall?.as ?? limits.stallAs,
  notFoundGrace: options.notFoundGrace ?? limits.notFoundGrace,
  unknownStatusLimit: options.unknownStatusLimit ?? limits.unknownStatusLimit,
  maxFailures: options.maxFailures ?? limits.maxFailures,
  maxFailureTime: options.maxFailureTime ?? limits.maxFailureTime
})

/**
 * The errors of the input of a wait. A wait that starts from a checkpoint can also fail with `CheckpointMismatch`.
 *
 * @category errors
 * @since 0.1.0
 */
export type InputError<Target = string> =
  | CommsError.InvalidInput
  | (Target extends string ? never : CommsError.CheckpointMismatch)

/**
 * The errors of a wait for an operation.
 *
 * @category errors
 * @since 0.1.0
 */
export type WatchError<Target = string> = WaitError.WaitError | InputError<Target>

/**
 * The options of {@link AwaitCompletion}.
 *
 * **Example** (Tolerate a share of failures)
 *
 * ```ts
 * import { SenderPoolOperations } from "@effect-comms/client"
 * import { Effect } from "effect"
 *
 * export const mostOfIt = Effect.fn("mostOfIt")(function*(id: string) {
 *   const operations = yield* SenderPoolOperations.SenderPoolOperations
 *   return yield* operations.awaitCompletion(id, {
 *     tolerate: 0.05,
 *     timeLimit: "2 hours",
 *     interval: { max: "10 seconds" }
 *   })
 * }, Effect.catchTag("OutcomeNotTolerated", ({ outcome }) => Effect.succeed(outcome)))
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface CompletionOptions extends Options {
  /** Which outcomes count as success. Default `"any"`. Range `"any"`, `"none"`, or a share from 0 to 1. */
  readonly tolerate?: Outcome.Tolerance | undefined
}

/**
 * The ways to wait for the operations of a family. Each takes the id of an operation, or the checkpoint of a wait to
 * resume.
 *
 * **Details**
 *
 * Concurrent waits for one operation share its polls. Waits with equal options that begin together are polled
 * together, and operations that were created together are read from lists. Interrupting a wait does not affect the
 * operation. When the last wait for an operation ends, its request is interrupted.
 *
 * A SCHEDULED operation has not ended. It is polled until the time limit, and does not count as stalled. Allow a
 * `timeLimit` that includes the time until it starts. `snapshot.operation.status` says whether it has started.
 *
 * **Gotchas**
 *
 * Waits share polls if their contexts have the same `RetryPolicy.CurrentRetryPolicy` and `Attempts.OnRetry`. Polls
 * belong to no caller: `Attempts.withAttempts` does not collect their attempts, and their spans have no parent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Waiting<A extends Operation> {
  /** The operation as it is now, then each change of its status or stats, up to its end. */
  readonly watch: <Target extends string | WaitCheckpoint>(
    target: Target,
    options?: Options
  ) => Stream.Stream<Snapshot<A>, WatchError<Target>>
  /**
   * Every event of many waits, as one stream. It takes less memory and time than a stream for each wait.
   *
   * Each wait has its own limits and ends with its own events, so a wait that fails does not affect the others. The
   * stream ends after the last wait. It fails only for invalid input, before any request. An operation that is given
   * several times is waited for once.
   */
  readonly watchMany: <Target extends string | WaitCheckpoint>(
    targets: Iterable<Target>,
    options?: Options
  ) => Stream.Stream<ManyEvent<A>, InputError<Target>>
  /** Every event of the wait. */
  readonly watchEvents: <Target extends string | WaitCheckpoint>(
    target: Target,
    options?: Options
  ) => Stream.Stream<Event<A>, WatchError<Target>>
  /** The outcome of the operation. */
  readonly awaitCompletion: AwaitCompletion<A>
}

/**
 * Waits for the outcome of an operation.
 *
 * @category models
 * @since 0.1.0
 */
export interface AwaitCompletion<A extends Operation> {
  /** Every outcome counts as success. */
  <Target extends string | WaitCheckpoint>(
    target: Target,
    options?: Options & { readonly tolerate?: undefined }
  ): Effect.Effect<Outcome.Outcome<A>, WatchError<Target>>
  /** Outcomes beyond `tolerate` fail with `OutcomeNotTolerated`. */
  <Target extends string | WaitCheckpoint>(
    target: Target,
    options: CompletionOptions | undefined
  ): Effect.Effect<Outcome.Outcome<A>, WatchError<Target> | WaitError.OutcomeNotTolerated>
}

/**
 * Makes the ways to wait from an observer that polls many operations with few requests.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A extends Operation>({ identity, observer, resource }: {
  readonly resource: string
  readonly identity: Effect.Effect<Checkpoint.Identity, CommsError.InvalidInput>
  readonly observer: Observer<A, PollError>
}): Waiting<A> => {
  const call = `${resource}.watch`
  const poller = makePoller(observer)
  const decodeOptions = makeDecoder(call, "options", Options)
  const decodeOptionsWithSchedule = makeDecoder(call, "options", OptionsWithSchedule)
  const decodeId = makeDecoder(call, "operationId", OperationId)
  const decodeTolerance = makeDecoder(`${resource}.awaitCompletion`, "tolerate", Outcome.Tolerance)
  const check = Checkpoints.check({ call, schema: WaitCheckpoint, identity, resource })
  const stamp = Effect.flatMap(identity, (own) => Checkpoints.stamp(own, resource))

  const begin = Effect.fnUntraced(function*(target: string | WaitCheckpoint, settings: Settings) {
    const now = yield* wholeMillis
    const offset = yield* wallOffset
    if (typeof target !== "string") {
      const checkpoint = yield* check(target, settings.maxAge)
      return Start.resume(checkpoint, toLimits(settings, checkpoint.limits), now, offset)
    }
    return Start.begin({
      operationId: yield* decodeId(target),
      startedAt: now,
      createdAt: settings.createdAt === undefined ? now : DateTime.toEpochMillis(settings.createdAt) - offset,
      limits: toLimits(settings, defaultLimits)
    })
  })

  const beginAll = Effect.fnUntraced(function*(
    targets: Iterable<string | WaitCheckpoint>,
    options: Options = {},
    isWanted: (tag: Event["_tag"]) => boolean
  ) {
    const settings = yield* Schedule.isSchedule(options.interval)
      ? decodeOptionsWithSchedule(options)
      : decodeOptions(options)
    const starts = yield* Effect.forEach(targets, (target) => begin(target, settings))
    const byId = new Map(starts.map((start) => [start.wait.operationId, start]))
    return yield* Events.begin([...byId.values()], poller, Interval.choose(settings.interval), stamp, isWanted)
  })

  function watchMany<Target>(
    targets: Iterable<Target>,
    options?: Options
  ): Stream.Stream<ManyEvent<A>, InputError<Target>>
  function watchMany(
    targets: Iterable<string | WaitCheckpoint>,
    options?: Options
  ): Stream.Stream<ManyEvent<A>, InputError<WaitCheckpoint>> {
    return Events.toStream(beginAll(targets, options, () => true))
  }

  const eventsOf = (
    target: string | WaitCheckpoint,
    options: Options | undefined,
    isWanted: (tag: Event["_tag"]) => boolean
  ) =>
    Stream.mapEffect(
      Events.toStream(beginAll([target], options, isWanted)),
      (event) => event._tag === "Failed" ? Effect.fail(event.error) : Effect.succeed<Event<A>>(event)
    )

  function watchEvents<Target>(target: Target, options?: Options): Stream.Stream<Event<A>, WatchError<Target>>
  function watchEvents(
    target: string | WaitCheckpoint,
    options?: Options
  ): Stream.Stream<Event<A>, WatchError<WaitCheckpoint>> {
    return eventsOf(target, options, () => true)
  }

  function watch<Target>(target: Target, options?: Options): Stream.Stream<Snapshot<A>, WatchError<Target>>
  function watch(
    target: string | WaitCheckpoint,
    options?: Options
  ): Stream.Stream<Snapshot<A>, WatchError<WaitCheckpoint>> {
    return Stream.filterMap(
      eventsOf(target, options, (tag) => tag === "Changed"),
      (event) => event._tag === "Changed" ? Result.succeed(event.snapshot) : Result.failVoid
    )
  }

  const complete = Effect.fn(`${resource}.awaitCompletion`)(
    function*(target: string | WaitCheckpoint, options?: CompletionOptions) {
      const tolerance = yield* decodeTolerance(options?.tolerate ?? "any")
      const operationId = typeof target === "string" ? target : target.operationId
      yield* Effect.annotateCurrentSpan({ operationId })
      const { next } = yield* beginAll([target], options, () => false)
      const event = (yield* next).at(-1)
      if (event?._tag === "Failed") return yield* event.error
      const outcome = event?._tag === "Changed" ? Outcome.fromOperation(event.snapshot.operation) : undefined
      if (outcome === undefined) return yield* Effect.die(new Error("The wait ended without an outcome."))
      return Outcome.isTolerated(outcome, tolerance)
        ? outcome
        : yield* new WaitError.OutcomeNotTolerated({ outcome, tolerance })
    },
    Effect.scoped
  )

  function awaitCompletion<Target>(
    target: Target,
    options?: Options & { readonly tolerate?: undefined }
  ): Effect.Effect<Outcome.Outcome<A>, WatchError<Target>>
  function awaitCompletion<Target>(
    target: Target,
    options: CompletionOptions | undefined
  ): Effect.Effect<Outcome.Outcome<A>, WatchError<Target> | WaitError.OutcomeNotTolerated>
  function awaitCompletion(
    target: string | WaitCheckpoint,
    options?: CompletionOptions
  ): Effect.Effect<Outcome.Outcome<A>, WatchError<WaitCheckpoint> | WaitError.OutcomeNotTolerated> {
    return complete(target, options)
  }

  return { watch, watchMany, watchEvents, awaitCompletion }
}
