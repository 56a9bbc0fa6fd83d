import { Operation } from "@effect-comms/domain"
import { OperationPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Schema } from "effect"
import { standingAt } from "../src/internal/standing.ts"

const paused = Operation.UnknownOperationStatus.make("PAUSED")

const share = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))

const small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))

const plans = Arbitrary.map(
  Arbitrary.schema(Schema.Struct({
    total: small,
    failed: share,
    queued: share,
    duration: small,
    stalls: Schema.Array(Schema.Struct({ at: share, for: small })).check(Schema.isMaxLength(4)),
    end: Schema.Literals(["COMPLETED", "CANCELED", "PROCESSING", paused]),
    endsAt: share
  })),
  ({ duration, end, endsAt, failed, queued, stalls, total }): OperationPlan.OperationPlan => {
    const left = Math.floor(total * queued / 100)
    return {
      total,
      queued: left,
      failed: Math.floor((total - left) * failed / 100),
      duration: Duration.millis(duration),
      stalls: stalls.map((stall) => ({ at: stall.at / 100, for: Duration.millis(stall.for) })),
      end,
      endsAt: endsAt / 100
    }
  }
)

const at = (plan: OperationPlan.OperationPlan, elapsed: Duration.Input): ReadonlyArray<string | number> => {
  const { changedAfter, counts, status } = standingAt(plan, Duration.fromInputUnsafe(elapsed))
  return [status, counts.queued, counts.succeeded, counts.failed, Duration.toMillis(changedAfter)]
}

const wholeTime = (plan: OperationPlan.OperationPlan) =>
  (plan.stalls ?? []).reduce(
    (sum, stall) => sum + Duration.toMillis(stall.for),
    Duration.toMillis(plan.duration)
  )

const times = Schema.Int.check(Schema.isBetween({ minimum: -100, maximum: 6000 }))

describe("standingAt, for any plan", () => {
  it.prop("has stats that add up", [plans, times], ([plan, time]) => {
    const { counts } = standingAt(plan, Duration.millis(time))
    assert.strictEqual(counts.queued + counts.succeeded + counts.failed, plan.total)
    assert.strictEqual(counts.total, plan.total)
    for (const count of [counts.queued, counts.succeeded, counts.failed]) {
      assert.isTrue(Number.isInteger(count) && count >= 0)
    }
    assert.isAtLeast(counts.queued, plan.queued ?? 0)
    assert.isAtMost(counts.failed, plan.failed ?? 0)
  })

  it.prop("never goes backwards", [plans, times, times], ([plan, one, other]) => {
    const before = standingAt(plan, Duration.millis(Math.min(one, other)))
    const after = standingAt(plan, Duration.millis(Math.max(one, other)))
    assert.isAtMost(after.counts.queued, before.counts.queued)
    assert.isAtLeast(after.counts.succeeded, before.counts.succeeded)
    assert.isAtLeast(after.counts.failed, before.counts.failed)
    assert.isAtLeast(Duration.toMillis(after.changedAfter), Duration.toMillis(before.changedAfter))
    if (before.status !== "PROCESSING") assert.strictEqual(after.status, before.status)
  })

  it.prop("changed at a whole millisecond that is not in the future", [plans, times], ([plan, time]) => {
    const { changedAfter } = standingAt(plan, Duration.millis(time))
    const millis = Duration.toMillis(changedAfter)
    assert.isTrue(Number.isInteger(millis))
    assert.isAtLeast(millis, 0)
    assert.isAtMost(millis, Math.max(0, time))
  })

  it.prop("equals its state at the last change", [plans, times], ([plan, time]) => {
    const now = standingAt(plan, Duration.millis(time))
    const changed = standingAt(plan, now.changedAfter)
    assert.deepEqual(changed.counts, now.counts)
    assert.strictEqual(changed.status, now.status)
  })

  it.prop("has its final status after the work and its stalls", [plans], ([plan]) => {
    const { counts, status } = standingAt(plan, Duration.millis(wholeTime(plan)))
    assert.strictEqual(status, plan.end)
    const done = Math.floor((plan.total - (plan.queued ?? 0)) * (plan.endsAt ?? 1))
    assert.strictEqual(counts.succeeded + counts.failed, done)
    if (plan.endsAt === 1) assert.strictEqual(counts.failed, plan.failed)
  })
})

describe("standingAt", () => {
  it.each(
    [
      [0, ["PROCESSING", 100, 0, 0, 0]],
      [-1, ["PROCESSING", 100, 0, 0, 0]],
      [5, ["PROCESSING", 100, 0, 0, 0]],
      [500, ["PROCESSING", 50, 45, 5, 500]],
      [509, ["PROCESSING", 50, 45, 5, 500]],
      [999, ["PROCESSING", 1, 90, 9, 990]],
      [1000, ["COMPLETED", 0, 90, 10, 1000]],
      [9999, ["COMPLETED", 0, 90, 10, 1000]]
    ] as const
  )("moves: after %d ms", (elapsed, expected) => {
    const plan = { total: 100, failed: 10, duration: Duration.millis(1000) }
    assert.deepEqual(at(plan, elapsed), [...expected])
  })

  it("is scheduled before the work begins", () => {
    const plan = { total: 10, scheduled: Duration.millis(500), duration: Duration.millis(1000) }
    assert.deepEqual(at(plan, 0), ["SCHEDULED", 10, 0, 0, 0])
    assert.deepEqual(at(plan, 499), ["SCHEDULED", 10, 0, 0, 0])
    assert.deepEqual(at(plan, 500), ["PROCESSING", 10, 0, 0, 500])
    assert.deepEqual(at(plan, 650), ["PROCESSING", 9, 1, 0, 600])
    assert.deepEqual(at(plan, 1500), ["COMPLETED", 0, 10, 0, 1500])
  })

  it("does not change during a stall, and continues after it", () => {
    const plan = {
      total: 10,
      duration: Duration.millis(1000),
      stalls: [{ at: 0.5, for: Duration.millis(2000) }]
    }
    assert.deepEqual(at(plan, 499), ["PROCESSING", 6, 4, 0, 400])
    assert.deepEqual(at(plan, 500), ["PROCESSING", 5, 5, 0, 500])
    assert.deepEqual(at(plan, 2500), ["PROCESSING", 5, 5, 0, 500])
    assert.deepEqual(at(plan, 2600), ["PROCESSING", 4, 6, 0, 2600])
    assert.deepEqual(at(plan, 2999), ["PROCESSING", 1, 9, 0, 2900])
    assert.deepEqual(at(plan, 3000), ["COMPLETED", 0, 10, 0, 3000])
  })

  it("adds stalls that begin at the same share, in any order", () => {
    const plan = {
      total: 10,
      duration: Duration.millis(1000),
      stalls: [
        { at: 0.5, for: Duration.millis(300) },
        { at: 0.1, for: Duration.millis(100) },
        { at: 0.5, for: Duration.millis(700) }
      ]
    }
    assert.deepEqual(at(plan, 600), ["PROCESSING", 5, 5, 0, 600])
    assert.deepEqual(at(plan, 1600), ["PROCESSING", 5, 5, 0, 600])
    assert.deepEqual(at(plan, 1700), ["PROCESSING", 4, 6, 0, 1700])
    assert.deepEqual(at(plan, 2100), ["COMPLETED", 0, 10, 0, 2100])
  })

  it("is canceled halfway", () => {
    const plan = { total: 11, duration: Duration.millis(1000), end: "CANCELED" as const, endsAt: 0.5 }
    assert.deepEqual(at(plan, 499), ["PROCESSING", 6, 5, 0, 455])
    assert.deepEqual(at(plan, 500), ["CANCELED", 6, 5, 0, 500])
    assert.deepEqual(at(plan, "1 day"), ["CANCELED", 6, 5, 0, 500])
  })

  it("completes with queued items, as in the documentation's example", () => {
    const plan = { total: 888, queued: 111, duration: Duration.minutes(1) }
    assert.deepEqual(at(plan, "30 seconds"), ["PROCESSING", 500, 388, 0, 29962])
    assert.deepEqual(at(plan, "1 minute"), ["COMPLETED", 111, 777, 0, 60000])
  })

  it("can have undocumented statuses", () => {
    const plan = {
      total: 1,
      duration: Duration.millis(10),
      status: paused,
      end: Operation.UnknownOperationStatus.make("LOST")
    }
    assert.strictEqual(at(plan, 9)[0], "PAUSED")
    assert.strictEqual(at(plan, 10)[0], "LOST")
  })

  it("never ends when its end is PROCESSING, and stops where endsAt says", () => {
    const plan = { total: 10, duration: Duration.millis(100), end: "PROCESSING" as const, endsAt: 0.3 }
    assert.deepEqual(at(plan, "30 days"), ["PROCESSING", 7, 3, 0, 30])
  })

  it("ends at once with a duration of 0", () => {
    assert.deepEqual(at({ total: 5, failed: 2, duration: Duration.zero }, 0), ["COMPLETED", 0, 3, 2, 0])
  })

  it("keeps its stalls with a duration of 0", () => {
    const plan = { total: 4, duration: Duration.zero, stalls: [{ at: 0.5, for: Duration.millis(10) }] }
    assert.deepEqual(at(plan, 9), ["PROCESSING", 2, 2, 0, 0])
    assert.deepEqual(at(plan, 10), ["COMPLETED", 0, 4, 0, 10])
  })

  it("ends after its duration when it has no items", () => {
    const plan = { total: 0, duration: Duration.millis(10) }
    assert.deepEqual(at(plan, 9), ["PROCESSING", 0, 0, 0, 0])
    assert.deepEqual(at(plan, 10), ["COMPLETED", 0, 0, 0, 10])
    const queued = { total: 3, queued: 3, duration: Duration.millis(10) }
    assert.deepEqual(at(queued, 10), ["COMPLETED", 3, 0, 0, 10])
  })
})

const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(OperationPlan.OperationPlan))

describe("OperationPlan", () => {
  it.effect.each(
    [
      ["total", { total: -1, duration: 0 }],
      ["total", { total: 1.5, duration: 0 }],
      ["duration", { total: 1 }],
      ["duration", { total: 1, duration: "soon" }],
      ["duration", { total: 1, duration: -1 }],
      ["stalls", { total: 1, duration: 0, stalls: [{ at: 0, for: -1 }] }],
      ["failed", { total: 1, duration: 0, failed: 2 }],
      ["failed", { total: 3, duration: 0, failed: 2, queued: 2 }],
      ["endsAt", { total: 1, duration: 0, endsAt: 1.1 }],
      ["stalls", { total: 1, duration: 0, stalls: [{ at: -1, for: 1 }] }],
      ["status", { total: 1, duration: 0, status: "COMPLETED" }]
    ] as const
  )("refuses %s of %j", ([field, plan]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(decode(plan))
      assert.include(error.message, `["${field}"]`)
    }))

  it.effect("encodes durations in milliseconds", () =>
    Effect.gen(function*() {
      const plan = yield* decode({ total: 1, duration: 1500, stalls: [{ at: 0.5, for: 20 }], end: "PAUSED" })
      assert.deepEqual(at(plan, 1519), ["PROCESSING", 1, 0, 0, 0])
      assert.deepEqual(at(plan, 1520), ["PAUSED", 0, 1, 0, 1520])
    }))
})
