import { FlowControl, RetryPolicy } from "@effect-comms/client"
import { CommsError } from "@effect-comms/domain"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Call from "../../../src/internal/calling/call.ts"

const target = Call.makeTarget("Things.fetch", { "server.address": "example.com", "server.port": 443 })

const request = { method: "GET", url: "https://example.com/things", readOnly: true }

it.effect("a failed call leaves the error of its request as it is", () =>
  Effect.gen(function*() {
    const gate = yield* Effect.flatMap(FlowControl.make(), ({ gate }) => gate("key"))
    const error = new CommsError.NotFound({ errors: [] })
    const failed = Effect.flip(
      Call.run(target, request, "GET things", () => Effect.fail(error), gate, RetryPolicy.standard)
    )
    const [first, second] = [yield* failed, yield* failed]
    assert.isUndefined(error.attempts)
    for (const copy of [first, second]) {
      assert.instanceOf(copy, CommsError.NotFound)
      assert.deepStrictEqual(copy.attempts?.map(({ number, outcome }) => [number, outcome]), [[1, "NotFound"]])
    }
    assert.notStrictEqual(first, second)
  }))

it.effect("a gate can take the functions of an attempt from it", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(Call.run(
      target,
      request,
      "GET things",
      () => Effect.never,
      {
        call: Effect.succeed({
          attempt: ({ onTimeout }) => Effect.suspend(() => Effect.fail(onTimeout())),
          takeRetry: () => true,
          returnRetry: () => {}
        }),
        waiting: Effect.succeed(0)
      },
      RetryPolicy.standard
    ))
    assert.strictEqual(error._tag, "TransportFailure")
  }))
