import { Comms, MessageOperations } from "@effect-comms/client"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"

const faults: FaultPlan.FaultPlan = {
  rules: [{ when: { nth: [2] }, do: { _tag: "Status", status: 429, retryAfter: 30 } }]
}

const layer = Comms.layer({ baseUrl: Emulator.baseUrl, credentials: Emulator.defaultCredentials }).pipe(
  Layer.provide(Emulator.layerHttpClient),
  Layer.provideMerge(Emulator.layer({ operations: 100, faults }))
)

it.effect("counts every operation, although the second page is refused at first", () =>
  Effect.gen(function*() {
    const messages = yield* MessageOperations.MessageOperations
    const fiber = yield* Effect.forkChild(Stream.runCount(messages.stream({ pageSize: 50 })))
    yield* TestClock.adjust("31 seconds")
    assert.strictEqual(yield* Fiber.join(fiber), 100)
    const emulator = yield* Emulator.Emulator
    const { summary } = yield* emulator.report
    assert.strictEqual(summary.requests, 3)
    assert.strictEqual(summary.early, 0)
  }).pipe(Effect.provide(layer)))
