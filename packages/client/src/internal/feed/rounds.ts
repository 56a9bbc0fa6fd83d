// A feed at work: rounds that read what is new, look again at what is open, and wait.
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { FeedCheckpoint, FeedFailed, FeedOverflow } from "@effect-comms/domain/FeedCheckpoint"
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { Observer } from "../observing/observer.ts"
import { isTransient } from "../transient.ts"
import * as Trouble from "./failures.ts"
import type { Change } from "./model.ts"
import * as State from "./state.ts"
import * as Window from "./window.ts"

/** Where a feed's operations come from. */
export interface Source<A, E, E1> {
  /** The name of the operation, for errors. */
  readonly call: string
  /** The pages of the operations that were created in a range of time. */
  readonly read: (range: Window.Range) => Stream.Stream<ReadonlyArray<A>, E>
  /** Looks at operations that are known. */
  readonly observe: Observer<A, E1>["observe"]
}

/** The options of a feed, checked and complete. */
export interface RunOptions<E, R> extends Trouble.Limits {
  readonly interval: Schedule.Schedule<unknown>
  /** In milliseconds. */
  readonly overlap: number
  readonly maxTracked: number
  readonly checkpoint: ((checkpoint: FeedCheckpoint) => Effect.Effect<void, E, R>) | undefined
}

const shortestInterval = Duration.millis(100)

export const toSchedule = (interval: Duration.Duration | Schedule.Schedule<unknown>): Schedule.Schedule<unknown> =>
  (Schedule.isSchedule(interval) ? interval : Schedule.jittered(Schedule.spaced(interval))).pipe(
    Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.max(duration, shortestInterval)))
  )

// Said of a page behind the first one it may be said of its token, which does not live for ever: a slow consumer is no
// reason to fail.
const mayBeOfToken = (error: CommsError.CommsError): boolean =>
  error._tag === "BadRequest" || error._tag === "NotFound" || error._tag === "PaginationLoop"

const askedBy = (error: CommsError.CommsError): number =>
  Duration.toMillis(RetryPolicy.retryAfter(error) ?? Duration.zero)

// Of failures, the one that says most about what is to be done: it never passes, or it asks for the longest wait.
const worstOf = <E extends CommsError.CommsError>(failures: ReadonlyArray<E>): E | undefined =>
  failures.find((error) => !isTransient(error)) ??
    failures.reduce<E | undefined>(
      (worst, error) => worst === undefined || askedBy(error) > askedBy(worst) ? error : worst,
      undefined
    )

export const makeRun = <A extends Operation, E extends CommsError.CommsError, E1 extends CommsError.CommsError>(
  { call, observe, read }: Source<A, E, E1>,
  bind: Effect.Effect<Checkpoint.Bound>
) =>
  Effect.fnUntraced(function*<E2, R2>(
    state: State.State,
    options: RunOptions<E2, R2>
  ): Effect.fn.Return<Stream.Stream<Change<A>, FeedFailed | FeedOverflow | E2, R2>> {
    const snapshot = Effect.map(bind, (bound) =>
      new FeedCheckpoint({
        ...bound,
        settled: DateTime.makeUnsafe(state.settled),
        known: Array.from(state.known.values())
      }, { disableChecks: true }))

    const save = options.checkpoint === undefined ? Effect.void : Effect.flatMap(snapshot, options.checkpoint)

    const checkSize = Effect.suspend(() => {
      const { maxTracked } = options
      const tracked = state.known.size
      return tracked <= maxTracked ?
        Effect.void :
        Effect.flatMap(
          snapshot,
          (checkpoint) => Effect.fail(new FeedOverflow({ call, tracked, maxTracked, checkpoint }))
        )
    })

    // What comes behind a chunk is pulled when the consumer is done with it.
    const deliver = (changes: ReadonlyArray<Change<A>>) =>
      changes.length === 0
        ? Stream.empty
        : Stream.concat(Stream.fromArray(changes), Stream.fromEffectDrain(Effect.andThen(save, checkSize)))

    const makeTrouble = Trouble.make(
      options,
      (reason, failures, since) =>
        Effect.flatMap(
          snapshot,
          (checkpoint) =>
            Effect.fail(new FeedFailed({ call, reason, failures, since: DateTime.makeUnsafe(since), checkpoint }))
        )
    )
    const reading = yield* makeTrouble
    const looking = yield* makeTrouble
    const wait = yield* Schedule.toStepWithSleep(options.interval)

    // Where the next window begins; undefined when the last one was read.
    let position: number | undefined
    let width = Window.firstWidth
    // Up to where this round has come, at its best try.
    let reached = -Infinity
    let rounds = 0

    const nextRound = Effect.suspend(() => rounds++ === 0 ? Effect.void : Effect.asVoid(wait(undefined)))

    const readWindow = (now: number, window: Window.Window) => {
      const part = Window.widthOfPart(window, now)
      // What becomes visible while this window is read may be as old as what is the latest now, less the overlap.
      const { latest } = state
      let pages = 0
      const end = Effect.sync(() => {
        if (part !== undefined && pages > Window.maxPages) {
          width = part
          return
        }
        width = Window.nextWidth(width, pages)
        position = window.end
        const until = window.end ?? Infinity
        State.settle(state, Math.min(until, latest - options.overlap))
        if (until > reached) reading.passed()
        reached = Math.max(reached, until)
      })
      return read(Window.toRange(window)).pipe(
        Stream.takeUntil(() => ++pages > Window.maxPages && part !== undefined),
        Stream.onEnd(end),
        Stream.mapEffect((page) => Effect.map(Clock.currentTimeMillis, (now) => State.take(state, page, now))),
        Stream.catch((error) => {
          const isOfToken = pages > 0 && mayBeOfToken(error)
          // A shorter window needs fewer tokens, and is sooner read to its end.
          if (pages > 0) width = part ?? width
          if (isOfToken && part !== undefined) return Stream.empty
          position = state.settled
          return Stream.fromEffectDrain(reading.failed(error, isOfToken || isTransient(error)))
        }),
        Stream.flatMap(deliver)
      )
    }

    const nextWindow = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      position === undefined
        ? Cause.done()
        : Effect.succeed(readWindow(now, Window.windowAt(position, width, now))))

    const windows = Stream.suspend(() => {
      position = state.settled
      reached = -Infinity
      return Stream.flatten(Stream.fromEffectRepeat(nextWindow))
    })

    const look = Effect.gen(function*() {
      const found: Array<A> = []
      const missing: Array<OperationId> = []
      const failures: Array<E1> = []
      yield* observe(State.open(state), (id, result) =>
        Effect.sync(() => {
          if (Result.isSuccess(result)) found.push(result.success)
          else if (result.failure._tag === "NotFound") missing.push(id)
          else failures.push(result.failure)
        }))
      for (const id of missing) {
        if (State.miss(state, id, options.maxFailures)) {
          yield* Effect.logWarning(`${call} gives up ${id}: it is not found any more`)
        }
      }
      const changes = State.take(state, found, yield* Clock.currentTimeMillis)
      const worst = worstOf(failures)
      const hasFailed = worst !== undefined && (!isTransient(worst) || found.length + missing.length === 0)
      const after = hasFailed ? looking.failed(worst, isTransient(worst)) : Effect.sync(looking.passed)
      return Stream.concat(deliver(changes), Stream.fromEffectDrain(after))
    })

    return Stream.fromEffectRepeat(nextRound).pipe(
      Stream.flatMap(() =>
        windows.pipe(
          Stream.concat(Stream.unwrap(look)),
          Stream.concat(Stream.fromEffectDrain(save))
        )
      )
    )
  })
