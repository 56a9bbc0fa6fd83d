import { SenderPoolOperations } from "@effect-comms/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Ref, Stream } from "effect"
import { idOf, idsOf } from "./utils/pages.ts"
import {
  advance,
  type Answer,
  assertTag,
  layerScript,
  page,
  refused,
  sentAt,
  sentCount,
  settle
} from "./utils/script.ts"
import { after } from "./utils/server.ts"

const operations = SenderPoolOperations.SenderPoolOperations

const pages = (count: number): ReadonlyArray<Answer> =>
  Array.from({ length: count }, (_, n) => page([idOf(2 * n), idOf(2 * n + 1)], n === count - 1 ? null : `t${n}`))

describe("prefetch", () => {
  it.effect.each([[0], [1], [2], [16], [undefined]])(
    "of %s fetches that many pages ahead, and no more",
    ([prefetch]) =>
      Effect.gen(function*() {
        const { stream } = yield* operations
        const counts: Array<number> = []
        yield* stream({}, { prefetch }).pipe(
          Stream.chunks,
          Stream.runForEach(() =>
            Effect.gen(function*() {
              yield* Effect.repeat(settle, { times: 20 })
              counts.push(yield* sentCount)
            })
          )
        )
        assert.deepEqual(counts, Array.from({ length: 20 }, (_, n) => Math.min(20, n + 1 + (prefetch ?? 1))))
      }).pipe(Effect.provide(layerScript(...pages(20))))
  )

  it.effect("fetches while the consumer works", () =>
    Effect.gen(function*() {
      const { stream } = yield* operations
      const fiber = yield* stream().pipe(
        Stream.chunks,
        Stream.runForEach(() => Effect.sleep("1 second")),
        Effect.forkChild
      )
      yield* Effect.repeat(advance("100 millis"), { times: 40 })
      yield* Fiber.join(fiber)
      assert.deepEqual(yield* sentAt, [0, 100, 1100, 2100])
    }).pipe(Effect.provide(layerScript(...pages(4).map((page) => after("100 millis", page))))))

  it.effect.each([[0, 1], [1, 2], [3, 4]])(
    "of %d costs a consumer that stops %d requests",
    ([prefetch, requests]) =>
      Effect.gen(function*() {
        const { stream } = yield* operations
        yield* stream({}, { prefetch }).pipe(
          Stream.tap(() => Effect.repeat(settle, { times: 20 })),
          Stream.take(1),
          Stream.runDrain
        )
        yield* settle
        assert.strictEqual(yield* sentCount, requests)
      }).pipe(Effect.provide(layerScript(...pages(20))))
  )

  it.effect.each([0, 1, 4])(
    "of %d delivers a failure after all pages before it",
    (prefetch) =>
      Effect.gen(function*() {
        const { stream } = yield* operations
        const seen: Array<string> = []
        const error = yield* stream({}, { prefetch }).pipe(
          Stream.tap(({ id }) =>
            Effect.andThen(Effect.repeat(settle, { times: 20 }), Effect.sync(() => seen.push(id)))
          ),
          Stream.runDrain,
          Effect.flip
        )
        assertTag(error, "InternalServerError")
        assert.deepEqual(seen, idsOf(0, 6))
        assert.strictEqual(error.position.pages, 3)
        assert.strictEqual(yield* sentCount, 4)
      }).pipe(Effect.provide(layerScript(...pages(20).slice(0, 3), refused(500))))
  )

  const isInterrupted = Effect.fnUntraced(function*(
    use: (service: SenderPoolOperations.Service) => Effect.Effect<unknown, unknown>
  ) {
    const interrupted = yield* Ref.make(false)
    const hanging: Answer = () => Effect.onInterrupt(Effect.never, () => Ref.set(interrupted, true))
    yield* Effect.flatMap(operations, use).pipe(Effect.provide(layerScript(page([idOf(0), idOf(1)], "b"), hanging)))
    return yield* Ref.get(interrupted)
  })

  it.effect("interrupts the request in progress when the stream ends", () =>
    Effect.gen(function*() {
      assert.isTrue(
        yield* isInterrupted(({ stream }) =>
          stream().pipe(Stream.tap(() => Effect.repeat(settle, { times: 20 })), Stream.take(1), Stream.runDrain)
        )
      )
    }))

  it.effect("interrupts the request in progress before a concatenated stream starts", () =>
    Effect.gen(function*() {
      const interrupted = yield* Ref.make(false)
      const hanging: Answer = () => Effect.onInterrupt(Effect.never, () => Ref.set(interrupted, true))
      const { stream } = yield* operations.pipe(
        Effect.provide(layerScript(page([idOf(0)], "b"), hanging))
      )
      const after = yield* stream().pipe(
        Stream.tap(() => Effect.repeat(settle, { times: 20 })),
        Stream.map(() => false),
        Stream.take(1),
        Stream.concat(Stream.fromEffect(Effect.andThen(settle, Ref.get(interrupted)))),
        Stream.runCollect
      )
      assert.deepEqual(after, [false, true])
    }))

  it.effect("interrupts the request in progress when the fiber is interrupted", () =>
    Effect.gen(function*() {
      assert.isTrue(
        yield* isInterrupted(({ stream }) =>
          Effect.gen(function*() {
            const fiber = yield* stream().pipe(Stream.runForEach(() => Effect.never), Effect.forkChild)
            yield* Effect.repeat(settle, { times: 20 })
            yield* Fiber.interrupt(fiber)
          })
        )
      )
    }))
})
