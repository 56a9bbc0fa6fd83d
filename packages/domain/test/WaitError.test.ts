import { CommsError, Operation, Outcome, WaitError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Arbitrary, DateTime, Duration, Effect, Schema } from "effect"
import { roundTrips } from "./utils/roundTrip.ts"
import { normalizedErrors } from "./utils/values.ts"

const operationId = Operation.OperationId.make("comms_operation_01h9krwprkeee8fzqspvwy6nq8")

const startedAt = DateTime.makeUnsafe("2024-01-15T09:30:00Z")

const operationOf = (status: Operation.OperationStatus) =>
  new Operation.Operation({
    id: operationId,
    status,
    stats: { total: 10, queued: 6, created: 3, failed: 1 },
    counts: { total: 10, settled: 4, failed: 1 },
    createdAt: startedAt,
    updatedAt: startedAt
  })

const paused = Operation.UnknownOperationStatus.make("PAUSED")

const unseen = { operationId, startedAt, waited: Duration.minutes(61), polls: 12 }

const seen = { ...unseen, last: operationOf("PROCESSING") }

const reason = new CommsError.Unauthorized({ errors: [] })

const notTolerated = (status: "COMPLETED" | "CANCELED", tolerance: Outcome.Tolerance) => {
  const outcome = Outcome.fromOperation(operationOf(status))
  return outcome === undefined
    ? assert.fail("It has not ended")
    : new WaitError.OutcomeNotTolerated({ outcome, tolerance })
}

const cases: ReadonlyArray<readonly [error: WaitError.WaitError | WaitError.OutcomeNotTolerated, message: string]> = [
  [
    new WaitError.PollsFailed({ ...unseen, reason, failures: 1, since: startedAt }),
    `Polling ${operationId} failed: The request returned 401 Unauthorized. No poll has found it. The operation itself ` +
    "may still be in progress. Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET."
  ],
  [
    new WaitError.PollsFailed({
      ...seen,
      reason: new CommsError.ServiceUnavailable({ errors: [], retryAfter: Duration.seconds(30), requestId: "RQ1" }),
      failures: 11,
      since: startedAt
    }),
    `Polling ${operationId} failed 11 times in a row since 2024-01-15T09:30:00.000Z; last error: The request returned ` +
    "503 Service Unavailable. The server asks to wait 30 seconds. Its last known status is PROCESSING: 4 of 10 " +
    "settled, 1 failed. The operation itself may still be in progress. Retry the request later. Request id: RQ1."
  ],
  [
    new WaitError.OperationNotFound({ ...unseen, grace: Duration.minutes(1) }),
    `${operationId} was still not found 1 minute after its creation. No poll has found it. Check the id, and that it ` +
    "belongs to this account."
  ],
  [
    new WaitError.OperationNotFound({ ...seen, grace: Duration.minutes(1) }),
    `${operationId} was found before, and is no longer found. Its last known status is PROCESSING: 4 of 10 settled, ` +
    "1 failed. List the operations to check whether it was removed."
  ],
  [
    new WaitError.StatusNotKnown({ ...unseen, last: operationOf(paused), status: paused, since: startedAt }),
    `${operationId} has had the status PAUSED since 2024-01-15T09:30:00.000Z. This version of the library does not ` +
    "know that status, so it cannot tell whether the operation has ended. Its last known status is PAUSED: 4 of 10 " +
    "settled, 1 failed. Update the library, or wait for it again."
  ],
  [
    new WaitError.Stalled({ ...seen, unchangedFor: Duration.minutes(15) }),
    `${operationId} has not changed for 15 minutes. Its last known status is PROCESSING: 4 of 10 settled, 1 failed. ` +
    "Wait for it again, or contact Twilio support."
  ],
  [
    new WaitError.WaitTimeout({ ...seen, limit: "time" }),
    `${operationId} had not ended after 1 hour 1 minute and 12 polls. The wait reached its time limit. Its last known ` +
    "status is PROCESSING: 4 of 10 settled, 1 failed. The operation itself may still be in progress. Wait for it " +
    "again, or raise its time limit."
  ],
  [
    new WaitError.WaitTimeout({ ...unseen, polls: 1, limit: "schedule" }),
    `${operationId} had not ended after 1 hour 1 minute and 1 poll. The schedule of the wait allows no more polls. No ` +
    "poll has found it. The operation itself may still be in progress. Wait for it again, or use a schedule with more " +
    "polls."
  ],
  [
    notTolerated("COMPLETED", "none"),
    `${operationId} completed with failures: 4 of 10 settled, 1 failed, 6 missing. No failed or missing items are ` +
    "tolerated. Items that succeeded remain. Check what is missing before sending it again."
  ],
  [
    notTolerated("COMPLETED", 0.07),
    `${operationId} completed with failures: 4 of 10 settled, 1 failed, 6 missing. At most 7 % failed or missing items ` +
    "are tolerated. Items that succeeded remain. Check what is missing before sending it again."
  ],
  [
    notTolerated("CANCELED", "none"),
    `${operationId} was canceled: 4 of 10 settled, 1 failed. A canceled operation is not tolerated. Items that ` +
    "succeeded remain. Check what is missing before sending it again."
  ]
]

const AnyError = Schema.Union([WaitError.WaitError, WaitError.OutcomeNotTolerated])

const Json = Schema.fromJsonString(Schema.toCodecJson(AnyError))

describe("an error of a wait", () => {
  roundTrips(
    "WaitError",
    WaitError.WaitError,
    normalizedErrors(
      WaitError.WaitError,
      (error) => error._tag === "PollsFailed" && "errors" in error.reason ? error.reason.errors : []
    )
  )

  it("says what happened, why, and what to do", () => {
    for (const [error, message] of cases) assert.strictEqual(error.message, message)
  })

  it.effect("round-trips through JSON", () =>
    Effect.gen(function*() {
      for (const [error] of cases) {
        const back = yield* Schema.decodeEffect(Json)(yield* Schema.encodeEffect(Json)(error))
        assertEquals(back, error)
        assert.strictEqual(back.message, error.message)
      }
    }))

  it("shortens a long status to one line", () => {
    const status = Operation.UnknownOperationStatus.make("PAU\n\u001b[31mSED".repeat(1000))
    const error = new WaitError.StatusNotKnown({ ...unseen, last: operationOf(status), status, since: startedAt })
    assert.isBelow(error.message.length, 600)
    assert.notMatch(error.message, /\p{Cc}/u)
  })

  it.prop("has no control characters in its message", [Arbitrary.schema(AnyError)], ([error]) => {
    assert.notMatch(error.message, /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
  })

  it.effect("of failed polls exposes its reason to catchReason", () =>
    Effect.gen(function*() {
      const failed = Effect.fail(new WaitError.PollsFailed({ ...unseen, reason, failures: 1, since: startedAt }))
      const caught = yield* failed.pipe(
        Effect.catchReason("PollsFailed", "Unauthorized", ({ status }) => Effect.succeed(status))
      )
      assert.strictEqual(caught, 401)
    }))
})
