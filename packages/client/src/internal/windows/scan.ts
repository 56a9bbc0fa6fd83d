// Reads the windows of a period, several at once, and gives what they own.
import type * as Pagination from "@effect-comms/domain/Pagination"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Pull from "effect/Pull"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Windows from "../../Windows.ts"
import * as Window from "./cut.ts"

export interface Settings {
  readonly windows: number
  /** How many windows are read at once at most. */
  readonly readers: number
  readonly isOrdered: boolean
}

// In order, windows wait for the earlier ones: how many pages one of them may hold, how many all of them may before no
// other one is begun, and how many a part of one that is split should have.
const maxHeldByOne = 64
const maxHeldByAll = 512
const heldByPart = 40

// How many ids of what it gave a window remembers. With more it is not split any more.
const maxRemembered = 10_000

/** Starts the scan, and gives its stream. */
export const start = Effect.fnUntraced(
  function*<Page extends { readonly pagination: Pagination.PaginationMetadata }, A, E extends object, R>(
    source: Windows.Source<Page, A, E, R>,
    period: Window.Period,
    { isOrdered, readers, windows }: Settings
  ): Effect.fn.Return<Stream.Stream<A, Windows.Windowed<E>>, never, R | Scope.Scope> {
    type Out = Queue.Queue<Arr.NonEmptyReadonlyArray<A>, Windows.Windowed<E> | Cause.Done>

    interface Part {
      readonly window: Window.Window
      readonly out: Out
      /** What those gave that it is a part of. */
      readonly known: ReadonlyArray<ReadonlySet<string>>
      /** What it gave itself, as long as it may be split. */
      given: Set<string> | undefined
      progress: Window.Progress
      isBegun: boolean
    }

    const makeOut: Effect.Effect<Out> = Queue.bounded(isOrdered ? maxHeldByOne : readers)
    const shared = yield* makeOut
    // Both from the earliest on: what is still to be given, and the windows that are not done.
    const line: Array<Out> = isOrdered ? [] : [shared]
    const open: Array<Part> = []
    // One for each window that is not begun.
    const tickets = yield* Queue.unbounded<void, Cause.Done>()
    const room = yield* Latch.make()
    let held = 0

    const add = Effect.fnUntraced(function*(
      windows: ReadonlyArray<Window.Window>,
      parent?: Part
    ) {
      const known = parent?.given === undefined ? [] : [...parent.known, parent.given]
      const parts = yield* Effect.forEach(
        windows,
        (window) =>
          Effect.map(isOrdered ? makeOut : Effect.succeed(shared), (out): Part => ({
            window,
            out,
            known,
            given: readers > 1 ? new Set() : undefined,
            progress: Window.nothingRead,
            isBegun: false
          }))
      )
      if (isOrdered) {
        line.splice(
          parent === undefined ? 0 : line.indexOf(parent.out) + 1,
          0,
          ...parts.map(({ out }) => out)
        )
      }
      open.splice(parent === undefined ? 0 : open.indexOf(parent) + 1, 0, ...parts)
      yield* Queue.offerAll(tickets, parts.map(() => undefined))
    })

    const finish = Effect.fnUntraced(function*(part: Part) {
      open.splice(open.indexOf(part), 1)
      if (isOrdered) yield* Queue.end(part.out)
      if (open.length > 0) return
      yield* Queue.end(shared)
      yield* Queue.end(tickets)
    })

    const give = (part: Part, items: Arr.NonEmptyReadonlyArray<A>) => {
      held++
      return Queue.offer(part.out, items)
    }

    const timeOf = (a: A) => DateTime.toEpochMillis(source.createdAt(a))

    const remember = (part: Part, items: ReadonlyArray<A>) => {
      for (const item of items) part.given?.add(source.id(item))
      if (part.given !== undefined && part.given.size > maxRemembered) part.given = undefined
    }

    // What nothing is known of yet counts as much as the window that asks.
    const shareOf = (part: Part) =>
      open.reduce((sum, { progress }) => sum + (progress.left ?? part.progress.left ?? 0), 0) / readers

    /** Takes a page, and says whether to go on with this window. */
    const take = Effect.fnUntraced(function*(part: Part, page: Page) {
      const owns = Window.owns(period, part.window)
      const own = source.select(page).filter((a) => owns(timeOf(a)))
      const items = own.filter((a) => !part.known.some((ids) => ids.has(source.id(a))))
      part.progress = Window.read(part.window, part.progress, own.map(timeOf))
      if (Arr.isReadonlyArrayNonEmpty(items)) yield* give(part, items)
      if (page.pagination.next === null) return true
      remember(part, items)
      if (part.given === undefined) return true
      const windows = Window.split(period, part.window, part.progress, {
        share: isOrdered ? Math.min(shareOf(part), heldByPart) : shareOf(part),
        readers
      })
      if (windows.length === 1) return true
      yield* add(windows, part)
      return false
    })

    const readPart = (part: Part) =>
      source.read(Window.rangeOf(period, part.window)).pipe(
        Stream.runForEachWhile((page) => take(part, page)),
        Effect.mapError((error): Windows.Windowed<E> =>
          Object.assign(error, { window: Window.ownRangeOf(period, part.window) })
        ),
        Effect.andThen(finish(part))
      )

    // The earliest window is always begun, since all others may wait for it.
    const next: Effect.Effect<Part | undefined> = Effect.suspend(() => {
      const part = open.find(({ isBegun }) => !isBegun)
      if (part === undefined || !isOrdered || held < maxHeldByAll || part === open[0]) {
        if (part !== undefined) part.isBegun = true
        return Effect.succeed(part)
      }
      room.closeUnsafe()
      return Effect.andThen(room.await, next)
    })

    const reader = Queue.take(tickets).pipe(
      Effect.andThen(next),
      Effect.flatMap((part) => part === undefined ? Effect.void : readPart(part)),
      Effect.forever,
      Pull.catchDone(() => Effect.void)
    )

    const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, Windows.Windowed<E>> = Effect.suspend(() => {
      const head = line[0]
      if (head === undefined) return Cause.done()
      return Queue.take(head).pipe(
        Effect.tap(() =>
          Effect.sync(() => {
            held--
            room.openUnsafe()
          })
        ),
        Pull.catchDone(() => {
          line.shift()
          room.openUnsafe()
          return pull
        })
      )
    })

    yield* add(Window.begin(period, windows))
    yield* Effect.forEach(Arr.range(1, readers), () => reader, { concurrency: "unbounded", discard: true }).pipe(
      Effect.catchCause((cause) => Effect.forEach(line, (out) => Queue.failCause(out, cause), { discard: true })),
      Effect.forkScoped
    )
    return Stream.fromPull(Effect.succeed(pull))
  }
)
