import { Operation, Outcome, SenderPoolOperation } from "@effect-comms/domain"
import { Arbitraries } from "@effect-comms/testing"
import { assert, it } from "@effect/vitest"
import { Arbitrary, DateTime, Duration, Effect, Schema } from "effect"
import * as Bars from "../../../src/run/watching/bars.ts"
import * as Ending from "../../../src/run/watching/ending.ts"

const now = Date.UTC(2024, 0, 1)

const rowOf = (operation: SenderPoolOperation.SenderPoolOperation): Bars.Row => {
  const { stats: { created, failed, total } } = operation
  const outcome = Outcome.fromOperation(operation)
  return {
    id: operation.id,
    snapshot: {
      operation,
      seenAt: DateTime.makeUnsafe(now),
      progress: {
        settled: created + failed,
        total,
        fraction: total === 0 ? undefined : Math.min(1, (created + failed) / total),
        rate: created / 7,
        remaining: Duration.seconds(failed),
        wentBackwards: false,
        unchangedFor: Duration.zero
      }
    },
    ending: outcome === undefined ? undefined : Ending.ofOutcome(outcome, "none")
  }
}

const styled = /␛\[\d+m/g

const visible = ({ text }: Bars.Line): string => text.replaceAll("\u001b", "␛").replace(styled, "")

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

it.effect.prop(
  "bars keep to their terminal, whatever the operations are and however small it is",
  {
    operations: Arbitrary.array(Arbitraries.models.SenderPoolOperation),
    columns: between(1, 200),
    height: between(4, 40),
    unicode: Arbitrary.schema(Schema.Boolean)
  },
  ({ columns, height, operations, unicode }) =>
    Effect.sync(() => {
      const lines = Bars.draw(
        operations.map(rowOf),
        "a notice",
        { columns, rows: height },
        { unicode, colours: true },
        now
      )
      assert.isBelow(lines.length, height)
      for (const line of lines) {
        assert.strictEqual([...visible(line)].length, line.width)
        assert.isAtMost(line.width, Math.max(1, columns - 1))
        assert.notMatch(visible(line), /\p{Cc}/u)
        if (!unicode) assert.match(visible(line), /^[ -~]*$/)
      }
    })
)

const row = rowOf(
  new SenderPoolOperation.SenderPoolOperation({
    id: Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq8"),
    status: "PROCESSING",
    stats: { total: 1000, queued: 550, created: 440, failed: 10 },
    createdAt: DateTime.makeUnsafe(now),
    updatedAt: DateTime.makeUnsafe(now)
  })
)

const drawAt = (columns: number) =>
  Bars.draw([row], undefined, { columns, rows: 24 }, { unicode: false, colours: false }, now).map(visible)

it("what matters least goes first when there is no room", () => {
  assert.deepStrictEqual([130, 100, 75, 55, 35].flatMap(drawAt), [
    "| comms_operation_01h9krwprkeee8fzqspvwy6nq8  ######x---------   45%    440/1,000  10 failed    550 queued    63/s  10s left",
    "| ..pvwy6nq8  #######x----------   45%    440/1,000  10 failed    550 queued    63/s  10s left",
    "| ..pvwy6nq8  #####x---------   45%    440/1,000  10 failed  10s left",
    "| ..pvwy6nq8  #######x-----------   45%  10s left",
    "| ..pvwy6nq8     45%  10s left"
  ])
})
