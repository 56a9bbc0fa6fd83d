import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import { Checkpoint, CommsError, type Operation, type OperationFamily, Pagination } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Array as Arr, DateTime, Effect, Layer, Redacted, Ref, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { idOf, idsOf, tokensSent } from "./utils/pages.ts"
import {
  type Answer,
  assertTag,
  credentials,
  json,
  layerHttp,
  layerScript,
  operation,
  page,
  refused,
  sent,
  sentCount,
  settle
} from "./utils/script.ts"

const operations = SenderPoolOperations.SenderPoolOperations

const filters = { startDate: "2024-01-15T00:00:00.000Z", status: "PROCESSING", pageSize: 2 } as const

const params = { startDate: "2024-01-15", status: "PROCESSING", pageSize: 2 } as const

const queries = Effect.map(sent, (sent) => sent.map(({ url }) => Object.fromEntries(url.searchParams)))

const idsIn = <E, R>(stream: Stream.Stream<{ readonly id: string }, E, R>) =>
  Effect.map(Stream.runCollect(stream), (all) => all.map(({ id }) => id))

describe("position", () => {
  it.effect("is that of the page that failed", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const error = assertTag(yield* Effect.flip(Stream.runDrain(stream(params))), "InternalServerError")
      const { lastPage, ...position } = error.position
      assert.deepEqual<unknown>(position, { filters, pages: 2, items: 3, pageToken: "c" })
      assert.match(lastPage ?? "", new RegExp(`^${idOf(2)} ${idOf(2)} 1 \\w+$`))
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 2), "b"), page([idOf(2)], "c"), refused(500)))))

  it.effect("has no token if the first page failed", () =>
    Effect.gen(function*() {
      const { stream, streamPages } = yield* operations
      const first = { filters: {}, pages: 0, items: 0 }
      assert.deepEqual<unknown>((yield* Effect.flip(Stream.runDrain(stream()))).position, first)
      assert.deepEqual<unknown>((yield* Effect.flip(Stream.runDrain(streamPages()))).position, first)
    }).pipe(Effect.provide(layerScript(refused(400), refused(400)))))

  it.effect("is on errors of the response, loops and limits", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const broken = assertTag(yield* Effect.flip(Stream.runDrain(stream())), "InvalidResponse")
      assert.strictEqual(broken.position.pageToken, "b")
      const loop = assertTag(yield* Effect.flip(Stream.runDrain(stream())), "PaginationLoop")
      assert.strictEqual(loop.position.pageToken, "b")
      const limit = assertTag(
        yield* Effect.flip(Stream.runDrain(stream({}, { maxItems: 1, prefetch: 0 }))),
        "PaginationLimit"
      )
      assert.strictEqual(limit.position.pageToken, "b")
    }).pipe(
      Effect.provide(layerScript(
        page([idOf(0)], "b"),
        json({ operations: "none" }),
        page([idOf(0)], "b"),
        page([idOf(1)], "b"),
        page([idOf(0)], "b"),
        page([idOf(1)], "c")
      ))
    ))

  it.effect("resumes at the failed page without loss or duplicates, and continues the counts", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const seen: Array<string> = []
      const collect = <E>(stream: Stream.Stream<{ readonly id: string }, E>) =>
        Stream.runForEach(stream, ({ id }) => Effect.sync(() => seen.push(id)))
      const first = yield* Effect.flip(collect(stream(params)))
      const second = yield* Effect.flip(collect(stream(first.position)))
      assert.deepEqual<unknown>([second.position.pages, second.position.items], [2, 4])
      yield* collect(stream(second.position))
      assert.deepEqual(seen, idsOf(0, 6))
      const query = { ...filters, pageSize: "2" }
      assert.deepEqual<unknown>((yield* queries).slice(-1), [{ ...query, pageToken: "c" }])
      assert.deepEqual(yield* tokensSent, [null, "b", "b", "c", "c"])
    }).pipe(Effect.provide(layerScript(
      page(idsOf(0, 2), "b"),
      refused(500),
      page(idsOf(2, 2), "c"),
      refused(500),
      page(idsOf(4, 2), null)
    ))))

  it.effect("resumes by its filters and token, and with streamPages", () =>
    Effect.gen(function*() {
      const { stream, streamPages } = yield* operations
      const error = yield* Effect.flip(Stream.runDrain(stream(params)))
      yield* Stream.runDrain(stream({ ...error.position.filters, pageToken: error.position.pageToken }))
      assert.lengthOf(yield* Stream.runCollect(streamPages(error.position)), 1)
      const [, failed, byHand, byPages] = yield* queries
      assert.deepEqual(byHand, failed)
      assert.deepEqual(byPages, failed)
    }).pipe(Effect.provide(layerScript(
      page(idsOf(0, 2), "b"),
      refused(500),
      page(idsOf(2, 2), null),
      page(idsOf(2, 2), null)
    ))))

  it.effect("detects a repeat of the last page", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const error = yield* Effect.flip(Stream.runDrain(stream()))
      assert.deepEqual(yield* idsIn(stream(error.position)), [idOf(2)])
    }).pipe(Effect.provide(layerScript(
      page(idsOf(0, 2), "b"),
      page([], "c"),
      refused(500),
      page(idsOf(0, 2), "d"),
      page([idOf(2)], null)
    ))))

  it.effect("is encoded and decoded with the error", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const text = Schema.fromJsonString(Schema.toCodecJson(CommsError.CommsError))
      const error = yield* Effect.flip(Stream.runDrain(stream(params)))
      const encoded = yield* Schema.encodeEffect(text)(error)
      const back = assertTag(yield* Schema.decodeEffect(text)(encoded), "InternalServerError")
      assertEquals<unknown>(back.position, error.position)
      assert.strictEqual(yield* Schema.encodeEffect(text)(back), encoded)
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 2), "b"), refused(500)))))

  it.effect("of an invalid input is rejected too, so that no stream starts without filters", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const range = { startDate: new Date("2025-01-15"), endDate: DateTime.makeUnsafe("2024-01-15") }
      const error = assertTag(yield* Effect.flip(Stream.runDrain(stream(range))), "InvalidInput")
      const again = assertTag(yield* Effect.flip(Stream.runDrain(stream(error.position))), "InvalidInput")
      assert.strictEqual(again.field, "startDate")
      const noDate = yield* Effect.flip(Stream.runDrain(stream({ startDate: new Date(Number.NaN) })))
      assertTag(yield* Effect.flip(Stream.runDrain(stream(noDate.position))), "InvalidInput")
    }).pipe(Effect.provide(layerScript())))

  it.effect.each(
    [
      [{ pages: -1 }, "pages"],
      [{ items: 0.5 }, "items"],
      [{ pageToken: "" }, "pageToken"],
      [{ filters: { status: "FAILED" } }, "status"],
      [{ filters: { colour: "red" } }, "colour"]
    ] as const
  )("with %o is rejected with the field %s", ([changed, field]) =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const position: unknown = { filters: {}, pages: 1, items: 1, ...changed }
      const isPosition = (u: unknown): u is Pagination.Position => u === position
      if (!isPosition(position)) return assert.fail()
      const error = assertTag(yield* Effect.flip(Stream.runDrain(stream(position))), "InvalidInput")
      assert.strictEqual(error.field, field)
      assert.strictEqual(yield* sentCount, 0)
    }).pipe(Effect.provide(layerScript())))
})

const keep = Effect.gen(function*() {
  const kept = yield* Ref.make<ReadonlyArray<Checkpoint.ListCheckpoint>>([])
  return {
    all: Ref.get(kept),
    checkpoint: (checkpoint: Checkpoint.ListCheckpoint) => Ref.update(kept, Arr.append(checkpoint))
  }
})

const three: ReadonlyArray<Answer> = [page(idsOf(0, 2), "b"), page(idsOf(2, 2), "c"), page([idOf(4)], null)]

describe("checkpoint", () => {
  it.effect.each([0, 1, 5])(
    "is made after a page was taken, with prefetch %d",
    (prefetch) =>
      Effect.gen(function*() {
        const { stream } = yield* operations
        const log: Array<string | null> = []
        yield* stream({}, {
          prefetch,
          checkpoint: ({ pageToken }) => Effect.sync(() => log.push(pageToken))
        }).pipe(
          Stream.chunks,
          Stream.runForEach((chunk) =>
            Effect.andThen(Effect.repeat(settle, { times: 20 }), Effect.sync(() => log.push(`page of ${chunk.length}`)))
          )
        )
        assert.deepEqual(log, ["page of 2", "b", "page of 2", "c", "page of 1", null])
      }).pipe(Effect.provide(layerScript(...three)))
  )

  it.effect("is not made for a page that was taken in part", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { all, checkpoint } = yield* keep
      yield* stream({}, { checkpoint }).pipe(Stream.take(3), Stream.runDrain)
      assert.deepEqual<unknown>((yield* all).map(({ pageToken }) => pageToken), ["b"])
    }).pipe(Effect.provide(layerScript(...three))))

  it.effect("is made before a failure and for empty pages", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { all, checkpoint } = yield* keep
      const error = yield* Effect.flip(Stream.runDrain(stream({}, { checkpoint })))
      assert.deepEqual<unknown>((yield* all).map(({ pageToken, pages }) => [pageToken, pages]), [["b", 1], ["c", 2]])
      assert.strictEqual(error.position.pageToken, "c")
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 2), "b"), page([], "c"), refused(500)))))

  it.effect("is made for the end of the list if the last page was a repeat", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { all, checkpoint } = yield* keep
      yield* Stream.runDrain(stream({}, { checkpoint }))
      assert.deepEqual<unknown>((yield* all).map(({ pageToken }) => pageToken), ["b", null])
    }).pipe(Effect.provide(layerScript(page(idsOf(0, 2), "b"), page(idsOf(0, 2), null)))))

  it.effect("fails the stream if its effect fails", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const seen: Array<string> = []
      const error = yield* stream({}, { checkpoint: () => Effect.fail("full" as const) }).pipe(
        Stream.runForEach(({ id }) => Effect.sync(() => seen.push(id))),
        Effect.flip
      )
      assert.strictEqual(error, "full")
      assert.deepEqual(seen, idsOf(0, 2))
    }).pipe(Effect.provide(layerScript(...three))))

  it.effect("is bound to the server and the account, and holds no secret", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2024, 0, 16))
      const { stream } = yield* operations
      const { identity } = yield* CommsClient.CommsClient
      const { all, checkpoint } = yield* keep
      yield* Stream.runDrain(stream(params, { checkpoint }))
      const [, second] = yield* all
      assert.strictEqual(second?.resource, "SenderPoolOperations")
      assert.strictEqual(second?.account, (yield* identity).account)
      assert.strictEqual(second?.baseUrl, (yield* identity).baseUrl)
      assertEquals<unknown>(second?.madeAt, DateTime.makeUnsafe("2024-01-16T00:00:00Z"))
      assert.deepEqual<unknown>([second?.filters, second?.pages, second?.items], [filters, 2, 4])
      const text = (yield* all).map(Checkpoint.toJson(Checkpoint.ListCheckpoint)).join()
      assert.notInclude(text, credentials.accountSid)
      assert.notInclude(text, Redacted.value(credentials.authToken))
    }).pipe(Effect.provide(layerScript(...three))))
})

const stop = (params: OperationFamily.ListParams<Operation.KnownOperationStatus>) =>
  Effect.gen(function*() {
    const { stream } = yield* operations
    const { all, checkpoint } = yield* keep
    yield* stream(params, { checkpoint, prefetch: 0 }).pipe(Stream.take(3), Stream.runDrain)
    const last = (yield* all).at(-1)
    return last ?? assert.fail("No checkpoint")
  })

const read = Checkpoint.fromJson(Checkpoint.ListCheckpoint)

const write = Checkpoint.toJson(Checkpoint.ListCheckpoint)

const checkpointOf = (changed: Partial<Checkpoint.ListCheckpoint>) =>
  Effect.gen(function*() {
    const { identity } = yield* CommsClient.CommsClient
    return new Checkpoint.ListCheckpoint({
      version: 1,
      resource: "SenderPoolOperations",
      ...(yield* identity),
      madeAt: yield* DateTime.now,
      filters: {},
      pages: 0,
      items: 0,
      pageToken: Pagination.PageToken.make("b"),
      ...changed
    })
  })

describe("stream from a checkpoint", () => {
  it.effect("resumes after the checkpoint with its filters and counts", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const stored = write(yield* stop(params))
      const { all, checkpoint } = yield* keep
      assert.deepEqual(yield* idsIn(stream(yield* read(stored), { checkpoint })), idsOf(2, 3))
      assert.deepEqual<unknown>((yield* all).map(({ items, pages, pageToken }) => [pages, items, pageToken]), [
        [2, 4, "c"],
        [3, 5, null]
      ])
      const [, , ...resumed] = yield* queries
      const query = { ...filters, pageSize: "2" }
      assert.deepEqual<unknown>(resumed, [{ ...query, pageToken: "b" }, { ...query, pageToken: "c" }])
    }).pipe(Effect.provide(layerScript(three[0] ?? refused(404), three[1] ?? refused(404), ...three.slice(1)))))

  it.effect("is empty if the list had ended", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const { all, checkpoint } = yield* keep
      yield* Stream.runDrain(stream({}, { checkpoint }))
      const last = (yield* all).at(-1) ?? assert.fail("No checkpoint")
      assert.isNull(last.pageToken)
      assert.isEmpty(yield* Stream.runCollect(stream(last)))
      assert.strictEqual(yield* sentCount, 3)
    }).pipe(Effect.provide(layerScript(...three))))

  it.effect("detects a repeat of the last page", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const checkpoint = yield* stop({})
      assert.deepEqual(yield* idsIn(stream(checkpoint)), [idOf(4)])
    }).pipe(Effect.provide(layerScript(
      page(idsOf(0, 2), "b"),
      page(idsOf(2, 2), "c"),
      page(idsOf(0, 2), "c"),
      page([idOf(4)], null)
    ))))

  it.effect("fails with a position", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const error = yield* Effect.flip(Stream.runDrain(stream(yield* stop({}))))
      assert.strictEqual(assertTag(error, "InternalServerError").position?.pages, 1)
    }).pipe(Effect.provide(layerScript(...three.slice(0, 2), refused(500)))))

  it.effect("rejects a checkpoint beyond maxAge", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const checkpoint = yield* stop({})
      yield* TestClock.adjust("7 days")
      assert.deepEqual(yield* idsIn(stream(checkpoint).pipe(Stream.take(1))), [idOf(2)])
      const strict = assertTag(
        yield* Effect.flip(Stream.runDrain(stream(checkpoint, { maxAge: "6 days" }))),
        "CheckpointMismatch"
      )
      assert.deepEqual([strict.part, strict.call], ["age", "SenderPoolOperations.stream"])
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(
        assertTag(yield* Effect.flip(Stream.runDrain(stream(checkpoint))), "CheckpointMismatch").part,
        "age"
      )
      assert.isAtMost(yield* sentCount, 4)
    }).pipe(Effect.provide(layerScript(...three.slice(0, 2), ...three.slice(1)))))

  it.effect("rejects a checkpoint of another account or server before anything is sent", () =>
    Effect.gen(function*() {
      const checkpoint = yield* stop({}).pipe(Effect.provide(layerScript(...three)))
      const partWith = (options: Partial<CommsClient.Options>) =>
        Effect.gen(function*() {
          const { stream } = yield* operations
          const error = assertTag(yield* Effect.flip(Stream.runDrain(stream(checkpoint))), "CheckpointMismatch")
          assert.strictEqual(yield* sentCount, 0)
          return error.part
        }).pipe(Effect.provide(
          SenderPoolOperations.layer.pipe(
            Layer.provide(CommsClient.layer({ credentials, ...options })),
            Layer.provideMerge(layerHttp([]))
          ),
          { local: true }
        ))
      assert.strictEqual(yield* partWith({ credentials: { ...credentials, accountSid: "AC9" } }), "account")
      assert.strictEqual(yield* partWith({ baseUrl: "http://localhost:1234" }), "baseUrl")
    }))

  it.effect("rejects a checkpoint of another resource or with unknown filters", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const other = yield* Effect.flip(Stream.runDrain(stream(yield* checkpointOf({ resource: "Senders" }))))
      assert.strictEqual(assertTag(other, "CheckpointMismatch").part, "resource")
      const unknown = yield* Effect.flip(Stream.runDrain(stream(yield* checkpointOf({ filters: { channel: "SMS" } }))))
      assert.strictEqual(assertTag(unknown, "InvalidInput").field, "channel")
      const wrong = yield* Effect.flip(Stream.runDrain(stream(yield* checkpointOf({ filters: { status: "FAILED" } }))))
      assert.strictEqual(assertTag(wrong, "InvalidInput").field, "status")
      assert.strictEqual(assertTag(wrong, "InvalidInput").call, "SenderPoolOperations.stream")
      assert.strictEqual(yield* sentCount, 0)
    }).pipe(Effect.provide(layerScript())))

  it.effect.each(
    [
      [{ maxAge: -1 }, "maxAge"],
      [{ maxAge: 0 }, "maxAge"],
      [{ prefetch: 17 }, "prefetch"],
      [{ maxPages: 0 }, "maxPages"]
    ] as const
  )("rejects %o with the field %s", ([options, field]) =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const error = yield* Effect.flip(Stream.runDrain(stream(yield* checkpointOf({}), options)))
      assert.strictEqual(assertTag(error, "InvalidInput").field, field)
      assert.strictEqual(yield* sentCount, 0)
    }).pipe(Effect.provide(layerScript())))

  it.effect("accepts a checkpoint parsed from JSON", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const parsed: unknown = JSON.parse(write(yield* checkpointOf({})))
      const isCheckpoint = (u: unknown): u is Checkpoint.ListCheckpoint => u === parsed
      if (!isCheckpoint(parsed)) return assert.fail()
      assert.deepEqual(yield* idsIn(stream(parsed)), [idOf(0)])
    }).pipe(Effect.provide(layerScript(json({
      operations: [{ ...operation, id: idOf(0) }],
      pagination: { next: null, self: "b" }
    })))))
})
