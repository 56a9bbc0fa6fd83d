// Shares one poll per operation among all its waits: the effects around `batches.ts` and `places.ts`.
import type { Operation } from "@effect-comms/domain/Operation"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as Attempts from "../../Attempts.ts"
import { beginSchedule, wholeMillis } from "../monotonic.ts"
import type { Observer } from "../observing/observer.ts"
import * as Batches from "./batches.ts"
import * as Entries from "./entries.ts"
import type { PollError } from "./model.ts"
import * as Places from "./places.ts"
import type { Step } from "./round.ts"

/** The access of one consumer to the polls of its waits, in the order of their requests. */
export interface Subscription<A extends Operation> {
  readonly places: ReadonlyArray<Entries.Place<A>>
  /** Polls until the consumer takes something that it wants now, or until the deadline in monotonic milliseconds. */
  readonly next: (deadline: number) => Effect.Effect<void>
  /** Ends waits. Interrupts the requests that no wait needs any more. */
  readonly leave: (places: ReadonlyArray<Entries.Place<A>>) => Effect.Effect<void>
}

/** Takes a newer result, or undefined if the schedule has no more polls. Returns whether the consumer wants it now. */
export type Take<A extends Operation> = (
  place: Entries.Place<A>,
  result: Entries.PollResult<A> | undefined
) => boolean

interface Consumer<A extends Operation> extends Entries.Listener<A> {
  isAsking: boolean
  /** Fails if a defect came, also while it did not ask. */
  defect: Effect.Effect<void>
  wake: (end: Effect.Effect<void>) => void
}

interface Loop {
  fiber: Fiber.Fiber<void> | undefined
}

interface Shared<A extends Operation> {
  readonly observer: Observer<A, PollError>
  readonly entries: Entries.Entries<A>
  readonly fibers: WeakMap<Entries.Batch<A>, Fiber.Fiber<void>>
  /** Opened when the loop has something to do. */
  readonly changed: Latch.Latch
  loop: Loop | undefined
}

const poll = <A extends Operation>(shared: Shared<A>, batch: Entries.Batch<A>): Effect.Effect<void> =>
  shared.observer.observe(batch.targets, (id, result, at) => {
    Batches.settle(shared.entries, batch, id, at, result)
    if (batch.isOver) shared.changed.openUnsafe()
  }).pipe(
    Effect.catchCause((cause) =>
      Effect.sync(() => {
        for (const place of Batches.abandon(shared.entries, batch)) {
          // A wait that does not ask now polls again later.
          if (place.listener.isAsking) place.listener.fail(cause)
          else Batches.miss(place)
        }
        shared.changed.openUnsafe()
      })
    )
  )

const start = Effect.fnUntraced(function*<A extends Operation>(shared: Shared<A>, batch: Entries.Batch<A>) {
  const fiber = yield* Effect.forkChild(poll(shared, batch))
  if (shared.entries.inProgress.has(batch)) shared.fibers.set(batch, fiber)
  else yield* Fiber.interrupt(fiber)
})

// A schedule of a resumed wait goes through the delays that are over, up to this many.
const maxPosition = 10_000

const delayOf = Effect.fnUntraced(function*<A extends Operation>(round: Entries.RoundOf<A>) {
  const poll = Places.toPoll(round)
  const ask = (step: Step) =>
    step(round.from, poll).pipe(
      Effect.map(([, delay]): Duration.Duration | undefined => delay),
      Pull.catchDone(() => Effect.undefined)
    )
  if (round.step !== undefined) return yield* ask(round.step)
  const step = round.step = yield* beginSchedule(round.rhythm.schedule)
  for (let n = Math.min(maxPosition, round.rhythm.position); n > 0; n--) {
    if ((yield* ask(step)) === undefined) return
  }
  return yield* ask(step)
})

/** Asks the schedule of a round when its next poll is due. */
const follow = <A extends Operation>({ changed }: Shared<A>, round: Entries.RoundOf<A>): Effect.Effect<void> =>
  Effect.zipWith(delayOf(round), wholeMillis, (delay, now) => Places.proceed(round, delay, now)).pipe(
    Effect.catchCause((cause) =>
      Effect.sync(() => {
        for (const { listener } of round.places) listener.fail(cause)
      })
    ),
    Effect.andThen(changed.open)
  )

const run = Effect.fnUntraced(function*<A extends Operation>(shared: Shared<A>, loop: Loop) {
  const { changed, entries } = shared
  while (true) {
    const now = yield* wholeMillis
    // The last wait has left, and another loop polls for those that came since.
    if (shared.loop !== loop) return
    changed.closeUnsafe()
    const batches = Batches.takeDue(entries, now)
    const asked = Places.takeAsked(entries)
    for (const round of asked) if (round.places.size > 0) yield* Effect.forkChild(follow(shared, round))
    for (const batch of batches) yield* start(shared, batch)
    if (batches.length === 0) yield* Effect.timeoutOption(changed.await, entries.next - now)
  }
})

// The first wait starts the loop, but polls belong to no caller: they have no parent span, and are not collected.
const startLoop = <A extends Operation>(shared: Shared<A>): Effect.Effect<void> =>
  Effect.uninterruptible(Effect.suspend(() => {
    if (shared.loop !== undefined) return Effect.void
    const loop: Loop = shared.loop = { fiber: undefined }
    return run(shared, loop).pipe(
      Effect.updateContext((context: Context.Context<never>) => Context.omit(Tracer.ParentSpan)(context)),
      Effect.provideService(Attempts.CurrentAttempts, undefined),
      Effect.forkDetach,
      Effect.map((fiber) => {
        loop.fiber = fiber
      })
    )
  }))

const makeConsumer = <A extends Operation>(take: Take<A>): Consumer<A> => {
  const consumer: Consumer<A> = {
    isAsking: false,
    missed: [],
    defect: Effect.void,
    wake: () => {},
    take: (place, result) => {
      if (take(place, result)) stop(Effect.void)
    },
    fail: (cause) => {
      consumer.defect = Effect.failCause(cause)
      stop(consumer.defect)
    }
  }
  const stop = (end: Effect.Effect<void>) => {
    consumer.isAsking = false
    consumer.wake(end)
  }
  return consumer
}

const next = Effect.fnUntraced(
  function*<A extends Operation>(
    shared: Shared<A>,
    consumer: Consumer<A>,
    rounds: ReadonlyArray<Entries.RoundOf<A>>,
    deadline: number
  ) {
    const { changed, entries } = shared
    yield* consumer.defect
    yield* startLoop(shared)
    const now = yield* wholeMillis
    // Unlike a latch or a deferred, a promise resumes the consumer after the code that wakes it, not within.
    const woken = new Promise<Effect.Effect<void>>((resolve) => {
      consumer.wake = resolve
    })
    consumer.isAsking = true
    Places.catchUpAll(consumer, now)
    let isEarlier = entries.asked.length > 0
    for (const round of rounds) isEarlier = Places.ask(entries, round, now) || isEarlier
    if (!consumer.isAsking || now >= deadline) return
    if (isEarlier) changed.openUnsafe()
    yield* Effect.timeoutOption(Effect.flatten(Effect.promise(() => woken)), deadline - now)
  },
  (effect, _, consumer) =>
    Effect.ensuring(
      effect,
      Effect.sync(() => {
        consumer.isAsking = false
      })
    )
)

const leave = Effect.fnUntraced(function*<A extends Operation>(
  shared: Shared<A>,
  places: Iterable<Entries.Place<A>>
) {
  const { changed, entries, fibers } = shared
  const now = yield* wholeMillis
  const unneeded: Array<Fiber.Fiber<void>> = []
  for (const place of places) {
    const batch = Places.leave(entries, place, now)
    const fiber = batch === undefined ? undefined : fibers.get(batch)
    if (fiber !== undefined) unneeded.push(fiber)
  }
  if (entries.byId.size === 0 && shared.loop?.fiber !== undefined) {
    unneeded.push(shared.loop.fiber)
    shared.loop = undefined
  }
  if (entries.asked.length > 0) changed.openUnsafe()
  yield* Effect.forEach(unneeded, Fiber.interrupt, { discard: true })
})

export const makeHub = <A extends Operation>(observer: Observer<A, PollError>) => {
  const shared: Shared<A> = {
    observer,
    entries: Entries.make(),
    fibers: new WeakMap(),
    changed: Latch.makeUnsafe(false),
    loop: undefined
  }
  return {
    /** How many operations are polled. */
    size: () => shared.entries.byId.size,

    /** Adds the waits of a consumer until the scope closes. */
    subscribe: (
      requests: ReadonlyArray<Places.Request>,
      take: Take<A>
    ): Effect.Effect<Subscription<A>, never, Scope.Scope> =>
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => {
            const consumer = makeConsumer(take)
            const places = requests.map((request) => Places.enter(shared.entries, request, consumer))
            return { consumer, places, active: new Set(places), rounds: [...new Set(places.map(({ round }) => round))] }
          }),
          ({ active }) => leave(shared, active)
        ),
        ({ active, consumer, places, rounds }) => ({
          places,
          next: (deadline) => next(shared, consumer, rounds, deadline),
          leave: (places) => {
            for (const place of places) active.delete(place)
            return leave(shared, places)
          }
        })
      )
  }
}
