import { Emulator } from "@effect-comms/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { TestClock } from "effect/testing"
import * as CreatePool from "../src/internal/createPool.ts"

it.effect("creates a pool of 3,000 Senders, and lists those that failed", () =>
  Effect.gen(function*() {
    const { senderPools } = yield* Emulator.Emulator
    const fiber = yield* Effect.forkChild(CreatePool.salesPool)
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("500 millis")
    const { failed } = yield* Fiber.join(fiber)
    assert.deepEqual(failed.map(({ senderId }) => senderId), CreatePool.unknown)
    const pools = yield* senderPools
    assert.deepEqual(pools.map(({ pool, senderIds }) => [pool.name, senderIds.length]), [["Sales", 2_998]])
  }).pipe(Effect.provide(Layer.merge(CreatePool.layer, NodeServices.layer))))

it.live("runs as a program", () =>
  Effect.gen(function*() {
    const file = new URL("../src/createPool.ts", import.meta.url).pathname
    const child = yield* ChildProcess.make("node", [file], { extendEnv: true })
    const [output, code] = yield* Effect.all([
      child.all.pipe(Stream.decodeText, Stream.mkString),
      child.exitCode
    ], { concurrency: 2 })
    assert.strictEqual(code, 0, output)
    assert.include(output, "Created the pool Sales")
    assert.include(output, "3000 of 3000 Senders")
    assert.match(output, /2998 Senders were added with 3 requests, and 2 failed:\n {2}comms_sender_\w+: /)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
