import { SenderPoolChanges, SenderPools } from "@effect-comms/client"
import type { FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Result, Schema } from "effect"
import { held, inProcess } from "./utils/pools.ts"
import { moving } from "./utils/wiring.ts"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4 }))

const When = Schema.Struct({ nth: Schema.Array(Count).check(Schema.isMinLength(1), Schema.isMaxLength(3)) })

const Refusing = Schema.Struct({
  when: When,
  status: Schema.Literals([400, 404, 409, 429, 500, 502, 503, 504]),
  retryAfter: Schema.UndefinedOr(Schema.Literals([-1, 0, 1, 5]))
})

const Losing = Schema.Struct({ when: When, kind: Schema.Literals(["before", "after", "within", "gateway", "late"]) })

// A server that refuses a request has not made the pool, so rules that refuse come first.
const refusal = ({ retryAfter, status, when }: typeof Refusing.Type): FaultPlan.Rule => ({
  when,
  do: { _tag: "Status", status, ...(retryAfter === undefined ? {} : { retryAfter }) }
})

const loss = ({ kind, when }: typeof Losing.Type): FaultPlan.Rule => {
  switch (kind) {
    case "before":
      return { when, do: { _tag: "Drop" } }
    case "after":
      return { when: { ...when, status: 202 }, do: { _tag: "Drop" } }
    case "within":
      return { when, do: { _tag: "Drop", afterBytes: 15 } }
    case "gateway":
      return { when: { ...when, status: 202 }, do: { _tag: "Status", status: 502, body: "<h1>Bad Gateway</h1>" } }
    case "late":
      return { when, do: { _tag: "Delay", duration: Duration.minutes(2) } }
  }
}

const Plan = {
  refusing: Schema.Array(Refusing).check(Schema.isMaxLength(3)),
  losing: Schema.Array(Losing).check(Schema.isMaxLength(2)),
  readDelay: Schema.Literals([0, 3000])
}

const planOf = (refusing: ReadonlyArray<typeof Refusing.Type>, losing: ReadonlyArray<typeof Losing.Type>) => ({
  rules: [...refusing.map(refusal), ...losing.map(loss)]
})

/** The errors of requests that the server did not process, whatever the plan. */
const unprocessed: ReadonlySet<string> = new Set(["BadRequest", "NotFound", "Conflict", "TooManyRequests"])

describe("under any fault plan that ends", () => {
  it.effect.prop(
    "a pool is made once at most, and its creation says what happened",
    Plan,
    ({ losing, readDelay, refusing }) =>
      Effect.gen(function*() {
        const { create } = yield* SenderPools.SenderPools
        const result = yield* moving(Effect.result(create({ name: "Once" })), "1 second")
        const { length } = yield* held
        assert.isAtMost(length, 1)
        if (Result.isSuccess(result)) assert.strictEqual(length, 1)
        else if (unprocessed.has(result.failure._tag)) assert.strictEqual(length, 0, result.failure._tag)
      }).pipe(
        Effect.provide(inProcess({ faults: planOf(refusing, losing), writes: { readDelay } }), { local: true })
      )
  )

  it.effect.prop(
    "a pool that is waited for is made once at most, and is the one returned",
    Plan,
    ({ losing, readDelay, refusing }) =>
      Effect.gen(function*() {
        const result = yield* moving(Effect.result(SenderPoolChanges.createAndAwait({ name: "Once" })), "1 second")
        const pools = yield* held
        assert.isAtMost(pools.length, 1)
        if (Result.isSuccess(result)) assert.deepEqual(pools.map(({ pool }) => pool.id), [result.success.pool.id])
      }).pipe(
        Effect.provide(inProcess({ faults: planOf(refusing, losing), writes: { readDelay } }), { local: true })
      )
  )
})
