// Runs a feed in rounds: lists the new operations, polls the tracked ones, and waits.
import type * as Checkpoint from "@effect-comms/domain/Checkpoint"
import type * as CommsError from "@effect-comms/domain/CommsError"
import { FeedCheckpoint, FeedFailed, FeedOverflow } from "@effect-comms/domain/FeedCheckpoint"
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Order from "effect/Order"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { beginScheduleWithSleep, wallOffset, wholeMillis } from "../monotonic.ts"
import type { Observer } from "../observing/observer.ts"
import { isTransient } from "../transient.ts"
import type { Range } from "../windows/model.ts"
import * as Failures from "./failures.ts"
import type { Change } from "./model.ts"
import * as State from "./state.ts"
import * as Window from "./window.ts"

/** The source of the operations of a feed. */
export interface Source<A, E, E1> {
  /** The name of the call, for errors. */
  readonly call: string
  /** Streams the pages of the operations that were created in a range. */
  readonly read: (range: Range) => Stream.Stream<ReadonlyArray<A>, E>
  /** Polls tracked operations. */
  readonly observe: Observer<A, E1>["observe"]
}

/** The validated options of a feed. */
export interface RunOptions<E, R> extends Failures.Limits {
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

// Tokens expire while a slow consumer works. So these errors are not permanent on any page but the first.
const mayBeExpiredToken = (error: CommsError.CommsError): boolean =>
  error._tag === "BadRequest" || error._tag === "NotFound" || error._tag === "PaginationLoop"

const byRetryAfter = Order.flip(Order.mapInput(Duration.Order, Failures.retryAfterOf))

/** A permanent failure, or the one with the longest `Retry-After`. */
const worstOf = <E extends CommsError.CommsError>(failures: ReadonlyArray<E>): E | undefined =>
  failures.find((error) => !isTransient(error)) ?? Arr.sort(failures, byRetryAfter)[0]

export const makeRun = <A extends Operation, E extends CommsError.CommsError, E1 extends CommsError.CommsError>(
  { call, observe, read }: Source<A, E, E1>
) =>
  Effect.fnUntraced(function*<E2, R2>(
    bind: Effect.Effect<Checkpoint.Bound>,
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

    const checkSize = Effect.gen(function*() {
      const { maxTracked } = options
      const tracked = state.known.size
      if (tracked > maxTracked) {
        return yield* new FeedOverflow({ call, tracked, maxTracked, checkpoint: yield* snapshot })
      }
    })

    // The effect after a chunk runs when the consumer pulls again.
    const deliver = (changes: ReadonlyArray<Change<A>>) =>
      changes.length === 0
        ? Stream.empty
        : Stream.concat(Stream.fromArray(changes), Stream.fromEffectDrain(Effect.andThen(save, checkSize)))

    const makeFailures = Failures.make(options, (reason, failures, since) =>
      Effect.flatMap(
        snapshot,
        (checkpoint) => Effect.fail(new FeedFailed({ call, reason, failures, since, checkpoint }))
      ))
    const readFailures = yield* makeFailures
    const pollFailures = yield* makeFailures
    const wait = yield* beginScheduleWithSleep(options.interval)

    // Creation times are compared with a clock that is never set back. It follows the wall clock forwards, since the
    // monotonic clock stops while a computer sleeps.
    let offset = -Infinity
    const currentTime = Effect.zipWith(wholeMillis, wallOffset, (millis, wall) => {
      offset = Math.max(offset, wall)
      return millis + offset
    })

    // The start of the next window; undefined after the last one.
    let position: number | undefined
    let width = Window.firstWidth
    // The end of the latest window that this round has read.
    let reached = -Infinity
    let rounds = 0

    const nextRound = Effect.suspend(() => rounds++ === 0 ? Effect.void : Effect.asVoid(wait(undefined)))

    const readWindow = (now: number, window: Window.Window) => {
      const part = Window.widthOfPart(window, now)
      // An operation that becomes visible during the read may be older than the latest one after it.
      const { latest } = state
      let pages = 0
      let times: Array<number> = []
      let isCut = false
      const cut = (page: ReadonlyArray<A>): boolean => {
        if (pages > 0 && pages % Window.maxPages === 0) {
          isCut = part !== undefined && Window.isSpread(times)
          times = []
        }
        pages++
        for (const { createdAt } of page) times.push(createdAt.epochMilliseconds)
        return isCut
      }
      const end = Effect.sync(() => {
        if (part !== undefined && isCut) {
          width = part
          return
        }
        width = Window.nextWidth(width, pages)
        position = window.end
        const until = window.end ?? Infinity
        State.settle(state, Math.min(until, latest - options.overlap))
        if (until > reached) readFailures.reset()
        reached = Math.max(reached, until)
      })
      return read(Window.toRange(window)).pipe(
        Stream.takeUntil(cut),
        Stream.onEnd(end),
        Stream.mapEffect((page) => Effect.map(currentTime, (now) => State.take(state, page, now))),
        Stream.catch((error) => {
          const isExpired = pages > 0 && mayBeExpiredToken(error)
          // A shorter window needs fewer tokens.
          if (pages > 0) width = part ?? width
          if (isExpired && part !== undefined) return Stream.empty
          position = state.settled
          return Stream.fromEffectDrain(readFailures.add(error, isExpired || isTransient(error)))
        }),
        Stream.flatMap(deliver)
      )
    }

    const nextWindow = Effect.flatMap(currentTime, (now) =>
      position === undefined
        ? Cause.done()
        : Effect.succeed(readWindow(now, Window.windowAt(position, width, now))))

    const windows = Stream.suspend(() => {
      position = state.settled
      reached = -Infinity
      return Stream.flatten(Stream.fromEffectRepeat(nextWindow))
    })

    const poll = Effect.gen(function*() {
      const found: Array<A> = []
      const missing: Array<OperationId> = []
      const failures: Array<E1> = []
      yield* observe(State.open(state), (id, result) => {
        if (Result.isSuccess(result)) found.push(result.success)
        else if (result.failure._tag === "NotFound") missing.push(id)
        else failures.push(result.failure)
      })
      for (const id of missing) {
        if (State.miss(state, id, options.maxFailures)) {
          yield* Effect.logWarning(`${call}: stopped tracking ${id}, which was not found`)
        }
      }
      const changes = State.take(state, found, yield* currentTime)
      const worst = worstOf(failures)
      const hasFailed = worst !== undefined && (!isTransient(worst) || found.length + missing.length === 0)
      const after = hasFailed ? pollFailures.add(worst, isTransient(worst)) : Effect.sync(pollFailures.reset)
      return Stream.concat(deliver(changes), Stream.fromEffectDrain(after))
    })

    return Stream.fromEffectRepeat(nextRound).pipe(
      Stream.flatMap(() =>
        windows.pipe(
          Stream.concat(Stream.unwrap(poll)),
          Stream.concat(Stream.fromEffectDrain(save))
        )
      )
    )
  })
