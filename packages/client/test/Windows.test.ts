import { CommsClient, RetryPolicy, SenderPoolOperations, Windows } from "@effect-comms/client"
import { CommsError, Pagination } from "@effect-comms/domain"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import {
  Arbitrary,
  Array,
  Clock,
  DateTime,
  Deferred,
  Duration,
  Effect,
  Equal,
  Fiber,
  Layer,
  Option,
  Order,
  Random,
  Ref,
  Schema,
  Stream
} from "effect"
import { TestClock } from "effect/testing"
import { assertTag, settle } from "./utils/script.ts"

const newest = Date.UTC(2024, 0, 15)
const hour = 3_600_000
const week = 7 * 24 * hour
const utc = DateTime.makeUnsafe

interface Thing {
  readonly id: string
  readonly at: number
}

interface Server {
  readonly things: ReadonlyArray<Thing>
  readonly pageSize: number
  readonly ends?: "included" | "excluded" | "seconds" | "seconds included"
  readonly order?: "ascending" | "descending" | "none"
  readonly before?: (range: Windows.Range, page: number) => Effect.Effect<void, CommsError.NotFound>
}

const thingsAt = (times: ReadonlyArray<number>) => times.map((at, n): Thing => ({ id: `thing ${n}`, at }))

const seconds = (time: number) => Math.floor(time / 1000)

const isWithin = ({ ends = "included" }: Server, { endDate, startDate }: Windows.Range) => ({ at }: Thing) => {
  const start = DateTime.toEpochMillis(startDate)
  const end = endDate === undefined ? Infinity : DateTime.toEpochMillis(endDate)
  if (ends === "seconds") return seconds(at) > seconds(start) && seconds(at) < seconds(end)
  if (ends === "seconds included") return seconds(at) >= seconds(start) && seconds(at) <= seconds(end)
  return ends === "included" ? at >= start && at <= end : at > start && at < end
}

const scrambled = ({ id }: Thing) => [...id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 1009, 7)

const byTime = Order.mapInput(Order.Number, ({ at }: Thing) => at)

const sorted = ({ order = "ascending", things }: Server) =>
  Array.sort(
    things,
    order === "none"
      ? Order.mapInput(Order.Number, scrambled)
      : order === "ascending"
      ? byTime
      : Order.flip(byTime)
  )

const tokenOf = (page: number) => Pagination.PageToken.make(`page ${page}`)

const pagesOf = (server: Server) => {
  const all = sorted(server)
  return (range: Windows.Range) =>
    Stream.paginate(0, (page) =>
      Effect.gen(function*() {
        if (server.before !== undefined) yield* server.before(range, page)
        const { pageSize } = server
        const things = all.filter(isWithin(server, range))
        const next = (page + 1) * pageSize < things.length ? Option.some(page + 1) : Option.none()
        const pagination = new Pagination.PaginationMetadata({
          next: Option.getOrNull(Option.map(next, tokenOf)),
          self: tokenOf(page)
        })
        return [[{ things: things.slice(page * pageSize, (page + 1) * pageSize), pagination }], next] as const
      }))
}

const scanThings = (
  server: Server,
  range: { readonly startDate: number; readonly endDate?: number | undefined },
  options?: Windows.Options
) =>
  Windows.scan({
    call: "Things.scan",
    range: {
      startDate: utc(range.startDate),
      endDate: range.endDate === undefined ? undefined : utc(range.endDate)
    },
    read: pagesOf(server),
    items: (page) => page.things,
    id: ({ id }) => id,
    createdAt: ({ at }) => utc(at)
  }, options)

const walkThings = (
  server: Server,
  { endDate, startDate }: { readonly startDate: number; readonly endDate?: number | undefined }
) =>
  sorted(server).filter(isWithin(server, {
    startDate: utc(startDate),
    ...(endDate === undefined ? {} : { endDate: utc(endDate) })
  }))

const idsOf = (things: ReadonlyArray<{ readonly id: string }>) => things.map(({ id }) => id)

const assertSame = (
  given: ReadonlyArray<{ readonly id: string }>,
  expected: ReadonlyArray<{ readonly id: string }>
) => assert.deepEqual(Array.sort(idsOf(given), Order.String), Array.sort(idsOf(expected), Order.String))

/** Runs an effect, advances the clock whenever the effect waits for it, and returns how long the effect took. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>, step: Duration.Input = "50 millis") =>
  Effect.gen(function*() {
    const start = yield* Clock.currentTimeMillis
    const fiber = yield* Effect.forkChild(effect)
    for (;;) {
      yield* settle
      if (fiber.pollUnsafe() !== undefined) break
      yield* TestClock.adjust(step)
    }
    const value = yield* Fiber.join(fiber)
    return { value, took: (yield* Clock.currentTimeMillis) - start }
  })

const hesitate = Effect.flatMap(Random.nextIntBetween(0, 5), (times) => Effect.repeat(Effect.yieldNow, { times }))

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const OptionsOfScan = Schema.Struct({
  windows: within(1, 64),
  concurrency: Schema.UndefinedOr(within(1, 16)),
  order: Schema.Literals(["window", "none"]),
  overlap: Schema.Literals(["1 milli", "10 millis", "1 second", "1 minute", "infinity"])
})

const optionsOf = ({ overlap, ...options }: typeof OptionsOfScan.Type): Windows.Options => ({
  ...options,
  overlap: overlap === "infinity" ? Duration.infinity : overlap
})

describe("the items of a scan", () => {
  it.effect.prop(
    "are those of one list, each once, for any server, period and options",
    {
      options: OptionsOfScan,
      times: Schema.Array(within(0, 1000)).check(Schema.isMaxLength(200)),
      dense: Schema.Array(within(0, 20)).check(Schema.isMaxLength(200)),
      denseAt: within(0, 1000),
      scale: Schema.Literals([1, 7, 1000, 600_000]),
      from: within(-5, 500),
      length: Schema.UndefinedOr(within(0, 1000)),
      pageSize: within(1, 8),
      ends: Schema.Literals(["included", "excluded"]),
      order: Schema.Literals(["ascending", "descending", "none"])
    },
    ({ dense, denseAt, ends, from, length, options, order, pageSize, scale, times }) =>
      Effect.gen(function*() {
        const things = thingsAt([
          ...times.map((time) => newest + time * scale),
          ...dense.map((time) => newest + denseAt * scale + time)
        ])
        const server: Server = { things, pageSize, ends, order, before: () => hesitate }
        yield* TestClock.setTime(newest + 700 * scale)
        const range = {
          startDate: newest + from * scale,
          endDate: length === undefined ? undefined : newest + (from + length) * scale
        }
        const given = yield* Stream.runCollect(scanThings(server, range, optionsOf(options)))
        assertSame(given, walkThings(server, range))
        if (options.order === "window" && order === "ascending") {
          assert.deepEqual(given.map(({ at }) => at), walkThings(server, range).map(({ at }) => at))
        }
      }),
    { arbitrary: { runs: 300 } }
  )

  it.effect.each(["included", "excluded"] as const)(
    "include those created at the edges of windows when the ends of a range are %s",
    (ends) =>
      Effect.forEach([1, 2, 3, 8, 64], (windows) =>
        Effect.gen(function*() {
          const length = 64_000
          const edges = Array.makeBy(windows + 1, (n) => newest + Math.floor(length * n / windows))
          const things = thingsAt(edges.flatMap((at) => [at - 1, at, at, at, at + 1]))
          const range = { startDate: newest, endDate: newest + length }
          const server: Server = { things, pageSize: 2, ends }
          for (const overlap of [1, 999, 1000]) {
            const given = yield* Stream.runCollect(scanThings(server, range, { windows, overlap }))
            assertSame(given, walkThings(server, range))
          }
        }))
  )

  it.effect.each(["seconds", "seconds included"] as const)(
    "include those created at the edges of windows when the server compares whole %s",
    (ends) =>
      Effect.gen(function*() {
        const range = { startDate: newest - 123, endDate: newest + 60_456 }
        const things = thingsAt(Array.makeBy(700, (n) => newest - 3000 + n * 97))
        const server: Server = { things, pageSize: 5, ends }
        assertSame(yield* Stream.runCollect(scanThings(server, range)), walkThings(server, range))
        const open = { startDate: newest - 123 }
        yield* TestClock.setTime(newest + 60_456)
        assertSame(yield* Stream.runCollect(scanThings(server, open)), walkThings(server, open))
      })
  )

  it.effect.each(
    [
      ["no items", [], 0, week],
      ["one item", [5], 0, week],
      ["one item in a period without length", [5], 5, 5],
      ["a period of one millisecond", [5, 5, 6], 5, 6]
    ] as const
  )("are complete for %s", ([, times, start, end]) =>
    Effect.gen(function*() {
      const server: Server = { things: thingsAt(times.map((time) => newest + time)), pageSize: 1 }
      const range = { startDate: newest + start, endDate: newest + end }
      assertSame(yield* Stream.runCollect(scanThings(server, range)), walkThings(server, range))
    }))

  it.effect("include those created during the scan when the end is open", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(newest)
      const server: Server = { things: thingsAt([newest - hour, newest, newest + hour]), pageSize: 1 }
      const given = yield* Stream.runCollect(scanThings(server, { startDate: newest - week }))
      assert.lengthOf(given, 3)
      assertSame(yield* Stream.runCollect(scanThings(server, { startDate: newest + 1 })), thingsAt([0, 0, 0]).slice(2))
    }))

  it.effect("are requested with the overlap at inner edges, and with the caller's dates at outer edges", () =>
    Effect.gen(function*() {
      const asked: Array<ReadonlyArray<number | undefined>> = []
      const server: Server = {
        things: [],
        pageSize: 1,
        before: ({ endDate, startDate }) =>
          Effect.sync(() =>
            void asked.push([startDate, endDate].map((date) => date && DateTime.toEpochMillis(date) - newest))
          )
      }
      const options: Windows.Options = { windows: 2, overlap: 5 }
      yield* Stream.runDrain(scanThings(server, { startDate: newest, endDate: newest + 1000 }, options))
      yield* TestClock.setTime(newest + 1000)
      yield* Stream.runDrain(scanThings(server, { startDate: newest }, options))
      assert.deepEqual(asked.splice(0), [[0, 505], [495, 1000], [0, 505], [495, undefined]])
      yield* TestClock.setTime(newest + 999)
      yield* Stream.runDrain(scanThings(server, { startDate: newest }, { windows: 3, overlap: 333 }))
      assert.deepEqual(asked, [[0, 666], [0, undefined], [333, undefined]])
    }))
})

describe("order", () => {
  const things = thingsAt(Array.makeBy(64, (n) => newest + n * hour))
  const range = { startDate: newest, endDate: newest + 64 * hour }
  const slowFirst = ({ startDate }: Windows.Range) =>
    Effect.sleep(DateTime.toEpochMillis(startDate) === newest ? "10 seconds" : "1 second")

  it.effect("is that of the windows with `order: window`, even if later windows arrive first", () =>
    Effect.gen(function*() {
      const server: Server = { things, pageSize: 4, before: slowFirst }
      const { value } = yield* timed(Stream.runCollect(scanThings(server, range, { order: "window" })), "1 second")
      assert.deepEqual(idsOf(value), idsOf(things))
    }))

  it.effect("is that of arrival by default", () =>
    Effect.gen(function*() {
      const server: Server = { things, pageSize: 4, before: slowFirst }
      const { value } = yield* timed(Stream.runCollect(scanThings(server, range)), "1 second")
      assertSame(value, things)
      assert.notInclude(idsOf(value.slice(0, 8)), things[0]?.id)
    }))

  it.effect("is that of the windows with `order: window` if the server sorts in descending order", () =>
    Effect.gen(function*() {
      const server: Server = { things, pageSize: 3, order: "descending", before: () => hesitate }
      const given = yield* Stream.runCollect(scanThings(server, range, { order: "window", windows: 4 }))
      const windows = given.map(({ at }) => Math.floor((at - newest) / (16 * hour)))
      assert.deepEqual(windows, Array.sort(windows, Order.Number))
      assertSame(given, things)
    }))

  it.effect("stops reading while 512 pages are held, and continues with the first window", () =>
    Effect.gen(function*() {
      const things = thingsAt([
        ...Array.makeBy(800, (n) => newest + n * 6 * 60_000),
        ...Array.makeBy(63 * 80, (n) => newest + (n + 80) * hour)
      ])
      const range = { startDate: newest, endDate: newest + 64 * 80 * hour }
      const gate = yield* Deferred.make<void>()
      let pages = 0
      const server: Server = {
        things,
        pageSize: 2,
        before: ({ startDate }) =>
          DateTime.toEpochMillis(startDate) === newest
            ? Deferred.await(gate)
            : Effect.sync(() => void pages++)
      }
      const fiber = yield* Effect.forkChild(Stream.runCollect(
        scanThings(server, range, { order: "window", windows: 64, concurrency: 16 })
      ))
      yield* Effect.repeat(settle, { times: 500 })
      const held = pages
      assert.isAtLeast(held, 512)
      assert.isAtMost(held, 512 + 15 * 64)
      yield* Effect.repeat(settle, { times: 100 })
      assert.strictEqual(pages, held)
      yield* Deferred.succeed(gate, undefined)
      assert.deepEqual(idsOf(yield* Fiber.join(fiber)), idsOf(things))
    }))

  it.effect("stops reading a window that holds 64 pages", () =>
    Effect.gen(function*() {
      const things = thingsAt(Array.makeBy(4000, (n) => newest + n * hour))
      let pages = 0
      const server: Server = {
        things,
        pageSize: 10,
        order: "none",
        before: ({ startDate }) =>
          DateTime.toEpochMillis(startDate) === newest ? Effect.never : Effect.sync(() => void pages++)
      }
      const options: Windows.Options = { order: "window", windows: 2 }
      yield* Effect.forkChild(
        Stream.runDrain(scanThings(server, { startDate: newest, endDate: newest + 4000 * hour }, options))
      )
      yield* Effect.repeat(settle, { times: 200 })
      assert.isAtLeast(pages, 64)
      assert.isAtMost(pages, 66)
    }))
})

describe("a scan", () => {
  const things = thingsAt(Array.makeBy(800, (n) => newest + n * hour))
  const range = { startDate: newest, endDate: newest + 800 * hour }

  it.effect("sends no request before the first pull, and starts over each time it is run", () =>
    Effect.gen(function*() {
      let pages = 0
      const scan = scanThings({ things, pageSize: 100, before: () => Effect.sync(() => void pages++) }, range)
      yield* settle
      assert.strictEqual(pages, 0)
      yield* Stream.runDrain(scan)
      const first = pages
      assert.isAtLeast(first, 8)
      assertSame(yield* Stream.runCollect(scan), things)
      assert.strictEqual(pages, 2 * first)
    }))

  it.effect("reads `concurrency` windows at once", () =>
    Effect.forEach([1, 3, 16], (concurrency) =>
      Effect.gen(function*() {
        let underWay = 0
        let most = 0
        const server: Server = {
          things,
          pageSize: 5,
          before: () =>
            Effect.sync(() => {
              most = Math.max(most, ++underWay)
            }).pipe(Effect.andThen(Effect.sleep(50)), Effect.ensuring(Effect.sync(() => underWay--)))
        }
        yield* timed(Stream.runDrain(scanThings(server, range, { windows: 16, concurrency })))
        assert.strictEqual(most, concurrency)
      })))

  it.effect("stops reading when its consumer stops pulling", () =>
    Effect.gen(function*() {
      let pages = 0
      const server: Server = { things, pageSize: 1, before: () => Effect.sync(() => void pages++) }
      const fiber = yield* Effect.forkChild(Stream.runForEach(scanThings(server, range), () => Effect.never))
      yield* Effect.repeat(settle, { times: 100 })
      assert.isAtMost(pages, 32)
      yield* Fiber.interrupt(fiber)
    }))

  it.effect.each(["taking enough", "an interrupt"] as const)(
    "ends every request after %s",
    (how) =>
      Effect.gen(function*() {
        let begun = 0
        let ended = 0
        const server: Server = {
          things,
          pageSize: 5,
          before: (_, page) =>
            Effect.suspend(() => {
              begun++
              return page === 0 ? Effect.void : Effect.never
            }).pipe(Effect.ensuring(Effect.sync(() => ended++)))
        }
        const scan = scanThings(server, range)
        if (how === "taking enough") {
          yield* Stream.runDrain(Stream.take(scan, 3))
        } else {
          const fiber = yield* Effect.forkChild(Stream.runDrain(scan))
          yield* settle
          assert.isAbove(begun, ended)
          yield* Fiber.interrupt(fiber)
        }
        assert.isAtLeast(begun, 2)
        assert.strictEqual(ended, begun)
      })
  )
})

describe("an error", () => {
  const things = thingsAt(Array.makeBy(80, (n) => newest + n * hour))
  const range = { startDate: newest, endDate: newest + 80 * hour }
  const failure = new CommsError.NotFound({ errors: [] })

  it.effect.each(["none", "window"] as const)(
    "of one window interrupts the others, and has the window (order: %s)",
    (order) =>
      Effect.gen(function*() {
        let waiting = 0
        const server: Server = {
          things,
          pageSize: 5,
          before: ({ startDate }, page) =>
            page === 0
              ? Effect.void
              : DateTime.toEpochMillis(startDate) === newest + 30 * hour - 1000
              ? Effect.fail(failure)
              : Effect.sync(() => waiting++).pipe(
                Effect.andThen(Effect.never),
                Effect.ensuring(Effect.sync(() => waiting--))
              )
        }
        const seen = yield* Ref.make<ReadonlyArray<Thing>>([])
        const error = yield* scanThings(server, range, { order }).pipe(
          Stream.runForEach((thing) => Ref.update(seen, (seen) => [...seen, thing])),
          Effect.flip
        )
        const { window } = assertTag(error, "NotFound")
        assert.isTrue(Equal.equals<unknown, unknown>(error, CommsError.withFields(failure, { window })))
        assert.notProperty(failure, "window")
        assert.deepEqual(window, { startDate: utc(newest + 30 * hour), endDate: utc(newest + 40 * hour) })
        assert.strictEqual(waiting, 0)
        const given = yield* Ref.get(seen)
        assert.strictEqual(new Set(idsOf(given)).size, given.length)
        assert.isAtLeast(given.length, 5)
        if (order === "window") assert.deepEqual(given.slice(0, 5), things.slice(0, 5))
      })
  )

  it.effect("can be caught by its tag", () =>
    Effect.gen(function*() {
      const server: Server = { things, pageSize: 5, before: () => Effect.fail(failure) }
      const caught = yield* scanThings(server, { startDate: newest }).pipe(
        Stream.catchTag("NotFound", ({ window }) => Stream.succeed(window.startDate)),
        Stream.runCollect
      )
      assert.lengthOf(caught, 1)
    }))

  it.effect("of the last window of an open period has no `endDate`", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(newest)
      const server: Server = {
        things,
        pageSize: 5,
        before: ({ endDate }) => endDate === undefined ? Effect.fail(failure) : Effect.void
      }
      const error = yield* Effect.flip(Stream.runDrain(scanThings(server, { startDate: newest - week })))
      assert.strictEqual(assertTag(error, "NotFound").window.endDate, undefined)
    }))
})

it.effect("one error value in two scans has the window of each scan", () =>
  Effect.gen(function*() {
    const failure = new CommsError.NotFound({ errors: [] })
    const server: Server = { things: [], pageSize: 1, before: () => Effect.fail(failure) }
    const fail = (startDate: number) =>
      Effect.map(
        Effect.flip(Stream.runDrain(scanThings(server, { startDate, endDate: startDate + hour }, { windows: 1 }))),
        (error) => assertTag(error, "NotFound")
      )
    const [first, second] = [yield* fail(newest), yield* fail(newest + hour)]
    assert.deepEqual(first.window.startDate, utc(newest))
    assert.deepEqual(second.window.startDate, utc(newest + hour))
  }))

describe("input", () => {
  const never: Server = { things: [], pageSize: 1, before: () => Effect.die("A request was sent") }

  it.effect.each<readonly [field: string, options: Windows.Options]>([
    ["windows", { windows: 0 }],
    ["windows", { windows: 65 }],
    ["windows", { windows: 1.5 }],
    ["concurrency", { concurrency: 0 }],
    ["concurrency", { concurrency: 17 }],
    ["overlap", { overlap: -1 }],
    ["overlap", { overlap: 0 }],
    ["overlap", { overlap: Number.NaN }],
    // @ts-expect-error an unknown order, as untyped code may pass it
    ["order", { order: "createdAt" }]
  ])("with an invalid %s fails with the name of the field", ([field, options]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Stream.runDrain(scanThings(never, { startDate: newest }, options)))
      const refused = assertTag(error, "InvalidInput")
      assert.strictEqual(refused.call, "Things.scan")
      assert.strictEqual(refused.field, field)
    }))

  it.effect("fails if the end is before the start, or if a date is invalid", () =>
    Effect.gen(function*() {
      const backwards = scanThings(never, { startDate: newest, endDate: newest - 1 })
      assert.strictEqual(assertTag(yield* Effect.flip(Stream.runDrain(backwards)), "InvalidInput").field, "startDate")
      const noDate = Windows.scan({
        call: "Things.scan",
        range: { startDate: "yesterday", endDate: "2024-02-30" },
        read: pagesOf(never),
        items: ({ things }) => things,
        id: ({ id }) => id,
        createdAt: ({ at }) => utc(at)
      })
      const { issues } = assertTag(yield* Effect.flip(Stream.runDrain(noDate)), "InvalidInput")
      assert.deepEqual(issues.map(({ field }) => field), ["startDate", "endDate"])
    }))
})

interface Week {
  readonly options?: Windows.Options | undefined
  readonly pageSize?: number | undefined
  readonly startDate?: number | undefined
}

const weekOf = ({ startDate = newest - week }: Week) => ({
  startDate: utc(startDate),
  endDate: utc(startDate + week + 1)
})

const paramsOf = (options: Week) => ({ ...weekOf(options), pageSize: options.pageSize ?? 50 })

const scanOperations = (options: Week) =>
  Stream.unwrap(
    Effect.map(SenderPoolOperations.SenderPoolOperations, ({ scan }) => scan(paramsOf(options), options.options))
  )

const walkOperations = (options: Week) =>
  Stream.unwrap(Effect.map(
    SenderPoolOperations.SenderPoolOperations,
    ({ stream }) => stream(paramsOf(options))
  ))

const layerOf = (options: Emulator.Options, flowControl?: CommsClient.Options["flowControl"]) =>
  SenderPoolOperations.layer.pipe(
    Layer.provide(
      CommsClient.layer({ baseUrl: Emulator.baseUrl, credentials: Emulator.defaultCredentials, flowControl })
    ),
    Layer.provide(Emulator.layerHttpClient),
    Layer.provideMerge(Emulator.layer({ newest: utc(newest), ...options })),
    Layer.fresh
  )

const delay: FaultPlan.FaultPlan = { rules: [{ do: { _tag: "Delay", duration: Duration.millis(50) } }] }

const requests = Effect.flatMap(
  Emulator.Emulator,
  ({ report }) => Effect.map(report, ({ summary }) => summary.requests)
)

/** The time that a scan of 400 pages takes, as a share of one list, and how many more requests it sends. */
const compare = (options: Week, span: Duration.Input) =>
  Effect.gen(function*() {
    const walk = yield* timed(Stream.runCollect(walkOperations(options)))
    const before = yield* requests
    assert.strictEqual(before, 400)
    const scan = yield* timed(Stream.runCollect(scanOperations(options)))
    assertSame(scan.value, walk.value)
    return { ratio: scan.took / walk.took, more: (yield* requests) - 2 * before }
  }).pipe(Effect.provide(layerOf({ operations: 20_000, span, faults: delay }), { local: true }))

describe("400 pages of 50 ms", () => {
  it.effect.each<Windows.Options>([{}, { order: "window" }])(
    "take at most 0.15 of the time when items are spread evenly: %o",
    (options) =>
      Effect.gen(function*() {
        const { more, ratio } = yield* compare({ options }, week)
        assert.isAtMost(ratio, 0.15)
        assert.isAtMost(more, 16)
      })
  )

  it.effect("take at most 0.1 of the time with twice the readers", () =>
    Effect.gen(function*() {
      const { more, ratio } = yield* compare({ options: { concurrency: 16 } }, week)
      assert.isAtMost(ratio, 0.1)
      assert.isAtMost(more, 60)
    }))

  it.effect.each<readonly [number, Windows.Options]>([
    [newest - week, {}],
    [newest - 4.3 * 24 * hour, {}],
    [newest - 4.3 * 24 * hour, { order: "window" }],
    [newest - hour, { windows: 2, concurrency: 8 }]
  ])(
    "take at most 0.2 of the time when all items are in one hour of the week: %o",
    ([startDate, options]) =>
      Effect.gen(function*() {
        const { more, ratio } = yield* compare({ startDate, options }, hour)
        assert.isAtMost(ratio, 0.2)
        assert.isAtMost(more, 80)
      })
  )

  it.effect("take no longer when all items were created within one second", () =>
    Effect.gen(function*() {
      const { more, ratio } = yield* compare({}, "1 second")
      assert.isAtMost(ratio, 1.05)
      assert.isAtMost(more, 80)
    }))

  it.effect("take at most 0.2 of the time in order, with many more pages than are held", () =>
    Effect.gen(function*() {
      const server: Server = {
        things: thingsAt(Array.makeBy(20_000, (n) => newest + n * 30_000)),
        pageSize: 10,
        before: () => Effect.sleep(50)
      }
      const range = { startDate: newest, endDate: newest + 20_000 * 30_000 }
      const { took, value } = yield* timed(Stream.runCollect(scanThings(server, range, { order: "window" })))
      assert.deepEqual(idsOf(value), idsOf(server.things))
      assert.isAtMost(took / (2000 * 50), 0.2)
    }))

  it.effect.each(["ascending", "descending"] as const)(
    "take at most 0.33 of the time when a window is dense only at its end (%s)",
    (order) =>
      Effect.gen(function*() {
        const few = Array.makeBy(600, (n) => newest + n * week / 600)
        const many = Array.makeBy(3400, (n) => newest + week / 2 + 20 * hour / 2 + n * 1000)
        const server: Server = {
          things: thingsAt([...few, ...many]),
          pageSize: 10,
          order,
          before: () => Effect.sleep(50)
        }
        const range = { startDate: newest, endDate: newest + week }
        const { took, value } = yield* timed(Stream.runCollect(scanThings(server, range)))
        assertSame(value, server.things)
        assert.isAtMost(took / (400 * 50), 0.33)
      })
  )

  it.effect("take at most 0.33 of the time when one window of an unsorted server has most items", () =>
    Effect.gen(function*() {
      const server: Server = {
        things: thingsAt(Array.makeBy(4000, (n) => newest + n * 20_000)),
        pageSize: 10,
        order: "none",
        before: () => Effect.sleep(50)
      }
      const range = { startDate: newest, endDate: newest + week }
      const { took, value } = yield* timed(Stream.runCollect(scanThings(server, range)))
      assertSame(value, server.things)
      assert.isAtMost(took / (400 * 50), 0.33)
    }))
})

const passing: ReadonlyArray<FaultPlan.Fault> = [
  { _tag: "Status", status: 429, retryAfter: 1 },
  { _tag: "Status", status: 503, retryAfter: { date: 2 } },
  { _tag: "Status", status: 409, retryAfter: 1 },
  { _tag: "Status", status: 502, body: "<html>", mediaType: "text/html" },
  { _tag: "Drop" },
  { _tag: "Drop", afterBytes: 30 },
  { _tag: "EmptyPage" },
  { _tag: "UnknownStatus", status: "PAUSED" },
  { _tag: "Delay", duration: Duration.millis(300) },
  { _tag: "ClockSkew", by: -5000 }
]

const passingPlans = Arbitrary.map(
  Arbitrary.schema(Schema.Struct({
    seed: Schema.Int,
    rules: Schema.Array(Schema.Struct({ fault: within(0, passing.length - 1), probability: within(0, 20) })).check(
      Schema.isMaxLength(4)
    )
  })),
  ({ rules, seed }): FaultPlan.FaultPlan => ({
    seed,
    rules: rules.map(({ fault, probability }) => ({
      when: { probability: probability / 100 },
      do: passing[fault] ?? { _tag: "Drop" }
    }))
  })
)

describe("faults", () => {
  it.effect.prop(
    "that are transient do not change the items",
    {
      seed: Schema.Int,
      faults: passingPlans,
      options: OptionsOfScan,
      operations: within(0, 400),
      span: Schema.Literals(["1 second", "1 hour", "7 days", "9 days"]),
      pageSize: within(5, 50)
    },
    ({ faults, operations, options, pageSize, seed, span }) =>
      Effect.gen(function*() {
        const { setFaults } = yield* Emulator.Emulator
        const what = { pageSize, options: optionsOf(options) }
        const expected = yield* Stream.runCollect(walkOperations(what))
        yield* setFaults(faults)
        const { value } = yield* timed(Stream.runCollect(scanOperations(what)), "250 millis")
        assertSame(value, expected)
      }).pipe(
        Effect.provide(RetryPolicy.layer({ maxAttempts: 100, callTimeout: "1 day" })),
        Effect.provide(layerOf({ seed, operations, span }, { quota: 10_000 }), { local: true })
      ),
    { arbitrary: { runs: 60 } }
  )

  it.effect.each<FaultPlan.Fault>([
    { _tag: "SameToken", token: "a=" },
    { _tag: "TokenCycle", length: 3 }
  ])(
    "that are permanent fail the scan: %o",
    (fault) =>
      Effect.forEach(["none", "window"] as const, (order) =>
        Effect.gen(function*() {
          const options = { windows: 4, concurrency: 16, order }
          const { value: error } = yield* timed(Effect.flip(Stream.runDrain(scanOperations({ options }))))
          const loop = assertTag(error, "PaginationLoop")
          assert.isTrue(DateTime.isDateTime(loop.window.startDate))
          assert.isAtMost(yield* requests, 200)
        }).pipe(Effect.provide(layerOf({ operations: 5000, faults: { rules: [{ do: fault }] } }), { local: true })))
  )
})
