import { Paging, SenderPoolOperations } from "@effect-comms/client"
import { type CommsError, Pagination } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Schema, Stream } from "effect"
import { assertTag, layerScript, page, refused, sent, sentCount } from "./utils/script.ts"

const idOf = (n: number) => `comms_operation_0${String(n).padStart(25, "0")}`
const idsOf = (from: number, count: number) => Array.from({ length: count }, (_, n) => idOf(from + n))

const operations = SenderPoolOperations.SenderPoolOperations

const tokensSent = Effect.map(sent, (sent) => sent.map(({ url }) => url.searchParams.get("pageToken")))

/** Everything that a stream gave, and the error it ended with. */
const watch = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
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
    const { exit, seen } = yield* watch(stream)
    if (exit._tag === "Success") return assert.fail("The stream ended well")
    return { seen, error: exit.failure }
  })

describe("asking for pages", () => {
  it.effect("sends nothing before the pull", () =>
    Effect.gen(function*() {
      const { stream, streamPages } = yield* operations
      const [all, pages] = [stream(), streamPages({ pageSize: 1 })]
      assert.strictEqual(yield* sentCount, 0)
      yield* Stream.runDrain(all)
      yield* Stream.runDrain(pages)
      assert.strictEqual(yield* sentCount, 2)
    }).pipe(Effect.provide(layerScript(page([idOf(1)], null), page([idOf(1)], null)))))

  it.effect("asks for one page when one is enough", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const taken = yield* stream().pipe(Stream.take(3), Stream.runCollect)
      assert.deepEqual(taken.map(({ id }) => id), idsOf(0, 3))
      assert.strictEqual(yield* sentCount, 1)
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 50), "next")))))

  it.effect("asks for the second page only when the first is used up", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const taken = yield* stream().pipe(Stream.take(4), Stream.runCollect)
      assert.deepEqual(taken.map(({ id }) => id), idsOf(0, 4))
      assert.strictEqual(yield* sentCount, 2)
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 3), "b"), page(idsOf(3, 3), "c")))))

  it.effect("starts anew each time that the stream is run", () =>
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
  it.effect("are repeated for every page, together with its token", () =>
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

  it.effect("may start with a page of their own", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const taken = yield* Stream.runCollect(stream({ pageToken: "b" }))
      assert.deepEqual(taken.map(({ id }) => id), [idOf(2), idOf(3)])
      assert.deepEqual(yield* tokensSent, ["b", "c"])
    }).pipe(Effect.provide(layerScript(page([idOf(2)], "c"), page([idOf(3)], null)))))

  it.effect("resume a list where its last page ended", () =>
    Effect.gen(function*() {
      const { stream, streamPages } = yield* operations
      const [first] = yield* streamPages().pipe(Stream.take(1), Stream.runCollect)
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
  it.effect("are kept whole as chunks", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const chunks = yield* stream().pipe(Stream.chunks, Stream.runCollect)
      assert.deepEqual(chunks.map((chunk) => chunk.map(({ id }) => id)), [idsOf(0, 3), idsOf(3, 2)])
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 3), "b"), page([], "c"), page(idsOf(3, 2), null)))))

  it.effect("are all delivered, empty ones as well", () =>
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

  it.effect("that are empty and have a successor do not end the stream", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const taken = yield* Stream.runCollect(stream())
      assert.deepEqual(taken.map(({ id }) => id), [idOf(1)])
    }).pipe(Effect.provide(layerScript(page([], "b"), page([], "c"), page([idOf(1)], null)))))

  it.effect("before a failure are delivered first", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { error, seen } = yield* failureOf(stream())
      assert.deepEqual(seen.map(({ id }) => id), idsOf(0, 3))
      assert.strictEqual(assertTag(error, "InternalServerError").status, 500)
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 3), "b"), refused(500)))))
})

describe("PaginationLoop", () => {
  it.effect("of a page that names itself", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { error, seen } = yield* failureOf(stream())
      const loop = assertTag(error, "PaginationLoop")
      assert.deepEqual(seen.map(({ id }) => id), idsOf(0, 2))
      assert.strictEqual(loop.operation, "SenderPoolOperations.stream")
      assert.strictEqual(loop.pageToken, "a")
      assert.strictEqual(loop.pages, 2)
      assert.deepEqual<ReadonlyArray<string>>(loop.trail, ["a"])
      assert.strictEqual(yield* sentCount, 2)
    }).pipe(Effect.provide(layerScript(page([idOf(0)], "a"), page([idOf(1)], "a")))))

  it.effect("of two pages that name each other", () =>
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

  it.effect("of the page that the stream was started with", () =>
    Effect.gen(function*() {
      const { streamPages } = yield* operations
      const { error, seen } = yield* failureOf(streamPages({ pageToken: "a" }))
      const loop = assertTag(error, "PaginationLoop")
      assert.lengthOf(seen, 2)
      assert.strictEqual(loop.pages, 2)
      assert.deepEqual<ReadonlyArray<string>>(loop.trail, ["a", "b"])
    }).pipe(Effect.provide(layerScript(page([], "b"), page([], "a")))))

  it.effect("shows the last ten tokens", () =>
    Effect.gen(function*() {
      const tokens = yield* Effect.forEach(
        Array.from({ length: 12 }, (_, n) => `t${n}`),
        (token) => Schema.decodeEffect(Pagination.PageToken)(token)
      )
      const loop = yield* Effect.flip(Stream.runDrain(Paging.paginate<
        { readonly pagination: Pagination.PaginationMetadata },
        string,
        CommsError.NotFound,
        never
      >({
        operation: "Things.stream",
        pageToken: tokens[0],
        fetchPage: (token) =>
          Effect.sync(() => {
            const self = token ?? Pagination.PageToken.make("none")
            const next = tokens[(tokens.indexOf(self) + 1) % tokens.length] ?? null
            return { pagination: new Pagination.PaginationMetadata({ next, self }) }
          }),
        select: ({ pagination }) => [pagination.self]
      })))
      assert.strictEqual(assertTag(loop, "PaginationLoop").pages, 12)
      assert.deepEqual(assertTag(loop, "PaginationLoop").trail, tokens.slice(2))
      assert.strictEqual(assertTag(loop, "PaginationLoop").operation, "Things.stream")
    }))
})
