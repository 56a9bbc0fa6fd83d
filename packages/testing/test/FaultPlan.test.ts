import { FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"

describe("fromJson", () => {
  it.effect("reads durations in milliseconds", () =>
    Effect.gen(function*() {
      const plan = yield* FaultPlan.fromJson(
        `{"rules":[{"when":{"after":1000},"do":{"_tag":"Delay","duration":250}}]}`
      )
      assert.deepStrictEqual(plan, {
        rules: [{ when: { after: Duration.seconds(1) }, do: { _tag: "Delay", duration: Duration.millis(250) } }]
      })
    }))

  it.effect.each([
    { text: "{", field: "plan" },
    { text: "{}", field: "rules" },
    { text: `{"rules":[{"do":{"_tag":"Drop"},"when":{"propability":1}}]}`, field: "rules[0].when.propability" },
    { text: `{"rules":[{"do":{"_tag":"Drop"},"when":{"probability":2}}]}`, field: "rules[0].when.probability" },
    { text: `{"rules":[{"do":{"_tag":"Status","status":99}}]}`, field: "rules[0].do.status" }
  ])("names the field of $text", ({ field, text }) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(FaultPlan.fromJson(text))
      assert.strictEqual(error._tag, "InvalidInput")
      assert.strictEqual(error.field, field)
    }))
})
