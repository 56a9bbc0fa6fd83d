import { CommsError, Operation, SenderPoolOperation, WaitError } from "@effect-comms/domain"
import { assert, it } from "@effect/vitest"
import { DateTime, Duration } from "effect"
import * as Ending from "../../../src/run/watching/ending.ts"

const operationId = Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq8")

const at = DateTime.makeUnsafe("2024-04-05T06:20:00Z")

const last = new SenderPoolOperation.SenderPoolOperation({
  id: operationId,
  status: "PROCESSING",
  stats: { total: 10, queued: 3, created: 5, failed: 2 },
  createdAt: at,
  updatedAt: at
})

const wait = { operationId, startedAt: at, waited: Duration.minutes(1), polls: 7 }

const cases = [
  [new WaitError.WaitTimeout({ ...wait, last, limit: "time" }), 5, / had not ended after 1 minute and 7 polls\.$/],
  [
    new WaitError.Stalled({ ...wait, last, unchangedFor: Duration.minutes(15) }),
    5,
    / has not changed for 15 minutes\.$/
  ],
  [
    new WaitError.StatusNotKnown({
      ...wait,
      last,
      status: Operation.UnknownOperationStatus.make("\u001b[31mODD"),
      since: at
    }),
    5,
    / has had the status \[31mODD since 2024-04-05T06:20:00\.000Z\.$/
  ],
  [
    new WaitError.OperationNotFound({ ...wait, grace: Duration.minutes(1) }),
    1,
    / was still not found 1 minute after its creation\.$/
  ],
  [
    new WaitError.PollsFailed({
      ...wait,
      last,
      reason: new CommsError.Forbidden({ errors: [], method: "GET", url: "http://localhost/x" }),
      failures: 2,
      since: at
    }),
    1,
    /^Polling .* failed 2 times in a row since .*; last error: GET http:\/\/localhost\/x returned 403 Forbidden\.$/
  ]
] as const

it.each(cases)("%s", (error, code, what) => {
  const ending = Ending.ofError(error)
  assert.strictEqual(Ending.codeOf(ending), code)
  assert.isFalse(Ending.isOver(ending))
  const description = Ending.describe(ending)
  assert.match(description?.what ?? "", what)
  assert.isString(description?.advice)
  assert.include(
    description?.why ?? [],
    "last" in error ? "Its last known status is PROCESSING: 7 of 10 settled, 2 failed." : "No poll has found it."
  )
})
