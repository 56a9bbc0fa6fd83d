import { SenderPoolOperations } from "@effect-comms/client"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Logger, Metric, Ref, Stream } from "effect"
import { idOf, idsOf, things, tokenOf, tokensSent } from "./utils/pages.ts"
import { assertTag, json, layerScript, operation, page, refused, sent, sentCount } from "./utils/script.ts"

const operations = SenderPoolOperations.SenderPoolOperations

const repeatedPages = Effect.map(
  Metric.snapshot,
  (metrics) =>
    metrics.reduce(
      (sum, metric) =>
        metric.type === "Counter" && metric.id === "comms_client_repeated_pages"
          ? sum + Number(metric.state.count)
          : sum,
      0
    )
)

/** The items of a stream, and how it ended. */
const run = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.gen(function*() {
    const seen = yield* Ref.make<ReadonlyArray<A>>([])
    const exit = yield* stream.pipe(
      Stream.runForEach((a) => Ref.update(seen, (seen) => [...seen, a])),
      Effect.result
    )
    return { seen: yield* Ref.get(seen), exit }
  })

const failureOf = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.gen(function*() {
    const { exit, seen } = yield* run(stream)
    if (exit._tag === "Success") return assert.fail("The stream did not fail")
    return { seen, error: exit.failure }
  })

describe("requests", () => {
  it.effect("are not sent before the first pull", () =>
    Effect.gen(function*() {
      const { stream, streamPages } = yield* operations
      const [all, pages] = [stream(), streamPages({ pageSize: 1 })]
      assert.strictEqual(yield* sentCount, 0)
      yield* Stream.runDrain(all)
      yield* Stream.runDrain(pages)
      assert.strictEqual(yield* sentCount, 2)
    }).pipe(Effect.provide(layerScript(page([idOf(1)], null), page([idOf(1)], null)))))

  it.effect("are sent for one page if one is enough", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const taken = yield* stream({}, { prefetch: 0 }).pipe(Stream.take(3), Stream.runCollect)
      assert.deepEqual(taken.map(({ id }) => id), idsOf(0, 3))
      assert.strictEqual(yield* sentCount, 1)
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 50), "next")))))

  it.effect("are sent for the second page after the first was consumed", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const taken = yield* stream({}, { prefetch: 0 }).pipe(Stream.take(4), Stream.runCollect)
      assert.deepEqual(taken.map(({ id }) => id), idsOf(0, 4))
      assert.strictEqual(yield* sentCount, 2)
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 3), "b"), page(idsOf(3, 3), "c")))))

  it.effect("start at the first page each time that the stream runs", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const all = stream()
      yield* Stream.runDrain(all)
      yield* Stream.runDrain(all)
      assert.deepEqual(yield* tokensSent, [null, "b", null, "b"])
    }).pipe(
      Effect.provide(layerScript(page([], "b"), page([idOf(1)], null), page([], "b"), page([idOf(1)], null)))
    ))
})

describe("parameters", () => {
  it.effect("are sent for every page, with its token", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      yield* Stream.runDrain(stream({
        startDate: "2024-01-15",
        endDate: "2024-01-16",
        status: "PROCESSING",
        pageSize: 2
      }))
      const filters = {
        startDate: "2024-01-15T00:00:00.000Z",
        endDate: "2024-01-16T00:00:00.000Z",
        status: "PROCESSING",
        pageSize: "2"
      }
      assert.deepEqual((yield* sent).map(({ url }) => Object.fromEntries(url.searchParams)), [
        filters,
        { ...filters, pageToken: "b" },
        { ...filters, pageToken: "c" }
      ])
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 2), "b"), page(idsOf(2, 2), "c"), page(idsOf(4, 1), null)))))

  it.effect("can start the stream at a page token", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const taken = yield* Stream.runCollect(stream({ pageToken: "b" }))
      assert.deepEqual(taken.map(({ id }) => id), [idOf(2), idOf(3)])
      assert.deepEqual(yield* tokensSent, ["b", "c"])
    }).pipe(Effect.provide(layerScript(page([idOf(2)], "c"), page([idOf(3)], null)))))

  it.effect("resume a list after its last page", () =>
    Effect.gen(function*() {
      const { stream, streamPages } = yield* operations
      const [first] = yield* streamPages({}, { prefetch: 0 }).pipe(Stream.take(1), Stream.runCollect)
      const pageToken = first?.pagination.next ?? undefined
      assert.strictEqual(pageToken, "b")
      const rest = yield* Stream.runCollect(stream({ pageToken }))
      assert.deepEqual(rest.map(({ id }) => id), [idOf(2)])
      assert.deepEqual(yield* tokensSent, [null, "b"])
    }).pipe(Effect.provide(layerScript(page([idOf(1)], "b"), page([idOf(2)], null)))))

  it.effect.each(["eyJwYWdlIjoxfQ==", "a+b/c=", "https://x.test/?a=b&c=d#e f", "%2B", "ü", "日本"])(
    "carry the token %s unchanged",
    (token) =>
      Effect.gen(function*() {
        const { stream } = yield* operations
        yield* Stream.runDrain(stream())
        const [, second] = yield* sent
        assert.strictEqual(second?.url.searchParams.get("pageToken"), token)
        assert.match(second?.url.search ?? "", /^\?pageToken=[\w.*%+-]+$/)
        assert.notInclude(second?.url.search.replace("?pageToken=", "") ?? "=", "=")
        assert.strictEqual(second?.url.hash, "")
      }).pipe(Effect.provide(layerScript(page([], token), page([], null))))
  )
})

describe("pages", () => {
  it.effect("are delivered as one chunk each", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const chunks = yield* stream().pipe(Stream.chunks, Stream.runCollect)
      assert.deepEqual(chunks.map((chunk) => chunk.map(({ id }) => id)), [idsOf(0, 3), idsOf(3, 2)])
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 3), "b"), page([], "c"), page(idsOf(3, 2), null)))))

  it.effect("are all delivered, including empty ones", () =>
    Effect.gen(function*() {
      const { streamPages } = yield* operations
      const pages = yield* Stream.runCollect(streamPages())
      assert.deepEqual<ReadonlyArray<unknown>>(
        pages.map(({ operations, pagination }) => [operations.length, pagination.next]),
        [
          [1, "b"],
          [0, "c"],
          [1, null]
        ]
      )
    }).pipe(Effect.provide(layerScript(page([idOf(1)], "b"), page([], "c"), page([idOf(2)], null)))))

  it.effect("do not end the stream if they are empty and have a next token", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const taken = yield* Stream.runCollect(stream())
      assert.deepEqual(taken.map(({ id }) => id), [idOf(1)])
    }).pipe(Effect.provide(layerScript(page([], "b"), page([], "c"), page([idOf(1)], null)))))

  it.effect("are delivered before a later failure", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { error, seen } = yield* failureOf(stream())
      assert.deepEqual(seen.map(({ id }) => id), idsOf(0, 3))
      assert.strictEqual(assertTag(error, "InternalServerError").status, 500)
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 3), "b"), refused(500)))))
})

describe("PaginationLoop", () => {
  it.effect("ends a list whose page links to itself", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { error, seen } = yield* failureOf(stream())
      const loop = assertTag(error, "PaginationLoop")
      assert.deepEqual(seen.map(({ id }) => id), idsOf(0, 2))
      assert.strictEqual(loop.call, "SenderPoolOperations.stream")
      assert.strictEqual(loop.reason, "RepeatedToken")
      assert.strictEqual(loop.pageToken, "a")
      assert.strictEqual(loop.pages, 2)
      assert.deepEqual<ReadonlyArray<string>>(loop.trail, ["a"])
      assert.strictEqual(yield* sentCount, 2)
    }).pipe(Effect.provide(layerScript(page([idOf(0)], "a"), page([idOf(1)], "a")))))

  it.effect("ends a list whose two pages link to each other", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { error, seen } = yield* failureOf(stream())
      const loop = assertTag(error, "PaginationLoop")
      assert.deepEqual(seen.map(({ id }) => id), idsOf(0, 3))
      assert.strictEqual(loop.pageToken, "a")
      assert.strictEqual(loop.pages, 3)
      assert.deepEqual<ReadonlyArray<string>>(loop.trail, ["a", "b"])
      assert.strictEqual(yield* sentCount, 3)
    }).pipe(Effect.provide(layerScript(page([idOf(0)], "a"), page([idOf(1)], "b"), page([idOf(2)], "a")))))

  it.effect("ends a list that returns to the page where the stream started", () =>
    Effect.gen(function*() {
      const { streamPages } = yield* operations
      const { error, seen } = yield* failureOf(streamPages({ pageToken: "a" }))
      const loop = assertTag(error, "PaginationLoop")
      assert.lengthOf(seen, 2)
      assert.strictEqual(loop.pages, 2)
      assert.deepEqual<ReadonlyArray<string>>(loop.trail, ["a", "b"])
    }).pipe(Effect.provide(layerScript(page([], "b"), page([], "a")))))

  it.effect("has the last ten tokens", () =>
    Effect.gen(function*() {
      const { error } = yield* failureOf(things((at) => at % 12).stream({ after: 0 }))
      const loop = assertTag(error, "PaginationLoop")
      assert.strictEqual(loop.call, "Things.stream")
      assert.strictEqual(loop.pages, 13)
      assert.deepEqual(loop.trail, Array.from({ length: 10 }, (_, n) => tokenOf(n + 2)))
    }))
})

describe("a repeated page", () => {
  it.effect("is not delivered again by stream, even with another token", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const all = yield* Stream.runCollect(stream())
      assert.deepEqual(all.map(({ id }) => id), idsOf(0, 6))
    }).pipe(
      Effect.provide(layerScript(
        page(idsOf(0, 3), "b"),
        page(idsOf(0, 3), "c"),
        page(idsOf(3, 3), "d"),
        page(idsOf(0, 3), "e"),
        page(idsOf(3, 3), null)
      ))
    ))

  it.effect("is not delivered again by streamPages", () =>
    Effect.gen(function*() {
      const { streamPages } = yield* operations
      const pages = yield* Stream.runCollect(streamPages())
      assert.deepEqual<ReadonlyArray<unknown>>(pages.map(({ pagination }) => pagination.next), ["b", null])
    }).pipe(Effect.provide(layerScript(page([idOf(0)], "b"), page([idOf(0)], "c"), page([idOf(1)], null)))))

  it.effect.each(
    [
      ["another status", { status: "CANCELED" }],
      ["an unknown status", { status: "PAUSED" }],
      ["another total", { stats: { total: 2, queued: 0, created: 1, failed: 0 } }],
      ["another queued count", { stats: { total: 1, queued: 1, created: 1, failed: 0 } }],
      ["another created count", { stats: { total: 1, queued: 0, created: 2, failed: 0 } }],
      ["another failed count", { stats: { total: 1, queued: 0, created: 1, failed: 1 } }],
      ["another update time", { updatedAt: "2024-04-05T06:20:01Z" }],
      ["another creation time", { createdAt: "2024-04-05T06:20:01Z" }]
    ] as const
  )("is a different page if one of its items has %s", ([, changed]) =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      assert.lengthOf(yield* Stream.runCollect(stream()), 6)
    }).pipe(Effect.provide(layerScript(
      page(idsOf(0, 3), "b"),
      json({
        operations: idsOf(0, 3).map((id, index) =>
          index === 1 ? { ...operation, id, ...changed } : { ...operation, id }
        ),
        pagination: { next: null, self: "b" }
      })
    ))))

  it.effect("is reported by a warning, a metric and onRepeatedPage", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const before = yield* repeatedPages
      const reported = yield* Ref.make<ReadonlyArray<string | undefined>>([])
      const warned: Array<unknown> = []
      yield* Stream.runDrain(stream({}, { onRepeatedPage: (token) => Ref.update(reported, Arr.append(token)) })).pipe(
        Effect.provide(Logger.layer([
          Logger.make(({ logLevel, message }) => {
            if (logLevel === "Warn") warned.push(message)
          })
        ]))
      )
      assert.deepEqual(yield* Ref.get(reported), ["b", "c"])
      assert.strictEqual((yield* repeatedPages) - before, 2)
      assert.lengthOf(warned, 2)
    }).pipe(Effect.provide(layerScript(page([idOf(0)], "b"), page([idOf(0)], "c"), page([idOf(0)], null)))))

  it.effect("may occur nine times in a row", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const all = yield* Stream.runCollect(stream())
      assert.deepEqual(all.map(({ id }) => id), idsOf(0, 2))
    }).pipe(Effect.provide(layerScript(
      ...Array.from({ length: 10 }, (_, n) => page([idOf(0)], `t${n}`)),
      page([idOf(1)], "u"),
      ...Array.from({ length: 9 }, (_, n) => page([idOf(1)], n === 8 ? null : `u${n}`))
    ))))

  it.effect("fails the stream after ten in a row, even with empty pages between them", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { error, seen } = yield* failureOf(stream({}, { prefetch: 0 }))
      const loop = assertTag(error, "PaginationLoop")
      assert.lengthOf(seen, 1)
      assert.strictEqual(loop.reason, "RepeatedPages")
      assert.strictEqual(loop.pageToken, "t11")
      assert.strictEqual(loop.pages, 12)
      assert.lengthOf(loop.trail, 10)
      assert.strictEqual(yield* sentCount, 12)
    }).pipe(
      Effect.provide(layerScript(...Array.from({ length: 13 }, (_, n) => page(n === 5 ? [] : [idOf(0)], `t${n}`))))
    ))

  it.effect("does not fail the stream if it is the last page", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      assert.lengthOf(yield* Stream.runCollect(stream()), 1)
    }).pipe(
      Effect.provide(layerScript(...Array.from({ length: 11 }, (_, n) => page([idOf(0)], n === 10 ? null : `t${n}`))))
    ))
})

describe("limits", () => {
  const pages = [page(idsOf(0, 3), "b"), page(idsOf(3, 3), "c"), page(idsOf(6, 3), null)]

  it.effect.each([{ maxPages: 3 }, { maxItems: 9 }])(
    "do not fail a list that ends at %o",
    (options) =>
      Effect.gen(function*() {
        const { stream } = yield* operations
        assert.lengthOf(yield* Stream.runCollect(stream({}, options)), 9)
      }).pipe(Effect.provide(layerScript(...pages)))
  )

  it.effect.each(
    [
      [{ maxPages: 2 }, "maxPages", 2, 6, "c", 2],
      [{ maxItems: 8 }, "maxItems", 8, 6, "c", 3],
      [{ maxItems: 6 }, "maxItems", 6, 6, "c", 3],
      [{ maxPages: 1, maxItems: 3 }, "maxPages", 1, 3, "b", 1],
      [{ maxItems: 0 }, "maxItems", 0, 0, undefined, 1]
    ] as const
  )("%o fail the stream with %s", ([options, limit, max, items, pageToken, requests]) =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { error, seen } = yield* failureOf(stream({}, options))
      const failure = assertTag(error, "PaginationLimit")
      assert.deepEqual(seen.map(({ id }) => id), idsOf(0, items))
      assert.deepEqual<ReadonlyArray<unknown>>([failure.limit, failure.max, failure.pageToken], [limit, max, pageToken])
      assert.strictEqual(failure.call, "SenderPoolOperations.stream")
      assert.strictEqual(failure.position.items, items)
      assert.strictEqual(yield* sentCount, requests)
    }).pipe(Effect.provide(layerScript(...pages))))

  it.effect("of items do not count empty pages", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      assert.lengthOf(yield* Stream.runCollect(stream({}, { maxItems: 3 })), 3)
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 3), "b"), page([], null)))))

  it.effect("of pages count repeated pages", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { error } = yield* failureOf(stream({}, { maxPages: 2 }))
      assert.deepEqual<ReadonlyArray<unknown>>(assertTag(error, "PaginationLimit").trail, ["b"])
    }).pipe(Effect.provide(layerScript(page([idOf(0)], "b"), page([idOf(0)], "c")))))

  it.effect("end a list that has a new token on every page", () =>
    Effect.gen(function*() {
      const { error, seen } = yield* failureOf(things((at) => at).stream({}, { maxPages: 500 }))
      const failure = assertTag(error, "PaginationLimit")
      assert.lengthOf(seen, 500)
      assert.deepEqual(failure.trail, Array.from({ length: 10 }, (_, n) => tokenOf(n + 489)))
    }))
})

describe("options", () => {
  it.effect.each(
    [
      [{ prefetch: -1 }, "prefetch"],
      [{ prefetch: 17 }, "prefetch"],
      [{ prefetch: 1.5 }, "prefetch"],
      [{ prefetch: Number.NaN }, "prefetch"],
      [{ maxPages: 0 }, "maxPages"],
      [{ maxPages: Infinity }, "maxPages"],
      [{ maxItems: -1 }, "maxItems"],
      [{ maxItems: 0.5 }, "maxItems"]
    ] as const
  )("%o are rejected with the field %s before anything is sent", ([options, field]) =>
    Effect.gen(function*() {
      const { stream, streamPages } = yield* operations
      for (
        const error of [
          yield* Effect.flip(Stream.runDrain(stream({ pageToken: "b", pageSize: 7 }, options))),
          yield* Effect.flip(Stream.runDrain(streamPages({ pageToken: "b", pageSize: 7 }, options)))
        ]
      ) {
        assert.strictEqual(assertTag(error, "InvalidInput").field, field)
        assert.strictEqual(assertTag(error, "InvalidInput").call, "SenderPoolOperations.stream")
        assert.deepEqual<unknown>(error.position, { filters: { pageSize: 7 }, pages: 0, items: 0, pageToken: "b" })
      }
      assert.strictEqual(yield* sentCount, 0)
    }).pipe(Effect.provide(layerScript())))

  it.effect("may all be undefined", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      assert.lengthOf(
        yield* Stream.runCollect(stream({}, {
          prefetch: undefined,
          maxPages: undefined,
          maxItems: undefined,
          onRepeatedPage: undefined,
          checkpoint: undefined
        })),
        1
      )
    }).pipe(Effect.provide(layerScript(page([idOf(0)], null)))))
})
