import { assert, describe, it } from "@effect/vitest"
import { Array, DateTime, Effect, Option, Order, Schema } from "effect"
import * as Cut from "../../../src/internal/windows/cut.ts"
import * as State from "../../../src/internal/windows/state.ts"

interface Thing {
  readonly id: string
  readonly at: number
}

const thingsAt = (times: ReadonlyArray<number>) => times.map((at, n): Thing => ({ id: `thing ${n}`, at }))

const source = {
  id: ({ id }: Thing) => id,
  createdAt: ({ at }: Thing) => DateTime.makeUnsafe(at)
}

const periodOf = (start: number, end: number): Cut.Period => ({
  start,
  end,
  range: { startDate: DateTime.makeUnsafe(start), endDate: DateTime.makeUnsafe(end) },
  overlap: 1
})

const planOf = (options: Partial<State.Plan> = {}): State.Plan => ({
  period: periodOf(0, 4000),
  readers: 4,
  isOrdered: true,
  ...options
})

const four = [0, 1, 2, 3].map((n): Cut.Window => ({ start: n * 1000, end: (n + 1) * 1000 }))

const outOf = ({ isOrdered }: State.Plan, { end, start }: Cut.Window) => isOrdered ? `${start} to ${end}` : "all"

const entriesOf = (plan: State.Plan, windows: ReadonlyArray<Cut.Window>) =>
  windows.map((window) => ({ window, out: outOf(plan, window) }))

const beginWith = (plan: State.Plan, windows: ReadonlyArray<Cut.Window> = four): State.State<string> =>
  State.add(plan, State.empty, entriesOf(plan, windows))

const openOf = (next: State.Open<string> | "NoRoom" | undefined) =>
  next === undefined || next === "NoRoom" ? assert.fail(`Expected a window, got ${next}`) : next

const nth = (state: State.State<string>, index: number) => openOf(state.open[index])

const startsOf = ({ open }: State.State<string>) => open.map(({ window }) => window.start)

/** Begins windows until there is none or no room for it. */
const beginAll = (plan: State.Plan, from: State.State<string>) => {
  const starts: Array<number> = []
  let state = from
  for (;;) {
    const [begun, next] = State.begin(plan, state)
    state = next
    if (begun === undefined || begun === "NoRoom") return { starts, state, end: begun }
    starts.push(begun.window.start)
  }
}

/** Takes a page with things at these times, and tracks its ids. */
const takeAt = (plan: State.Plan, state: State.State<string>, index: number, things: ReadonlyArray<Thing>) => {
  const taken = State.take(plan, state, nth(state, index), things, source)
  return { ...taken, open: State.remember(taken.open, taken.items, source) }
}

describe("add", () => {
  it("gives each window of an ordered scan an output, in order", () => {
    assert.deepEqual(beginWith(planOf()).line, ["0 to 1000", "1000 to 2000", "2000 to 3000", "3000 to 4000"])
  })

  it("adds a shared output once", () => {
    const plan = planOf({ isOrdered: false })
    const state = beginWith(plan)
    assert.deepEqual(state.line, ["all"])
    const parts = entriesOf(plan, Cut.cut({ start: 1000, end: 2000 }, 2, 1))
    assert.deepEqual(State.add(plan, state, parts, nth(state, 1)).line, ["all"])
  })

  it("puts the parts of a window right behind it", () => {
    const plan = planOf()
    const state = beginWith(plan)
    const parts = entriesOf(plan, Cut.cut({ start: 1000, end: 2000 }, 2, 1))
    const next = State.add(plan, state, parts, nth(state, 1))
    assert.deepEqual(startsOf(next), [0, 1000, 1000, 1500, 2000, 3000])
    assert.deepEqual(next.line.slice(1, 4), ["1000 to 2000", "1000 to 1500", "1500 to 2000"])
  })
})

describe("begin", () => {
  it("begins the earliest window that is not begun, each once", () => {
    const { end, starts } = beginAll(planOf(), beginWith(planOf()))
    assert.deepEqual(starts, [0, 1000, 2000, 3000])
    assert.isUndefined(end)
  })

  it.each<readonly [held: number, isOrdered: boolean, starts: ReadonlyArray<number>]>([
    [511, true, [0, 1000, 2000, 3000]],
    [512, true, [0]],
    [512, false, [0, 1000, 2000, 3000]]
  ])("with %d pages held (in order: %s) begins %o", (held, isOrdered, expected) => {
    const plan = planOf({ isOrdered })
    const { end, starts } = beginAll(plan, { ...beginWith(plan), held })
    assert.deepEqual(starts, expected)
    assert.strictEqual(end, expected.length === 1 ? "NoRoom" : undefined)
  })

  it("has room again after pages are emitted or the first window is finished", () => {
    const plan = planOf()
    const full = beginAll(plan, { ...beginWith(plan), held: 512 }).state
    assert.deepEqual(beginAll(plan, State.emit(full)).starts, [1000, 2000, 3000])
    assert.deepEqual(beginAll(plan, State.finish(full, nth(full, 0))).starts, [1000])
  })
})

describe("take", () => {
  const plan = planOf()
  const state = beginWith(plan)

  it("emits only the items that the window owns", () => {
    const { items } = takeAt(plan, state, 1, thingsAt([999, 1000, 1999, 2000]))
    assert.deepEqual(items.map(({ at }) => at), [1000, 1999])
  })

  it("counts a page as held unless it has nothing to emit", () => {
    assert.strictEqual(takeAt(plan, state, 1, thingsAt([1000, 1001])).state.held, 1)
    assert.strictEqual(takeAt(plan, state, 1, thingsAt([2000])).state.held, 0)
    assert.strictEqual(takeAt(plan, state, 1, []).state.held, 0)
  })

  it("adds the page to the progress of its window only", () => {
    const { state: next } = takeAt(plan, state, 1, thingsAt([1000, 1100]))
    assert.deepEqual(next.open.map(({ progress }) => progress.pages), [0, 1, 0, 0])
    assert.deepEqual(next.open.map(({ progress }) => progress.left), [undefined, 4, undefined, undefined])
  })

  it("estimates what is left from the items that the window owns", () => {
    const { open } = takeAt(plan, state, 1, thingsAt([900, 1000, 1100]))
    assert.strictEqual(open.progress.left, 4)
  })

  it("does not change the state that it is given", () => {
    const before = structuredClone(state)
    takeAt(plan, state, 1, thingsAt([1000, 1100]))
    assert.deepEqual(state, before)
  })

  it("drops items that any window it is a part of has emitted", () => {
    const things = thingsAt([1000, 1001, 1002, 1003])
    const first = takeAt(plan, state, 1, things.slice(0, 1))
    const halves = entriesOf(plan, Cut.cut({ start: 1000, end: 2000 }, 2, 1))
    const split = State.add(plan, first.state, halves, first.open)
    const second = takeAt(plan, split, 2, things.slice(0, 2))
    assert.deepEqual(second.items, things.slice(1, 2))
    const quarters = entriesOf(plan, Cut.cut({ start: 1000, end: 1500 }, 2, 1))
    const third = takeAt(plan, State.add(plan, second.state, quarters, second.open), 3, things)
    assert.deepEqual(third.items, things.slice(2))
  })
})

/** A page of items, a millisecond apart. */
const page = (start: number, count: number) => thingsAt(Array.makeBy(count, (n) => start + n))

/** The windows that replace the window of the last page. */
const partsAfter = (plan: State.Plan, pages: ReadonlyArray<readonly [index: number, page: ReadonlyArray<Thing>]>) => {
  let state = beginWith(plan)
  let open = nth(state, 0)
  for (const [index, things] of pages) {
    const taken = takeAt(plan, state, index, things)
    state = taken.state
    open = taken.open
  }
  return State.split(plan, state, open)
}

describe("split", () => {
  it("keeps a window that has as much left as the others", () => {
    assert.lengthOf(partsAfter(planOf(), [[0, page(0, 100)]]), 1)
    const even = [0, 1, 2, 3].map((index) => [index, page(index * 1000, 10)] as const)
    assert.lengthOf(partsAfter(planOf({ isOrdered: false }), even), 1)
  })

  it("cuts a window that has much more left than the others", () => {
    const uneven = [
      ...[0, 1, 2].map((index) => [index, [...page(index * 1000, 1), ...page(index * 1000 + 999, 1)]] as const),
      [3, page(3000, 10)] as const
    ]
    const parts = partsAfter(planOf({ isOrdered: false }), uneven)
    assert.deepEqual(parts, Cut.cut({ start: 3000, end: 4000 }, 4, 1))
  })

  it("cuts a window that has more left than it can hold in order", () => {
    const even = [0, 1, 2, 3].map((index) => [index, page(index * 1000, 10)] as const)
    assert.isAbove(partsAfter(planOf(), even).length, 1)
  })

  it("keeps a window without an estimate", () => {
    assert.lengthOf(partsAfter(planOf(), [[3, page(3000, 1)]]), 1)
  })

  it("keeps every window of a scan with one reader, and tracks no ids", () => {
    const plan = planOf({ readers: 1 })
    assert.lengthOf(partsAfter(plan, [[3, page(3000, 10)]]), 1)
    assert.isUndefined(takeAt(plan, beginWith(plan), 3, page(3000, 10)).open.emitted)
  })

  it.each([[10_000, true], [10_001, false]] as const)("tracks the ids of %d items: %s", (count, isTracked) => {
    const plan = planOf({ period: periodOf(0, 4_000_000) })
    const state = beginWith(plan, Cut.begin(plan.period, 4))
    const half = takeAt(plan, state, 0, page(0, 5000))
    const open = State.remember(half.open, page(0, count - 5000), source)
    assert.strictEqual(open.emitted?.count, isTracked ? count : undefined)
    assert.strictEqual(State.split(plan, half.state, open).length > 1, isTracked)
  })
})

describe("finish", () => {
  it("ends an output that is not shared", () => {
    const state = beginWith(planOf())
    const next = State.finish(state, nth(state, 1))
    assert.deepEqual(startsOf(next), [0, 2000, 3000])
    assert.isTrue(State.isEnded(next, "1000 to 2000"))
    assert.isFalse(State.isEnded(next, "0 to 1000"))
  })

  it("ends a shared output with the last window", () => {
    const begun = beginWith(planOf({ isOrdered: false }))
    const states = Array.scan(begun.open, begun, State.finish)
    assert.deepEqual(states.map((state) => State.isEnded(state, "all")), [false, false, false, false, true])
  })
})

it("drain removes the first output", () => {
  assert.deepEqual(State.drain(beginWith(planOf())).line, ["1000 to 2000", "2000 to 3000", "3000 to 4000"])
})

interface Reader {
  readonly open: State.Open<string>
  readonly page: number
}

/** Runs a scan without effects. `turns` says which reader is next; one more than the last reader is the consumer. */
const simulate = (
  plan: State.Plan,
  { pageSize, things, turns, windows }: {
    readonly pageSize: number
    readonly things: ReadonlyArray<Thing>
    readonly turns: ReadonlyArray<number>
    readonly windows: number
  }
) => {
  const outputs = new Map<string, Array<ReadonlyArray<Thing>>>()
  const readers: Array<Reader | undefined> = Array.makeBy(plan.readers, () => undefined)
  const emitted: Array<Thing> = []
  let state = beginWith(plan, Cut.begin(plan.period, windows))

  const read = ({ open, page }: Reader): Reader | undefined => {
    const { endDate, startDate } = Cut.rangeOf(plan.period, open.window)
    const end = endDate === undefined ? Infinity : DateTime.toEpochMillis(endDate)
    const list = things.filter(({ at }) => at >= DateTime.toEpochMillis(startDate) && at <= end)
    const taken = State.take(plan, state, open, list.slice(page * pageSize, (page + 1) * pageSize), source)
    state = taken.state
    if (taken.items.length > 0) outputs.set(open.out, [...(outputs.get(open.out) ?? []), taken.items])
    if ((page + 1) * pageSize < list.length) {
      const next = State.remember(taken.open, taken.items, source)
      const parts = State.split(plan, state, next)
      if (parts.length === 1) return { open: next, page: page + 1 }
      state = State.add(plan, state, entriesOf(plan, parts), next)
    }
    state = State.finish(state, open)
    return undefined
  }

  const consume = (head: string) => {
    const [page, ...rest] = outputs.get(head) ?? []
    if (page !== undefined) {
      emitted.push(...page)
      outputs.set(head, rest)
      state = State.emit(state)
    } else if (State.isEnded(state, head)) state = State.drain(state)
  }

  const turn = (index: number) => {
    const [head] = state.line
    if (index === plan.readers) return head === undefined ? undefined : consume(head)
    const reader = readers[index]
    if (reader !== undefined) {
      readers[index] = read(reader)
      return
    }
    const [begun, next] = State.begin(plan, state)
    state = next
    if (begun !== undefined && begun !== "NoRoom") readers[index] = { open: begun, page: 0 }
  }

  // A scan that does not end would emit less than everything.
  for (let n = 0; state.line.length > 0 && n < 100_000; n++) {
    turn(Option.getOrElse(Array.get(turns, n), () => n) % (plan.readers + 1))
  }
  return { emitted, state }
}

const sortedIds = (things: ReadonlyArray<Thing>) => Array.sort(things.map(({ id }) => id), Order.String)

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("a scan", () => {
  it.effect.prop(
    "emits every item once, in any order of turns",
    {
      times: Schema.Array(within(0, 4000)).check(Schema.isMaxLength(200)),
      dense: Schema.Array(within(1000, 1040)).check(Schema.isMaxLength(200)),
      isOrdered: Schema.Boolean,
      isSorted: Schema.Boolean,
      readers: within(1, 6),
      windows: within(1, 12),
      pageSize: within(1, 8),
      turns: Schema.Array(within(0, 6)).check(Schema.isMaxLength(300))
    },
    ({ dense, isOrdered, isSorted, readers, times, ...run }) =>
      Effect.sync(() => {
        const all = [...times, ...dense]
        const things = thingsAt(isSorted ? Array.sort(all, Order.Number) : all)
        const { emitted, state } = simulate(planOf({ readers, isOrdered }), { ...run, things })
        assert.deepEqual(sortedIds(emitted), sortedIds(things))
        if (isOrdered && isSorted) assert.deepEqual(emitted.map(({ at }) => at), things.map(({ at }) => at))
        assert.deepEqual(state, State.empty)
      }),
    { arbitrary: { runs: 300 } }
  )
})
