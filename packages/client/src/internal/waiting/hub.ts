// Shares one poll per operation among all its waiters: the effects around `entries.ts`.
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import * as Attempts from "../../Attempts.ts"
import { beginSchedule, wholeMillis } from "../monotonic.ts"
import type { Observer } from "../observing/observer.ts"
import * as Entries from "./entries.ts"
import type { PollError } from "./model.ts"
import * as Timer from "./timer.ts"

interface Shared<A extends Operation> {
  readonly observer: Observer<A, PollError>
  readonly entries: Entries.Entries<A>
  /** The next result of each operation that a waiter waits for. */
  readonly answers: Map<OperationId, Deferred.Deferred<Entries.PollResult<A>>>
  readonly fibers: WeakMap<Entries.Batch, Fiber.Fiber<void>>
  /** Opened by each new demand for a poll. */
  readonly changed: Latch.Latch
}

const answerOf = <A extends Operation>({ answers }: Shared<A>, id: OperationId) => {
  const answer = answers.get(id) ?? Deferred.makeUnsafe<Entries.PollResult<A>>()
  answers.set(id, answer)
  return answer
}

const takeAnswer = <A extends Operation>({ answers }: Shared<A>, id: OperationId) => {
  const answer = answers.get(id)
  answers.delete(id)
  return answer
}

const poll = <A extends Operation>(shared: Shared<A>, batch: Entries.Batch): Effect.Effect<void> =>
  shared.observer.observe(
    batch,
    Effect.fnUntraced(function*(id, result) {
      const settled = Entries.settle(shared.entries, batch, id, yield* wholeMillis, result)
      if (settled === undefined) return
      const answer = takeAnswer(shared, id)
      if (answer !== undefined) yield* Deferred.succeed(answer, settled)
    })
  ).pipe(
    Effect.catchCause((cause) =>
      Effect.forEach(Entries.abandon(shared.entries, batch), (id) => {
        const answer = takeAnswer(shared, id)
        return answer === undefined ? Effect.void : Deferred.failCause(answer, cause)
      }, { discard: true })
    )
  )

const start = Effect.fnUntraced(function*<A extends Operation>(shared: Shared<A>, batch: Entries.Batch) {
  const fiber = yield* Effect.forkChild(poll(shared, batch))
  if (shared.entries.inProgress.has(batch)) shared.fibers.set(batch, fiber)
  else yield* Fiber.interrupt(fiber)
})

const run = Effect.fnUntraced(function*<A extends Operation>(shared: Shared<A>): Effect.fn.Return<never> {
  const { changed, entries } = shared
  while (true) {
    yield* changed.close
    const now = yield* wholeMillis
    const { batches, next } = Entries.takeDue(entries, now)
    if (batches.length > 0) yield* Effect.forEach(batches, (batch) => start(shared, batch), { discard: true })
    else if (next === Infinity) yield* changed.await
    else yield* Effect.timeoutOption(changed.await, next - now)
  }
})

// The first waiter starts the loop, but polls belong to no caller: they have no parent span, and are not collected.
const detached = (loop: Effect.Effect<never>): Effect.Effect<Fiber.Fiber<never>> =>
  Effect.updateContext(loop, (context: Context.Context<never>) => Context.omit(Tracer.ParentSpan)(context)).pipe(
    Effect.provideService(Attempts.CurrentAttempts, undefined),
    Effect.forkDetach
  )

/** Asks the schedule of a waiter when the poll after `last` is due. */
const follow = Effect.fnUntraced(function*<A extends Operation>(place: Entries.Place<A>, last: Entries.PollResult<A>) {
  const question = Entries.follow(place, last)
  if (question === undefined) return
  const step = question.step ?? (yield* beginSchedule(question.schedule))
  const delay = yield* step(last.at, question.poll).pipe(
    Effect.map(([, delay]) => delay),
    Pull.catchDone(() => Effect.undefined)
  )
  Entries.beginInterval(place, step, last.at, delay)
})

/** Asks for a poll, and waits for the first result after the given one. */
const ask = <A extends Operation>(shared: Shared<A>, place: Entries.Place<A>, after: number) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      Entries.ask(place, 1)
      const { id, polled: { last } } = place.entry
      return last !== undefined && last.number > after
        ? Effect.succeed(last)
        : Deferred.await(answerOf(shared, id))
    }),
    (answer) => Effect.andThen(shared.changed.open, answer),
    () => Effect.sync(() => Entries.ask(place, -1))
  )

const next = Effect.fnUntraced(function*<A extends Operation>(
  shared: Shared<A>,
  place: Entries.Place<A>,
  after: number | undefined
) {
  const { last } = place.entry.polled
  if (last === undefined) return yield* ask(shared, place, 0)
  if (after !== undefined && last.number > after) return last
  if (after !== undefined) yield* follow(place, last)
  else if (Result.isSuccess(last.result)) {
    yield* follow(place, last)
    if (Timer.isFresh(place.slot.timer, yield* wholeMillis)) return last
    Entries.restart(place)
  }
  return Timer.isOver(place.slot.timer) ? undefined : yield* ask(shared, place, last.number)
})

export const makeHub = <A extends Operation>(observer: Observer<A, PollError>) => {
  const entries = Entries.make<A>()
  const shared: Shared<A> = {
    observer,
    entries,
    answers: new Map(),
    fibers: new WeakMap(),
    changed: Latch.makeUnsafe(false)
  }
  let loop: { fiber: Fiber.Fiber<never> | undefined } | undefined

  return {
    /** How many operations are polled. */
    size: () => entries.byId.size,

    enter: Effect.fnUntraced(function*(request: Entries.Request) {
      const place = Entries.enter(entries, request)
      if (loop === undefined) {
        loop = { fiber: undefined }
        loop.fiber = yield* detached(run(shared))
      }
      return place
    }),

    /** Interrupts the requests that no waiter needs any more. */
    leave: (place: Entries.Place<A>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const batch = Entries.leave(entries, place)
        const { id } = place.entry
        if (!entries.byId.has(id)) shared.answers.delete(id)
        if (entries.byId.size === 0 && loop?.fiber !== undefined) {
          const { fiber } = loop
          loop = undefined
          return Fiber.interrupt(fiber)
        }
        const fiber = batch === undefined ? undefined : shared.fibers.get(batch)
        return fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
      }),

    /**
     * The newest result after the given one, as soon as there is one; undefined if the schedule has no more polls. A
     * waiter that has had none gets the last result if it is recent enough for its schedule.
     */
    next: (place: Entries.Place<A>, after: number | undefined) => next(shared, place, after)
  }
}
