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
  [new WaitError.WaitTimeout({ ...wait, last, limit: "time" }), 5, /had not ended after 1m and 7 looks\.$/],
  [
    new WaitError.Stalled({ ...wait, last, unchangedFor: Duration.minutes(15) }),
    5,
    /^Nothing about .* changed for 15m\.$/
  ],
  [
    new WaitError.StatusNotKnown({
      ...wait,
      last,
      status: Operation.UnknownOperationStatus.make("\u001b[31mODD"),
      since: at
    }),
    5,
    / is \[31mODD since 2024-04-05T06:20:00\.000Z, a status that is not known here\.$/
  ],
  [
    new WaitError.OperationNotFound({ ...wait, grace: Duration.minutes(1) }),
    1,
    / is not there, 1m after it was first asked for\.$/
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
    / could not be looked at, 2 times in a row: GET http:\/\/localhost\/x was answered 403 Forbidden\.$/
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
    "last" in error ? "It was last seen as PROCESSING: 5 of 10 created, 2 failed, 3 queued." : "It was never seen."
  )
})
