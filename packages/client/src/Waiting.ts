/**
 * Waiting for an operation: polls that all waiters share, an interval that fits the work, and every way in which a wait
 * can end told apart.
 *
 * @since 0.1.0
 */
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { DurationFromInput, makeDecoder, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import { OperationId } from "@effect-comms/domain/Operation"
import * as Outcome from "@effect-comms/domain/Outcome"
import type { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
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
import type { Observer } from "./internal/observe.ts"
import { type Look, makePoller, type Subscription } from "./internal/poller.ts"
import * as History from "./internal/progress.ts"
import * as Wait from "./internal/wait.ts"

/**
 * What one poll can fail with. It ends no wait by itself.
 *
 * @category errors
 * @since 0.1.0
 */
export type PollError = CommsError.CommsError

/**
 * How far the work has come, as the last looks tell.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  /** How many items are done with: created or failed. */
  readonly settled: number
  /** How many items there are. */
  readonly total: number
  /** `settled` as a share of `total`, from 0 to 1; undefined when there are no items. */
  readonly fraction: number | undefined
  /** Items settled in a second, over the last five looks; undefined when there was one look only, and at the end. */
  readonly rate: number | undefined
  /** The time that is left at this rate; undefined when nothing moved. */
  readonly remaining: Duration.Duration | undefined
  /** Whether the last change took something back: items that were created or failed no longer are. */
  readonly wentBackwards: boolean
  /** How long status and stats have been what they are. */
  readonly unchangedFor: Duration.Duration
}

/**
 * An operation as it was seen.
 *
 * @category models
 * @since 0.1.0
 */
export interface Snapshot {
  readonly operation: SenderPoolOperation
  readonly seenAt: DateTime.Utc
  readonly progress: Progress
  /** What is needed to take the wait up again after a restart. */
  readonly checkpoint: WaitCheckpoint
}

/**
 * What happens in a wait.
 *
 * **Details**
 *
 * - `Changed`: the operation was seen for the first time, or its status or stats changed.
 * - `Stalled`: nothing changed for `stall.after`, and that is not an error for this caller. Told once, until it changes.
 * - `PollFailed`: a poll failed, and that is tolerated so far; `failures` of them in a row.
 * - `NotFoundYet`: the API does not know the operation, which may be too new.
 *
 * @category models
 * @since 0.1.0
 */
export type Event =
  | { readonly _tag: "Changed" | "Stalled"; readonly snapshot: Snapshot }
  | { readonly _tag: "PollFailed"; readonly error: PollError; readonly failures: number }
  | { readonly _tag: "NotFoundYet" }

/**
 * What an interval's schedule gets to see: how many polls there were, how many of them failed in a row at last, and the
 * progress, when the operation was seen.
 *
 * @category models
 * @since 0.1.0
 */
export interface Poll {
  readonly polls: number
  readonly failures: number
  readonly progress: Progress | undefined
}

/**
 * How the time between two polls is made; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface IntervalOptions {
  /** The first one. Default 1 second. */
  readonly initial?: Duration.Input | undefined
  /** By what each is longer than the one before: from 1. Default 1.5. */
  readonly factor?: number | undefined
  /** The longest one, before jitter; not shorter than the first. Default 30 seconds. */
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
   * `Retry-After` asks. When the schedule has no more, the wait fails with `WaitTimeout`.
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
 * The limits of a wait, with their defaults filled in.
 *
 * @category models
 * @since 0.1.0
 */
export type Limits = WaitCheckpoint["limits"]

const Factor = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(1, { expected: "a number from 1" }))

const Interval = Schema.Struct({
  initial: Schema.optional(PositiveDurationFromInput),
  factor: Schema.optional(Factor),
  max: Schema.optional(PositiveDurationFromInput)
}).check(
  Schema.makeFilter(({ initial = defaultInitial, max = defaultMax }) =>
    Duration.isLessThanOrEqualTo(initial, max)
      ? undefined
      : { path: ["max"], issue: "Expected a duration that is not below initial" }
  )
)

const defaultInitial = Duration.seconds(1)

const defaultMax = Duration.seconds(30)

/**
 * Checks {@link Options} and brings them to one form.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Options = Schema.Struct({
  interval: Schema.optional(Schema.Union([
    Schema.declare((u: unknown): u is Schedule.Schedule<unknown, Poll> => Schedule.isSchedule(u)),
    Interval
  ])),
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

const decodeInterval = makeDecoder("Waiting.interval", "options", Interval)

const toSchedule = (
  { factor = 1.5, initial = defaultInitial, max = defaultMax }: typeof Interval.Type
): Schedule.Schedule<unknown, Poll> =>
  Schedule.min([Schedule.exponential(initial, factor), Schedule.spaced(max)]).pipe(
    Schedule.jittered,
    Schedule.setInputType<Poll>(),
    Schedule.modifyDelay(({ duration, input: { progress } }) =>
      Effect.succeed(
        progress?.remaining === undefined
          ? duration
          // Work that should be done and does not end is looked at less and less again.
          : Duration.min(duration, Duration.max(initial, Duration.max(progress.remaining, progress.unchangedFor)))
      )
    )
  )

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
  Effect.map(decodeInterval(options ?? {}), toSchedule)

const standard = toSchedule({})

// Waiters with equal intervals share one schedule, so that they look together.
const toInterval = (
  interval: typeof Options.Type["interval"]
): readonly [key: unknown, schedule: Schedule.Schedule<unknown, Poll>] => {
  if (interval === undefined) return ["", standard]
  if (Schedule.isSchedule(interval)) return [interval, interval]
  const { factor, initial, max } = interval
  return [
    [initial, max].map((duration) => duration === undefined ? "" : Duration.toMillis(duration)).concat(factor ?? "")
      .join(),
    toSchedule(interval)
  ]
}

const defaultLimits: Limits = {
  timeLimit: Duration.hours(1),
  stallAfter: Duration.minutes(15),
  stallAs: "error",
  notFoundGrace: Duration.minutes(1),
  unknownStatusLimit: Duration.minutes(5),
  maxFailures: 10,
  maxFailureTime: Duration.minutes(10)
}

const toLimits = (options: typeof Options.Type, limits: Limits): Limits => ({
  timeLimit: options.timeLimit ?? limits.timeLimit,
  stallAfter: options.stall?.after ?? limits.stallAfter,
  stallAs: options.stall?.as ?? limits.stallAs,
  notFoundGrace: options.notFoundGrace ?? limits.notFoundGrace,
  unknownStatusLimit: options.unknownStatusLimit ?? limits.unknownStatusLimit,
  maxFailures: options.maxFailures ?? limits.maxFailures,
  maxFailureTime: options.maxFailureTime ?? limits.maxFailureTime
})

/**
 * What waiting for an operation can fail with.
 *
 * @category errors
 * @since 0.1.0
 */
export type WatchError = WaitError.WaitError | CommsError.InvalidInput | CommsError.CheckpointMismatch

/**
 * How a completion is awaited: {@link Options}, and which outcomes are taken for a success.
 *
 * @category models
 * @since 0.1.0
 */
export interface CompletionOptions extends Options {
  /** Which outcomes are no error. Default `"any"`. */
  readonly tolerate?: Outcome.Tolerance | undefined
}

/**
 * The ways to wait for the operations of a resource. Each takes the id of an operation, or the checkpoint of a wait that
 * is to be taken up again.
 *
 * @category models
 * @since 0.1.0
 */
export interface Waiting {
  /** The operation as it is, at once, and then each change of its status or stats, the end included. */
  readonly watch: (
    operation: string | WaitCheckpoint,
    options?: Options
  ) => Stream.Stream<Snapshot, WatchError>
  /** Everything that happens in the wait. */
  readonly watchEvents: (
    operation: string | WaitCheckpoint,
    options?: Options
  ) => Stream.Stream<Event, WatchError>
  /** The outcome, when there is one. */
  readonly awaitCompletion: (
    operation: string | WaitCheckpoint,
    options?: CompletionOptions
  ) => Effect.Effect<Outcome.Outcome, WatchError | WaitError.OutcomeNotTolerated>
}

// Who comes back after the time was over still gets to see whether the operation has ended meanwhile.
const resumeGrace = 30_000

const freshState = (now: number): Wait.State => ({
  polls: 0,
  last: undefined,
  changedAt: now,
  unknownSince: undefined,
  failures: 0,
  failingSince: now,
  toldFirst: false,
  toldStall: false
})

const fromCheckpoint = (checkpoint: WaitCheckpoint, now: number): Wait.State => ({
  ...freshState(now),
  polls: checkpoint.polls,
  last: checkpoint.last,
  changedAt: DateTime.toEpochMillis(checkpoint.changedAt),
  unknownSince: checkpoint.unknownSince === undefined ? undefined : DateTime.toEpochMillis(checkpoint.unknownSince)
})

const historyOf = ({ changedAt, last, seenAt }: WaitCheckpoint): History.History =>
  History.begin({ at: DateTime.toEpochMillis(seenAt), operation: last }, DateTime.toEpochMillis(changedAt))

/**
 * Makes the ways to wait from a way to look at many operations.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: {
  readonly resource: string
  readonly identity: Effect.Effect<Checkpoint.Identity>
  readonly observer: Observer<SenderPoolOperation, PollError>
}): Waiting => {
  const { identity, observer, resource } = options
  const subscribe = makePoller(observer)
  const decodeOptions = makeDecoder(`${resource}.watch`, "options", Options)
  const decodeId = makeDecoder(`${resource}.watch`, "operationId", OperationId)
  const decodeTolerance = makeDecoder(`${resource}.awaitCompletion`, "tolerate", Outcome.Tolerance)
  const check = Checkpoints.check({ operation: `${resource}.watch`, schema: WaitCheckpoint, identity, resource })

  const begin = Effect.fnUntraced(function*(target: string | WaitCheckpoint, settings: typeof Options.Type) {
    const now = yield* Clock.currentTimeMillis
    if (typeof target === "string") {
      const operationId = yield* decodeId(target)
      const createdAt = settings.createdAt === undefined ? now : DateTime.toEpochMillis(settings.createdAt)
      const wait: Wait.Wait = { operationId, startedAt: now, createdAt, limits: toLimits(settings, defaultLimits) }
      return { wait, state: freshState(now), seen: undefined, firstDeadline: 0 }
    }
    const checkpoint = yield* check(target, settings.maxAge)
    const wait: Wait.Wait = {
      operationId: checkpoint.operationId,
      startedAt: DateTime.toEpochMillis(checkpoint.startedAt),
      createdAt: DateTime.toEpochMillis(checkpoint.createdAt),
      limits: toLimits(settings, checkpoint.limits)
    }
    const state = fromCheckpoint(checkpoint, now)
    return { wait, state, seen: historyOf(checkpoint), firstDeadline: now + resumeGrace }
  })

  const toSnapshot = Effect.fnUntraced(function*(wait: Wait.Wait, state: Wait.State, history: History.History) {
    const { at, operation } = history.last
    const seenAt = DateTime.makeUnsafe(at)
    const checkpoint = new WaitCheckpoint({
      ...yield* Checkpoints.stamp(identity, resource),
      operationId: wait.operationId,
      startedAt: DateTime.makeUnsafe(wait.startedAt),
      createdAt: DateTime.makeUnsafe(wait.createdAt),
      limits: wait.limits,
      polls: state.polls,
      changedAt: DateTime.makeUnsafe(state.changedAt),
      ...(state.unknownSince === undefined ? {} : { unknownSince: DateTime.makeUnsafe(state.unknownSince) }),
      last: operation,
      seenAt
    }, { disableChecks: true })
    const unchangedFor = Duration.millis(Math.max(0, at - state.changedAt))
    return { operation, seenAt, checkpoint, progress: { ...History.toProgress(history), unchangedFor } }
  })

  const tell = (wait: Wait.Wait, { state, tell }: Wait.Step, { history, result }: Look) =>
    Effect.gen(function*(): Effect.fn.Return<ReadonlyArray<Event>> {
      if (tell === undefined) return []
      if (tell === "NotFoundYet") return [{ _tag: tell }]
      if (tell === "PollFailed") {
        return Result.isFailure(result) ? [{ _tag: tell, error: result.failure, failures: state.failures }] : []
      }
      return history === undefined ? [] : [{ _tag: tell, snapshot: yield* toSnapshot(wait, state, history) }]
    })

  interface Position {
    readonly state: Wait.State
    readonly after: number
    readonly error: WaitError.WaitError | undefined
  }

  const events = (
    wait: Wait.Wait,
    state: Wait.State,
    firstDeadline: number,
    subscription: Subscription
  ): Stream.Stream<Event, WaitError.WaitError> =>
    Stream.paginate(
      { state, after: subscription.from, error: undefined },
      Effect.fnUntraced(function*({ after, error, state }: Position) {
        if (error !== undefined) return yield* error
        const now = yield* Clock.currentTimeMillis
        const deadline = Math.max(
          wait.startedAt + Duration.toMillis(wait.limits.timeLimit),
          state.toldFirst ? 0 : firstDeadline
        )
        const look = yield* Effect.timeoutOption(subscription.next(after), Math.max(0, deadline - now))
        if (Option.isNone(look) || look.value === undefined) {
          return yield* new WaitError.WaitTimeout({
            ...Wait.aboutWait(wait, state, yield* Clock.currentTimeMillis),
            limit: Option.isNone(look) ? "time" : "schedule"
          })
        }
        const step = Wait.advance(wait, state, look.value)
        const told = yield* tell(wait, step, look.value)
        return [
          told,
          step.end === "ended"
            ? Option.none<Position>()
            : Option.some<Position>({ state: step.state, after: look.value.number, error: step.end })
        ] as const
      })
    )

  const watchEvents: Waiting["watchEvents"] = (target, options) =>
    Stream.unwrap(Effect.gen(function*() {
      const settings = yield* decodeOptions(options ?? {})
      const { firstDeadline, seen, state, wait } = yield* begin(target, settings)
      const [key, schedule] = toInterval(settings.interval)
      return events(wait, state, firstDeadline, yield* subscribe(wait.operationId, key, schedule, seen))
    }))

  const watch: Waiting["watch"] = (target, options) =>
    Stream.filterMap(
      watchEvents(target, options),
      (event) => event._tag === "Changed" ? Result.succeed(event.snapshot) : Result.failVoid
    )

  const awaitCompletion: Waiting["awaitCompletion"] = Effect.fn(`${resource}.awaitCompletion`)(
    function*(target, options) {
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

  return { watch, watchEvents, awaitCompletion }
}
