// Reads the windows of a period, several at once, and emits the items that they own.
import * as CommsError from "@effect-comms/domain/CommsError"
import type * as Pagination from "@effect-comms/domain/Pagination"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Pull from "effect/Pull"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Cut from "./cut.ts"
import type { Source, Windowed } from "./model.ts"
import * as State from "./state.ts"

/** Starts the readers of a scan, and returns its stream. */
export const start = Effect.fnUntraced(
  function*<Page extends { readonly pagination: Pagination.PaginationMetadata }, A, E extends CommsError.CommsError, R>(
    source: Source<Page, A, E, R>,
    plan: State.Plan,
    windows: number
  ): Effect.fn.Return<Stream.Stream<A, Windowed<E>>, never, R | Scope.Scope> {
    type Out = Queue.Queue<Arr.NonEmptyReadonlyArray<A>, Windowed<E> | Cause.Done>

    const makeQueue: Effect.Effect<Out> = Queue.bounded(plan.isOrdered ? State.maxHeldByOne : plan.readers)
    // Without an order, all windows share one output.
    const makeOut = plan.isOrdered ? makeQueue : Effect.succeed(yield* makeQueue)
    // One for each window that is not begun.
    const tickets = yield* Queue.unbounded<void, Cause.Done>()
    // Closed while the outputs hold too many pages.
    const room = yield* Latch.make()
    let state: State.State<Out> = State.empty

    const add = Effect.fnUntraced(function*(windows: ReadonlyArray<Cut.Window>, parent?: State.Open<Out>) {
      const added = yield* Effect.forEach(windows, (window) => Effect.map(makeOut, (out) => ({ window, out })))
      state = State.add(plan, state, added, parent)
      yield* Queue.offerAll(tickets, windows.map(() => undefined))
    })

    const begin: Effect.Effect<State.Open<Out> | undefined> = Effect.suspend(() => {
      const [begun, next] = State.begin(plan, state)
      state = next
      if (begun !== "NoRoom") return Effect.succeed(begun)
      room.closeUnsafe()
      return Effect.andThen(room.await, begin)
    })

    const read = Effect.fnUntraced(function*(begun: State.Open<Out>) {
      let open = begun
      /** Takes a page, and returns whether to read the next one. */
      const take = Effect.fnUntraced(function*(page: Page) {
        const taken = State.take(plan, state, open, source.items(page), source)
        open = taken.open
        state = taken.state
        if (Arr.isReadonlyArrayNonEmpty(taken.items)) yield* Queue.offer(open.out, taken.items)
        if (page.pagination.next === null) return true
        open = State.remember(open, taken.items, source)
        const parts = State.split(plan, state, open)
        if (parts.length === 1) return true
        yield* add(parts, open)
        return false
      })
      yield* source.read(Cut.rangeOf(plan.period, open.window)).pipe(
        Stream.runForEachWhile(take),
        Effect.mapError((error) => CommsError.withFields(error, { window: Cut.rangeOf(plan.period, open.window, 0) }))
      )
      state = State.finish(state, open)
      if (State.isEnded(state, open.out)) yield* Queue.end(open.out)
      if (state.open.length === 0) yield* Queue.end(tickets)
    })

    const reader = Queue.take(tickets).pipe(
      Effect.andThen(begin),
      Effect.flatMap((begun) => begun === undefined ? Effect.void : read(begun)),
      Effect.forever,
      Pull.catchDone(() => Effect.void)
    )

    const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, Windowed<E>> = Effect.suspend(() => {
      const head = state.line[0]
      if (head === undefined) return Cause.done()
      const advance = (next: State.State<Out>) => {
        state = next
        room.openUnsafe()
      }
      return Queue.take(head).pipe(
        Effect.tap(() => Effect.sync(() => advance(State.emit(state)))),
        Pull.catchDone(() => {
          advance(State.drain(state))
          return pull
        })
      )
    })

    yield* add(Cut.begin(plan.period, windows))
    yield* Effect.forEach(Arr.range(1, plan.readers), () => reader, { concurrency: "unbounded", discard: true }).pipe(
      Effect.catchCause((cause) => Effect.forEach(state.line, (out) => Queue.failCause(out, cause), { discard: true })),
      Effect.forkScoped
    )
    return Stream.fromPull(Effect.succeed(pull))
  }
)
