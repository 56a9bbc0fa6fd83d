/**
 * Feeds that deliver new and changed operations until interrupted.
 *
 * @module
 * @since 0.1.0
 */
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { FeedCheckpoint, type FeedFailed, type FeedOverflow } from "@effect-comms/domain/FeedCheckpoint"
import { DurationFromInput, intFrom, makeDecoder, PositiveDurationFromInput } from "@effect-comms/domain/Input"
import type { Operation } from "@effect-comms/domain/Operation"
import { TimestampFromInput, type TimestampInput } from "@effect-comms/domain/Timestamp"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { check, stamp } from "./internal/checkpoint.ts"
import type { Change } from "./internal/feed/model.ts"
import { makeRun, type Source, toSchedule } from "./internal/feed/rounds.ts"
import * as State from "./internal/feed/state.ts"

export type { Change } from "./internal/feed/model.ts"

/**
 * The errors of a feed.
 *
 * @category errors
 * @since 0.1.0
 */
export type FeedError = FeedFailed | FeedOverflow | CommsError.InvalidInput

/**
 * Options of a feed. Every option has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<E = never, R = never> {
  /**
   * The time between two rounds. A duration gets a jitter of 20 %. The end of a schedule ends the feed. Default 30
   * seconds. Delays below 100 ms become 100 ms.
   */
  readonly interval?: Duration.Input | Schedule.Schedule<unknown> | undefined
  /**
   * The longest time until a created operation is listed, including clock differences. Each round lists the operations
   * created in this time before the newest one again. Default 10 minutes. Range from zero.
   */
  readonly overlap?: Duration.Input | undefined
  /** The failures that the feed tolerates. */
  readonly polls?: {
    /** The maximum number of consecutive failures. Default 10. Range from 0. */
    readonly maxFailures?: number | undefined
    /** The maximum duration of consecutive failures. Default 5 minutes. Range from zero. */
    readonly maxFailureTime?: Duration.Input | undefined
  } | undefined
  /** The maximum number of tracked operations. More fail with `FeedOverflow`. Default 100,000. Range from 1. */
  readonly maxTracked?: number | undefined
  /**
   * Called when the consumer has taken a chunk and pulls again, and after every round. If the effect fails, the feed
   * fails.
   */
  readonly checkpoint?: ((checkpoint: FeedCheckpoint) => Effect.Effect<void, E, R>) | undefined
  /** The maximum age of a checkpoint that the feed starts from. Default 7 days. Range from zero. */
  readonly maxAge?: Duration.Input | undefined
}

const isFinite = Schema.makeFilter((duration: Duration.Duration) => Number.isFinite(Duration.toMillis(duration)), {
  expected: "a finite duration"
})

const Settings = Schema.Struct({
  interval: Schema.optional(PositiveDurationFromInput.check(isFinite)),
  overlap: Schema.optional(DurationFromInput),
  polls: Schema.optional(Schema.Struct({
    maxFailures: Schema.optional(Schema.Natural),
    maxFailureTime: Schema.optional(DurationFromInput)
  })),
  maxTracked: Schema.optional(intFrom(1)),
  maxAge: Schema.optional(DurationFromInput)
})

const Start = Schema.Struct({ since: TimestampFromInput })

/**
 * The start of a feed. Operations that were created earlier are never delivered.
 *
 * @category models
 * @since 0.1.0
 */
export interface Since {
  /** A `DateTime`, a `Date` or RFC 3339 text. It may be in the future. */
  readonly since: TimestampInput
}

/**
 * The changes of a family's operations, until the stream is interrupted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes<A> {
  /** Streams the operations that were created since a time, and their changes. */
  <E = never, R = never>(start: Since, options?: Options<E, R>): Stream.Stream<Change<A>, FeedError | E, R>
  /** Resumes from the checkpoint of an earlier feed. */
  <E = never, R = never>(
    start: FeedCheckpoint,
    options?: Options<E, R>
  ): Stream.Stream<Change<A>, FeedError | CommsError.CheckpointMismatch | E, R>
}

/**
 * Makes the feed of a resource.
 *
 * **Details**
 *
 * A round lists the new operations in windows of at most ten pages, or of more if the operations were created within a
 * minute. It then polls the older operations that have not ended. Lists have no filter by change and no documented
 * order, so a change is detected by the `version` of an operation. The feed measures its progress by the creation times
 * on the server, so a wrong local clock loses nothing.
 *
 * Each observed state is delivered once, also across restarts. States between two rounds are not observed. An operation
 * that has ended is observed only while it is listed, for the time of `overlap`. An operation is no longer tracked when
 * it was not found more than `maxFailures` times in a row; the log has a warning.
 *
 * After a transient failure the feed waits for 1 to 30 seconds, or longer if `Retry-After` asks for it. A permanent
 * failure, such as 401, fails with `FeedFailed` at once. Invalid options fail before anything is sent, as does a
 * checkpoint of another resource, server or account.
 *
 * Nothing is sent before a pull, so a slow consumer slows the feed. The changes in a page are one chunk.
 *
 * **Gotchas**
 *
 * Operations that were created before `since` are never delivered, even when they change. If the consumer stops before
 * it pulls the next chunk, the resumed feed delivers the last chunk again.
 *
 * **Example** (Following operations over restarts)
 *
 * ```ts
 * import type { Feed } from "@effect-comms/client"
 * import { Checkpoint, FeedCheckpoint, type SenderPoolOperation } from "@effect-comms/domain"
 * import { Console, Effect, FileSystem, Stream } from "effect"
 *
 * const write = Checkpoint.toJson(FeedCheckpoint.FeedCheckpoint)
 *
 * const read = Checkpoint.fromJson(FeedCheckpoint.FeedCheckpoint)
 *
 * export const follow = Effect.fn("follow")(function*(
 *   changes: Feed.Changes<SenderPoolOperation.SenderPoolOperation>,
 *   file: string
 * ) {
 *   const fs = yield* FileSystem.FileSystem
 *   const checkpoint = (checkpoint: FeedCheckpoint.FeedCheckpoint) => fs.writeFileString(file, write(checkpoint))
 *   const start = (yield* fs.exists(file))
 *     ? changes(yield* read(yield* fs.readFileString(file)), { checkpoint })
 *     : changes({ since: "2024-04-05T00:00:00Z" }, { checkpoint })
 *   yield* Stream.runForEach(start, ({ kind, operation }) => Console.log(kind, operation.id, operation.status))
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A extends Operation, E extends CommsError.CommsError, E1 extends CommsError.CommsError>(
  source: Source<A, E, E1> & {
    /** The server and the account that checkpoints are bound to. */
    readonly identity: Effect.Effect<Checkpoint.Identity, CommsError.InvalidInput>
    /** The resource that checkpoints are bound to. */
    readonly resource: string
  }
): Changes<A> => {
  const decodeSettings = makeDecoder(source.call, "options", Settings)
  const decodeStart = makeDecoder(source.call, "start", Start)
  const checkCheckpoint = check({ ...source, schema: FeedCheckpoint })
  const run = makeRun(source)

  function changes<E2, R2>(start: Since, options?: Options<E2, R2>): Stream.Stream<Change<A>, FeedError | E2, R2>
  function changes<E2, R2>(
    start: Since | FeedCheckpoint,
    options?: Options<E2, R2>
  ): Stream.Stream<Change<A>, FeedError | CommsError.CheckpointMismatch | E2, R2>
  function changes<E2, R2>(start: Since | FeedCheckpoint, { interval, ...options }: Options<E2, R2> = {}) {
    return Stream.unwrap(Effect.gen(function*() {
      const settings = yield* decodeSettings({ ...options, ...(Schedule.isSchedule(interval) ? {} : { interval }) })
      const { known, settled } = "settled" in start
        ? yield* checkCheckpoint(start, settings.maxAge)
        : { known: [], settled: (yield* decodeStart(start)).since }
      const bind = stamp(yield* source.identity, source.resource)
      return yield* run(bind, State.make(DateTime.toEpochMillis(settled), known), {
        interval: toSchedule(Schedule.isSchedule(interval) ? interval : settings.interval ?? Duration.seconds(30)),
        overlap: Duration.toMillis(settings.overlap ?? Duration.minutes(10)),
        maxFailures: settings.polls?.maxFailures ?? 10,
        maxFailureTime: settings.polls?.maxFailureTime ?? Duration.minutes(5),
        maxTracked: settings.maxTracked ?? 100_000,
        checkpoint: options.checkpoint
      })
    }))
  }
  return changes
}
