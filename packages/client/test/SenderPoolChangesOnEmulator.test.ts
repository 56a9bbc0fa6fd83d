import { SenderPoolChanges, SenderPoolOperations, SenderPools } from "@effect-comms/client"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Random } from "effect"
import { TestClock } from "effect/testing"
import { random } from "./utils/feedServer.ts"
import { drive } from "./utils/poolServer.ts"

const layerOf = (options: Emulator.Options) =>
  Layer.mergeAll(SenderPools.layer, SenderPoolOperations.layer).pipe(
    Layer.provide(Emulator.layerClient),
    Layer.provideMerge(Layer.fresh(Emulator.layer(options)))
  )

const faults: ReadonlyArray<FaultPlan.Rule["do"]> = [
  { _tag: "Status", status: 429, retryAfter: 2 },
  { _tag: "Status", status: 503, retryAfter: 1 },
  { _tag: "Status", status: 503 },
  { _tag: "Status", status: 409, retryAfter: 1 },
  { _tag: "Status", status: 500 },
  { _tag: "Status", status: 502, body: "<html></html>", mediaType: "text/html" },
  { _tag: "Drop" },
  { _tag: "Drop", afterBytes: 20 },
  { _tag: "Delay", duration: Duration.seconds(3) },
  { _tag: "EmptyPage" },
  { _tag: "UnknownStatus", status: "PAUSED" }
]

/** Rules that apply to some requests of the first minutes. */
const planOf = (next: () => number): FaultPlan.FaultPlan => ({
  seed: Math.floor(next() * 1_000),
  rules: [
    ...Array.from({ length: 5 }, (): FaultPlan.Rule => ({
      when: { probability: next() * 0.15, before: Duration.seconds(20 + Math.floor(next() * 160)) },
      do: faults[Math.floor(next() * faults.length)] ?? { _tag: "Drop" }
    })),
    // The response to a write that was processed is lost.
    {
      when: { status: 202, probability: next() * 0.3, before: Duration.seconds(60) },
      do: { _tag: "Drop" }
    }
  ]
})

const total = 25_000

const unknown = Array.from({ length: 7 }, (_, n) => `comms_sender_0${String(n).padStart(25, "z")}`)

describe("with any faults that end, on the emulator", () => {
  it.effect.each([1, 5, 13])(
    "each of 25,000 Senders is in the pool once, or named as failed (seed %i)",
    (seed) => {
      const next = random(seed)
      const layer = layerOf({
        senders: total,
        readDelay: Duration.seconds(next() * 5),
        writes: {
          plan: { duration: Duration.seconds(1 + next() * 60) },
          addTwice: next() < 0.5 ? "created" : "failed",
          readDelay: Duration.seconds(next() * 20)
        }
      })
      return Effect.gen(function*() {
        const { senderIds, senderPools, setFaults } = yield* Emulator.Emulator
        const { pool: { id } } = yield* drive(SenderPoolChanges.createAndAwait({ name: "Sales" }))
        yield* setFaults(planOf(next))
        const wanted = [...senderIds(total), ...unknown]
        const add = SenderPoolChanges.addSendersAndAwait(id, wanted.map((senderId) => ({ senderId })), {
          since: "2024-04-05"
        })
        // The first run is interrupted, and a run that fails to read is retried.
        const { failed } = yield* drive(Effect.andThen(
          Effect.timeoutOption(Effect.ignore(add), Duration.seconds(next() * 40)),
          Effect.retry(add, { times: 5 })
        ))
        const [held] = yield* senderPools
        const members = new Set<string>(held?.senderIds)
        const named = new Set<string>(failed.map(({ senderId }) => senderId))
        assert.strictEqual(members.size, held?.senderIds.length)
        assert.lengthOf(named, failed.length)
        assert.isTrue(unknown.every((id) => named.has(id)))
        assert.isTrue(failed.every(({ error, senderId }) => error !== undefined || unknown.includes(senderId)))
        assert.deepEqual(wanted.filter((id) => members.has(id) === named.has(id)), [])
      }).pipe(
        Effect.provide(layer),
        (test) => Effect.andThen(TestClock.setTime(Date.UTC(2024, 3, 5)), test),
        Random.withSeed(seed),
        // Reading a list of 25,000 Senders takes longer than the default, after which the clock does not wait.
        Effect.provide(TestClock.layer({ warningDelay: "1 minute" }))
      )
    },
    120_000
  )
})
