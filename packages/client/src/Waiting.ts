/**
 * Waiting for an operation: polls that all waiters share, an interval that fits the work, and every way in which a wait
 * can end told apart.
 *
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
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Checkpoints from "./internal/checkpoint.ts"
import type { Observer } from "./internal/observing/observer.ts"
import * as Events from "./internal/waiting/events.ts"
import * as Interval from "./internal/waiting/interval.ts"
import type { Event, Limits, Poll, PollError, Snapshot } from "./internal/waiting/model.ts"
import { makePoller } from "./internal/waiting/poller.ts"

export type { Event, Limits, Poll, PollError, Progress, Snapshot } from "./internal/waiting/model.ts"

/**
 * How the time between two polls is made; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface IntervalOptions {
  /** The first one. Default 1 second, or `max` when that is shorter. */
  readonly initial?: Duration.Input | undefined
  /** By what each is longer than the one before: from 1. Default 1.5. */
  readonly factor?: number | undefined
  /** The longest one, before jitter; not shorter than the first. Default 30 seconds, or `initial` when that is longer. */
  readonly max?: Duration.Input | undefined
}

/**
 * How an operation is waited for; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The time between polls: what {@link interval} is to be made of, or any schedule. Never below 100 ms, nor what a
   * `Retry-After` asks, a day at most. When the schedule has no more, the wait fails with `WaitTimeout`; a look that others
   * asked for counts for it when it comes in the second half of an interval.
   */
  readonly interval?: IntervalOptions | Schedule.Schedule<unknown, Poll> | undefined
  /** How long the wait may take. Default 1 hour; `Duration.infinity` for no limit. */
  readonly timeLimit?: Duration.Input | undefined
  /** How long nothing may change, and whether it is an error or an event then. Default an error after 15 minutes. */
  readonly stall?: {
    readonly after?: Duration.Input | undefined
    readonly as?: "error" | "event" | undefined
  } | undefined
  /** How long after its creation an operation may not be found. Default 1 minute. */
  readonly notFoundGrace?: Duration.Input | undefined
  /** When the operation was created, if it is known. Default when the wait began. */
  readonly createdAt?: TimestampInput | undefined
  /** How long a status that is not known is waited out. Default 5 minutes. */
  readonly unknownStatusLimit?: Duration.Input | undefined
  /** How many polls may fail in a row: an integer from 0. Default 10. */
  readonly maxFailures?: number | undefined
  /** For how long polls may fail in a row. Default 10 minutes. */
  readonly maxFailureTime?: Duration.Input | undefined
  /** How old a checkpoint may be that the wait is taken up from. Default 7 days. */
  readonly maxAge?: Duration.Input | undefined
}

/**
 * Checks {@link Options} and brings them to one form.
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
 * Makes the schedule of an interval: it begins short, grows with jitter of a fifth, and gets shorter again when the
 * estimate says that the end is near.
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
 * The errors of a wait for an operation. A wait that starts from a checkpoint can also fail with `CheckpointMismatch`.
 *
 * @category errors
 * @since 0.1.0
 */
export type WatchError<Target = string> =
  | WaitError.WaitError
  | CommsError.InvalidInput
  | (Target extends string ? never : CommsError.CheckpointMismatch)

/**
 * How a completion is awaited.
 *
 * @category models
 * @since 0.1.0
 */
export interface CompletionOptions extends Options {
  /** Which outcomes count as success. Default `"any"`. See `Outcome.Tolerance`. */
  readonly tolerate?: Outcome.Tolerance | undefined
}

/**
 * The ways to wait for the operations of a family. Each takes the id of an operation, or the checkpoint of a wait to
 * resume.
 *
 * **Details**
 *
 * Concurrent waits for one operation share its polls. Operations that were created together are read from lists.
 * Interrupting a wait never touches the work. When the last waiter leaves, polling stops and its request is interrupted.
 *
 * A scheduled operation has not ended. It is polled until the time limit, and does not count as stalled.
 *
 * **Gotchas**
 *
 * Waits share polls when they have the same `RetryPolicy.CurrentRetryPolicy` and `Attempts.OnRetry` in force. Polls
 * belong to no caller: `Attempts.withAttempts` does not collect their attempts, and their spans have no parent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Waiting<A extends Operation> {
  /** The operation as it is now, then each change of its status or counters, up to its end. */
  readonly watch: <Target extends string | WaitCheckpoint>(
    target: Target,
    options?: Options
  ) => Stream.Stream<Snapshot<A>, WatchError<Target>>
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
 * Makes the ways to wait from an observer of many operations.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A extends Operation>({ identity, observer, resource }: {
  readonly resource: string
  readonly identity: Effect.Effect<Checkpoint.Identity>
  readonly observer: Observer<A, PollError>
}): Waiting<A> => {
  const call = `${resource}.watch`
  const poller = makePoller(observer)
  const decodeOptions = makeDecoder(call, "options", Options)
  const decodeOptionsWithSchedule = makeDecoder(call, "options", OptionsWithSchedule)
  const decodeId = makeDecoder(call, "operationId", OperationId)
  const decodeTolerance = makeDecoder(`${resource}.awaitCompletion`, "tolerate", Outcome.Tolerance)
  const check = Checkpoints.check({ call, schema: WaitCheckpoint, identity, resource })
  const stamp = Checkpoints.stamp(identity, resource)

  const begin = Effect.fnUntraced(function*(target: string | WaitCheckpoint, settings: Settings) {
    const now = yield* Clock.currentTimeMillis
    if (typeof target !== "string") {
      const checkpoint = yield* check(target, settings.maxAge)
      return Events.resume(checkpoint, toLimits(settings, checkpoint.limits), now)
    }
    return Events.begin({
      operationId: yield* decodeId(target),
      startedAt: now,
      createdAt: settings.createdAt === undefined ? now : DateTime.toEpochMillis(settings.createdAt),
      limits: toLimits(settings, defaultLimits)
    })
  })

  function watchEvents<Target>(target: Target, options?: Options): Stream.Stream<Event<A>, WatchError<Target>>
  function watchEvents(
    target: string | WaitCheckpoint,
    options: Options = {}
  ): Stream.Stream<Event<A>, WatchError<WaitCheckpoint>> {
    return Stream.unwrap(Effect.gen(function*() {
      const settings = yield* Schedule.isSchedule(options.interval)
        ? decodeOptionsWithSchedule(options)
        : decodeOptions(options)
      const start = yield* begin(target, settings)
      const subscription = yield* poller.subscribe({
        id: start.wait.operationId,
        seen: start.seen,
        ...Interval.choose(settings.interval)
      })
      return Events.events(start, subscription, stamp)
    }))
  }

  const watch: Waiting<A>["watch"] = (target, options) =>
    Stream.filterMap(
      watchEvents(target, options),
      (event) => event._tag === "Changed" ? Result.succeed(event.snapshot) : Result.failVoid
    )

  const complete = Effect.fn(`${resource}.awaitCompletion`)(
    function*(target: string | WaitCheckpoint, options?: CompletionOptions) {
      const tolerance = yield* decodeTolerance(options?.tolerate ?? "any")
      const operationId = typeof target === "string" ? target : target.operationId
      yield* Effect.annotateCurrentSpan({ operationId })
      const outcome = yield* watch(target, options).pipe(
        Stream.runLast,
        Effect.flatMap((last) =>
          Effect.fromOption(Option.flatMapNullishOr(last, ({ operation }) => Outcome.fromOperation(operation)))
        ),
        Effect.catchTag("NoSuchElementError", Effect.die)
      )
      return Outcome.isTolerated(outcome, tolerance)
        ? outcome
        : yield* new WaitError.OutcomeNotTolerated({ outcome, tolerance })
    }
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

  return { watch, watchEvents, awaitCompletion }
}
