// Streams every operation with the real client, and prints progress and a summary.
import { SenderPoolOperations } from "@effect-comms/client"
import { NodeHttpClient } from "@effect/platform-node"
import { Clock, Console, Duration, Effect, Layer, Option, Ref, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { bar, makeLine, table } from "./line.ts"

const pageSize = 100

class Incomplete extends Schema.TaggedError<Incomplete>()("Incomplete", {
  lost: Schema.Int,
  doubled: Schema.Int
}) {
  override get message() {
    return `${this.lost} operations were lost, and ${this.doubled} were delivered twice.`
  }
}

/** Counts the requests that the client sends. */
export const countRequests = (requests: Ref.Ref<number>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, HttpClient.tapRequest(() => Ref.update(requests, (n) => n + 1)))
  ).pipe(Layer.provide(NodeHttpClient.layerUndici))

const makeProgress = Effect.gen(function*() {
  const { end, isTerminal, show } = yield* makeLine
  const printed = yield* Ref.make(0)
  return {
    end,
    show: (seen: number, expected: Option.Option<number>) => {
      const text = Option.match(expected, {
        onNone: () => `${seen} operations`,
        onSome: (expected) => `${bar(seen / expected)} ${seen} of ${expected} operations`
      })
      if (isTerminal) return show(text)
      // A log needs fewer lines than a terminal.
      return Effect.flatMap(
        Ref.get(printed),
        (last) => seen - last < 500 ? Effect.void : Effect.andThen(Ref.set(printed, seen), show(text))
      )
    }
  }
})

export const streamAll = Effect.fn("streamAll")(function*(
  requests: Ref.Ref<number>,
  expected: Option.Option<number>,
  report: Effect.Effect<ReadonlyArray<readonly [string, string]>>
) {
  const operations = yield* SenderPoolOperations.SenderPoolOperations
  const progress = yield* makeProgress
  const started = yield* Clock.currentTimeMillis
  const ids = new Set<string>()
  const byStatus = new Map<string, number>()
  let seen = 0
  let pages = 0
  yield* operations.streamPages({ pageSize }).pipe(
    Stream.runForEach((page) => {
      pages++
      for (const { id, status } of page.operations) {
        seen++
        ids.add(id)
        byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
      }
      return progress.show(seen, expected)
    }),
    Effect.ensuring(progress.end)
  )
  const sent = yield* Ref.get(requests)
  const took = Duration.millis((yield* Clock.currentTimeMillis) - started)
  yield* Console.log(`\n${
    table([
      ...[...byStatus].map(([status, count]) => [status, String(count)] as const),
      ["operations", String(seen)],
      ["requests", String(sent)],
      ["retries", String(sent - pages)],
      ...yield* report,
      ["took", Duration.format(took)]
    ])
  }`)
  const lost = Option.match(expected, { onNone: () => 0, onSome: (expected) => expected - ids.size })
  const doubled = seen - ids.size
  if (lost !== 0 || doubled !== 0) return yield* new Incomplete({ lost, doubled })
  yield* Console.log("Every operation was delivered exactly once.")
})
