// The state of a scan and the pure steps between its states. `Out` is the output that the pages of a window go to.
import * as DateTime from "effect/DateTime"
import * as Cut from "./cut.ts"
import type { Source } from "./model.ts"

/** What stays the same during a scan. */
export interface Plan {
  readonly period: Cut.Period
  /** How many windows are read at once. */
  readonly readers: number
  /** Whether the windows are emitted in order. If so, each window has its own output, otherwise all share one. */
  readonly isOrdered: boolean
}

/** The ids of the emitted items: those of the last page, then of the pages before. Adding a page copies nothing. */
export interface Emitted {
  readonly count: number
  readonly ids: ReadonlyArray<string>
  readonly before: Emitted | undefined
}

/** A window that is not finished. */
export interface Open<Out> {
  readonly window: Cut.Window
  readonly out: Out
  readonly isBegun: boolean
  readonly progress: Cut.Progress
  /** The ids that the windows it is a part of have emitted. */
  readonly inherited: ReadonlyArray<ReadonlySet<string>>
  /** The ids that it has emitted itself. They are tracked while it may be split. */
  readonly emitted: Emitted | undefined
}

export interface State<Out> {
  /** The windows that are not finished, earliest first. */
  readonly open: ReadonlyArray<Open<Out>>
  /** The outputs that are not drained, in the order in which they are emitted. */
  readonly line: ReadonlyArray<Out>
  /** How many pages the outputs hold. */
  readonly held: number
}

export const empty: State<never> = { open: [], line: [], held: 0 }

/** How many pages one window may hold while it waits for earlier windows. */
export const maxHeldByOne = 64

// How many pages all windows may hold before another one is begun.
const maxHeldByAll = 512

// How many pages a part of an ordered window should have, so that it can hold all of them.
const heldByPart = 40

// A window that has emitted more ids than this is not split.
const maxRemembered = 10_000

const nothingEmitted: Emitted = { count: 0, ids: [], before: undefined }

const toSet = (emitted: Emitted): ReadonlySet<string> => {
  const ids = new Set<string>()
  for (let page: Emitted | undefined = emitted; page !== undefined; page = page.before) {
    for (const id of page.ids) ids.add(id)
  }
  return ids
}

const isSame = <Out>(a: Open<Out>, b: Open<Out>): boolean => a.window === b.window

const insert = <A>(items: ReadonlyArray<A>, index: number, inserted: Iterable<A>): ReadonlyArray<A> => [
  ...items.slice(0, index),
  ...inserted,
  ...items.slice(index)
]

/** Adds windows: at the start, or right behind the window that they are parts of. */
export const add = <Out>(
  { readers }: Plan,
  state: State<Out>,
  added: ReadonlyArray<{ readonly window: Cut.Window; readonly out: Out }>,
  parent?: Open<Out>
): State<Out> => {
  const inherited = parent?.emitted === undefined ? [] : [...parent.inherited, toSet(parent.emitted)]
  const emitted = readers > 1 ? nothingEmitted : undefined
  const opened = added.map(({ out, window }): Open<Out> => ({
    window,
    out,
    isBegun: false,
    progress: Cut.nothingRead,
    inherited,
    emitted
  }))
  const outs = new Set(added.map(({ out }) => out).filter((out) => !state.line.includes(out)))
  return {
    ...state,
    open: insert(
      state.open,
      parent === undefined ? 0 : state.open.findIndex((open) => isSame(open, parent)) + 1,
      opened
    ),
    line: insert(state.line, parent === undefined ? 0 : state.line.indexOf(parent.out) + 1, outs)
  }
}

const update = <Out>(state: State<Out>, changed: Open<Out>): State<Out> => ({
  ...state,
  open: state.open.map((open) => isSame(open, changed) ? changed : open)
})

/**
 * Begins the earliest window that is not begun. `undefined`: there is none. `"NoRoom"`: the outputs hold too many
 * pages. The very first window is always begun, since all later ones wait for it.
 */
export const begin = <Out>(
  { isOrdered }: Plan,
  state: State<Out>
): readonly [begun: Open<Out> | "NoRoom" | undefined, state: State<Out>] => {
  const next = state.open.find(({ isBegun }) => !isBegun)
  if (next === undefined) return [undefined, state]
  if (isOrdered && state.held >= maxHeldByAll && next !== state.open[0]) return ["NoRoom", state]
  const begun = { ...next, isBegun: true }
  return [begun, update(state, begun)]
}

/** What tells the items of a source apart. */
type Keys<A> = Pick<Source<never, A, never, never>, "createdAt" | "id">

/**
 * Takes a page, and returns the window with it and the next state. `items` are those to emit: without items that
 * another window owns, or that were emitted before the window was split.
 */
export const take = <A, Out>(
  { period }: Plan,
  state: State<Out>,
  before: Open<Out>,
  page: ReadonlyArray<A>,
  source: Keys<A>
) => {
  const timeOf = (a: A) => DateTime.toEpochMillis(source.createdAt(a))
  const owns = Cut.owns(period, before.window)
  const own = page.filter((a) => owns(timeOf(a)))
  const items = own.filter((a) => !before.inherited.some((ids) => ids.has(source.id(a))))
  const open = { ...before, progress: Cut.read(before.window, before.progress, own.map(timeOf)) }
  return {
    items,
    open,
    state: { ...update(state, open), held: items.length === 0 ? state.held : state.held + 1 }
  }
}

/** Tracks the ids of items that were emitted. With too many ids, the window is not split anymore. */
export const remember = <A, Out>(open: Open<Out>, items: ReadonlyArray<A>, source: Keys<A>): Open<Out> => {
  if (open.emitted === undefined) return open
  const count = open.emitted.count + items.length
  const emitted = count > maxRemembered
    ? undefined
    : { count, ids: items.map((a) => source.id(a)), before: open.emitted }
  return { ...open, emitted }
}

/** The windows that replace one that has more pages: itself, or its parts. */
export const split = <Out>(plan: Plan, { open: all }: State<Out>, open: Open<Out>): ReadonlyArray<Cut.Window> => {
  if (open.emitted === undefined) return [open.window]
  // A window without an estimate counts as much as this one.
  const left = all.reduce((sum, { progress }) => sum + (progress.left ?? open.progress.left ?? 0), 0)
  const share = left / plan.readers
  return Cut.split(plan.period, open.window, open.progress, {
    share: plan.isOrdered ? Math.min(share, heldByPart) : share,
    readers: plan.readers
  })
}

/** Removes a window whose pages have all been read. */
export const finish = <Out>(state: State<Out>, finished: Open<Out>): State<Out> => ({
  ...state,
  open: state.open.filter((open) => !isSame(open, finished))
})

/** Whether no window is left that writes to an output. */
export const isEnded = <Out>({ open }: State<Out>, out: Out): boolean => !open.some((other) => other.out === out)

/** Removes a page that was emitted. */
export const emit = <Out>(state: State<Out>): State<Out> => ({ ...state, held: state.held - 1 })

/** Removes the first output, which is drained. */
export const drain = <Out>(state: State<Out>): State<Out> => ({ ...state, line: state.line.slice(1) })
