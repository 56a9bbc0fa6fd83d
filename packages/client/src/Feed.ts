/**
 * Feeds: what is new and what has changed, for a program that runs for ever, for every resource.
 *
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
 * What ends a feed.
 *
 * @category errors
 * @since 0.1.0
 */
export type FeedError = FeedFailed | FeedOverflow | CommsError.InvalidInput

/**
 * How a feed is run; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<E = never, R = never> {
  /**
   * How long to wait between rounds: a duration, give or take a fifth at random, or any schedule, with whose end the feed
   * ends. Never below 100 ms. Default 30 seconds.
   */
  readonly interval?: Duration.Input | Schedule.Schedule<unknown> | undefined
  /**
   * How late an operation may become visible after its creation, clocks that differ included. Default 10 minutes. What
   * was created in this time before the newest operation is listed again in every round.
   */
  readonly overlap?: Duration.Input | undefined
  /** How much may fail before the feed does. */
  readonly polls?: {
    /** How often in a row: an integer from 0. Default 10. */
    readonly maxFailures?: number | undefined
    /** For how long in a row. Default 5 minutes. */
    readonly maxFailureTime?: Duration.Input | undefined
  } | undefined
  /** How many operations may be kept in mind: an integer from 1. Default 100,000. */
  readonly maxTracked?: number | undefined
  /**
   * Is given where the feed stands, after the consumer has taken a chunk, and after every round. Its failure fails the
   * feed.
   */
  readonly checkpoint?: ((checkpoint: FeedCheckpoint) => Effect.Effect<void, E, R>) | undefined
  /** How old a checkpoint that the feed starts from may be. Default 7 days. */
  readonly maxAge?: Duration.Input | undefined
}

const isFinite = Schema.makeFilter((duration: Duration.Duration) => Number.isFinite(Duration.toMillis(duration)), {
  expected: "a duration that ends"
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
 * Where a feed begins: what was created since then, and nothing that is older.
 *
 * @category models
 * @since 0.1.0
 */
export interface Since {
  /** A `DateTime`, a `Date` or RFC 3339 text. It may lie in the future. */
  readonly since: TimestampInput
}

/**
 * The changes of a family's operations, until the stream is interrupted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes<A> {
  /** The operations that are new or have changed since a time. */
  <E = never, R = never>(start: Since, options?: Options<E, R>): Stream.Stream<Change<A>, FeedError | E, R>
  /** The same, from the checkpoint of another feed. */
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
 * A round reads the list forward, in windows of time that are as long as ten pages allow, and then looks again at the
 * older operations that have not ended. Lists have no filter by change and no order that can be relied on, so a state is
 * known by its `version`, and how far everything was delivered by the newest creation that the server has shown, less
 * the overlap: a local clock that is wrong loses nothing, and a creation in the future moves nothing.
 *
 * Each state that is seen is delivered once, in this run and over any number of restarts. What came and went between two
 * rounds is not seen, and what changes after its end is seen only as long as it is listed, which is for the overlap.
 * An operation that is not found any more is given up after `maxFailures` times in a row, with a warning in the log.
 *
 * Failures that may pass are waited out, from a second to half a minute between them, and never less than `Retry-After`
 * asks. What does not pass, such as 401, fails with `FeedFailed` at once. A checkpoint of another resource, server or
 * account, and options that make no sense, fail before anything is sent.
 *
 * Nothing is asked for before it is pulled, and a consumer that is slow slows the feed. The operations of a page that are
 * new or changed are one chunk.
 *
 * **Gotchas**
 *
 * What was created before `since` is never delivered, whenever it changes. A consumer that stops within a chunk, or
 * after a chunk and before it pulls again, is given that chunk once more when it resumes, and nothing else.
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
    readonly identity: Effect.Effect<Checkpoint.Identity>
    /** The resource that checkpoints are bound to. */
    readonly resource: string
  }
): Changes<A> => {
  const decodeSettings = makeDecoder(source.call, "options", Settings)
  const decodeStart = makeDecoder(source.call, "start", Start)
  const checkCheckpoint = check({ ...source, schema: FeedCheckpoint })
  const run = makeRun(source, stamp(source.identity, source.resource))

  function changes<E2, R2>(start: Since, options?: Options<E2, R2>): Stream.Stream<Change<A>, FeedError | E2, R2>
  function changes<E2, R2>(
    start: Since | FeedCheckpoint,
    options?: Options<E2, R2>
  ): Stream.Stream<Change<A>, FeedError | CommsError.CheckpointMismatch | E2, R2>
  function changes<E2, R2>(
    start: Since | FeedCheckpoint,
    { interval, ...options }: Options<E2, R2> = {}
  ): Stream.Stream<Change<A>, FeedError | CommsError.CheckpointMismatch | E2, R2> {
    return Stream.unwrap(Effect.gen(function*() {
      const settings = yield* decodeSettings({ ...options, ...(Schedule.isSchedule(interval) ? {} : { interval }) })
      const { known, settled } = "settled" in start
        ? yield* checkCheckpoint(start, settings.maxAge)
        : { known: [], settled: (yield* decodeStart(start)).since }
      return yield* run(State.make(DateTime.toEpochMillis(settled), known), {
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
