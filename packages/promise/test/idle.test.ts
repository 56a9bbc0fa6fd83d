import { Emulator } from "@effect-comms/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { execPath } from "node:process"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("utils/idle.ts", import.meta.url))

const emulator = Emulator.layer({
  operations: 10,
  faults: { rules: [{ when: { call: "EmailOperations.list" }, do: { _tag: "Status", status: 429, retryAfter: 3600 } }] }
})

it.live("an idle client does not keep its process alive, even in a cooldown", () =>
  Effect.gen(function*() {
    const { url } = yield* Emulator.Address
    const child = yield* ChildProcess.make(execPath, [program], {
      extendEnv: true,
      env: { TWILIO_COMMS_BASE_URL: url }
    })
    const output = yield* child.all.pipe(Stream.decodeText, Stream.mkString)
    assert.strictEqual(output, "2 3600000")
    assert.strictEqual(yield* child.exitCode, 0)
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.merge(NodeServices.layer, Layer.provide(Emulator.layerServer(), emulator)))
  ))
