import { MessageOperation, Operation, Outcome, SenderPoolOperation, WaitError } from "@effect-comms/domain"
import { Arbitraries } from "@effect-comms/testing"
import { assert, it } from "@effect/vitest"
import { Arbitrary, DateTime, Duration, Effect, Schema } from "effect"
import { resources } from "../../../src/Resource.ts"
import * as Bars from "../../../src/run/watching/bars.ts"
import * as Ending from "../../../src/run/watching/ending.ts"

const now = Date.UTC(2024, 0, 1)

const rowOf = (operation: Operation.Operation): Bars.Row => {
  const { failed, settled, total } = operation.counts
  const outcome = Outcome.fromOperation(operation)
  return {
    id: operation.id,
    snapshot: {
      operation,
      seenAt: now,
      progress: {
        fraction: total === 0 ? undefined : Math.min(1, settled / total),
        rate: (settled - failed) / 7,
        remaining: Duration.seconds(failed)
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
  "bars fit a terminal of any size, for any operations",
  {
    operations: Arbitrary.array(Arbitraries.models.SenderPoolOperation),
    columns: between(1, 200),
    height: between(4, 40),
    unicode: Arbitrary.schema(Schema.Boolean)
  },
  ({ columns, height, operations, unicode }) =>
    Effect.sync(() => {
      const lines = Bars.draw(
        {
          resource: resources["sender-pools"],
          rows: operations.map(rowOf),
          notice: "a notice",
          size: { columns, rows: height },
          style: { unicode, colours: true },
          now
        }
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

const drawAt = (columns: number, drawn = row, resource = resources["sender-pools"]) =>
  Bars.draw({
    resource,
    rows: [drawn],
    notice: undefined,
    size: { columns, rows: 24 },
    style: { unicode: false, colours: false },
    now
  }).map(visible)

it("a scheduled operation is shown as such", () => {
  const scheduled = rowOf(
    new MessageOperation.MessageOperation({
      id: Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq8"),
      status: "SCHEDULED",
      stats: { total: 1000, scheduled: 990, unaddressable: 10 },
      createdAt: DateTime.makeUnsafe(now),
      updatedAt: DateTime.makeUnsafe(now)
    })
  )
  assert.deepStrictEqual(drawAt(110, scheduled, resources.messages), [
    "| ..pvwy6nq8  x---------    1%     10/1,000  10 failed      0 queued    990 scheduled  0.0/min  SCHEDULED"
  ])
})

it("the least important parts are dropped first on a narrow terminal", () => {
  assert.deepStrictEqual([130, 100, 75, 55, 35].flatMap((columns) => drawAt(columns)), [
    "| comms_operation_01h9krwprkeee8fzqspvwy6nq8  ######x---------   45%    440/1,000  10 failed    550 queued    63/s  10s left",
    "| ..pvwy6nq8  #######x----------   45%    440/1,000  10 failed    550 queued    63/s  10s left",
    "| ..pvwy6nq8  #####x---------   45%    440/1,000  10 failed  10s left",
    "| ..pvwy6nq8  #######x-----------   45%  10s left",
    "| ..pvwy6nq8   45%  10s left"
  ])
})

it("operations whose waits failed are not counted as ended", () => {
  const timedOut = Ending.ofError(
    new WaitError.WaitTimeout({
      operationId: Operation.OperationId.make(row.id),
      startedAt: DateTime.makeUnsafe(now),
      waited: Duration.minutes(1),
      polls: 7,
      limit: "time"
    })
  )
  const ended = new SenderPoolOperation.SenderPoolOperation({
    id: Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq9"),
    status: "CANCELED",
    stats: { total: 1000, queued: 0, created: 440, failed: 10 },
    createdAt: DateTime.makeUnsafe(now),
    updatedAt: DateTime.makeUnsafe(now)
  })
  const summaryOf = (rows: ReadonlyArray<Bars.Row>) =>
    Bars.draw({
      resource: resources["sender-pools"],
      rows,
      notice: undefined,
      size: { columns: 120, rows: 24 },
      style: { unicode: false, colours: false },
      now
    }).at(-1)?.text
  const failed = { ...row, ending: timedOut }
  assert.strictEqual(summaryOf([failed, failed]), "0 of 2 ended; 2 waits failed; 880/2,000 created, 20 failed")
  assert.strictEqual(
    summaryOf([failed, rowOf(ended)]),
    "1 of 2 ended, 1 unsuccessful; 1 wait failed; 880/2,000 created, 20 failed"
  )
})

it("a line that is too long ends with an ellipsis, and a summary has fewer parts", () => {
  const failing = { ...row, note: "poll failed: ECONNREFUSED, 3 times in a row" }
  const linesAt = (columns: number, unicode: boolean) =>
    Bars.draw({
      resource: resources["sender-pools"],
      rows: [failing, row],
      notice: "The server answered 429 and asks to wait: 1s to go",
      size: { columns, rows: 24 },
      style: { unicode, colours: true },
      now
    }).map(visible)
  assert.deepStrictEqual(linesAt(50, false), [
    "| ..pvwy6nq8   45%  poll failed: ECONNREFUSED, ..",
    "| ..pvwy6nq8   45%  10s left",
    "0 of 2 ended; 880/2,000 created, 20 failed",
    "The server answered 429 and asks to wait: 1s to.."
  ])
  assert.deepStrictEqual(linesAt(40, true).slice(2), ["0 of 2 ended", "The server answered 429 and asks to wa…"])
})
