import { CommsError, Operation, Outcome, WaitError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { DateTime, Duration, Effect, Schema } from "effect"
import { roundTrips } from "./utils/roundTrip.ts"
import { settledErrors } from "./utils/values.ts"

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
    `Looking at ${operationId} failed: The request was answered 401, Unauthorized. Check TWILIO_ACCOUNT_SID and ` +
    "TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET. It was never seen. The operation itself goes on, if " +
    "it was at work."
  ],
  [
    new WaitError.PollsFailed({
      ...seen,
      reason: new CommsError.ServiceUnavailable({ errors: [], retryAfter: Duration.seconds(30) }),
      failures: 11,
      since: startedAt
    }),
    `Looking at ${operationId} failed 11 times in a row since 2024-01-15T09:30:00.000Z, at last: The request was ` +
    "answered 503, Service Unavailable. The server asks to wait 30s. Repeat the request later. It was last seen as " +
    "PROCESSING, 4 of 10 settled, 1 failed. The operation itself goes on, if it was at work."
  ],
  [
    new WaitError.OperationNotFound({ ...unseen, grace: Duration.minutes(1) }),
    `${operationId} is not there, 1m after it could have been created at the latest. Check the id, and that it ` +
    "belongs to this account."
  ],
  [
    new WaitError.OperationNotFound({ ...seen, grace: Duration.minutes(1) }),
    `${operationId} was there, and is not any more. It was last seen as PROCESSING, 4 of 10 settled, 1 failed. List ` +
    "the operations to see whether it was removed."
  ],
  [
    new WaitError.StatusNotKnown({ ...unseen, last: operationOf(paused), status: paused, since: startedAt }),
    `${operationId} is in a state named PAUSED since 2024-01-15T09:30:00.000Z, which this version of the library does ` +
    "not know, so it cannot say whether that is the end. It was last seen as PAUSED, 4 of 10 settled, 1 failed. Look " +
    "for a newer version, or allow more time with unknownStatusLimit."
  ],
  [
    new WaitError.Stalled({ ...seen, unchangedFor: Duration.minutes(15) }),
    `Nothing about ${operationId} changed for 15m. It was last seen as PROCESSING, 4 of 10 settled, 1 failed. Wait ` +
    "for it again, allow more time with stall.after, or tell Twilio's support."
  ],
  [
    new WaitError.WaitTimeout({ ...seen, limit: "time" }),
    `${operationId} had not ended after 1h 1m and 12 polls, which is all that timeLimit allows. It was last seen as ` +
    "PROCESSING, 4 of 10 settled, 1 failed. The operation itself goes on, if it was at work. Wait for it again, or " +
    "allow more."
  ],
  [
    new WaitError.WaitTimeout({ ...unseen, polls: 1, limit: "schedule" }),
    `${operationId} had not ended after 1h 1m and 1 poll, which is all that the schedule allows. It was never seen. ` +
    "The operation itself goes on, if it was at work. Wait for it again, or allow more."
  ],
  [
    notTolerated("COMPLETED", "none"),
    `${operationId} completed with failures: 4 of 10 settled, 1 failed, 6 missing, and the caller asked that none ` +
    "failed. What was created stays; look at what is missing before it is sent again."
  ],
  [
    notTolerated("COMPLETED", 0.07),
    `${operationId} completed with failures: 4 of 10 settled, 1 failed, 6 missing, and the caller asked that no more ` +
    "than 7 % failed. What was created stays; look at what is missing before it is sent again."
  ],
  [
    notTolerated("CANCELED", "none"),
    `${operationId} was canceled: 4 of 10 settled, 1 failed, and the caller asked that none failed. What was created ` +
    "stays; look at what is missing before it is sent again."
  ]
]

const AnyError = Schema.Union([WaitError.WaitError, WaitError.OutcomeNotTolerated])

const Json = Schema.fromJsonString(Schema.toCodecJson(AnyError))

describe("an error of a wait", () => {
  roundTrips(
    "WaitError",
    WaitError.WaitError,
    settledErrors(
      WaitError.WaitError,
      (error) => error._tag === "PollsFailed" && "errors" in error.reason ? error.reason.errors : []
    )
  )

  it("says what happened, why, and what to do", () => {
    for (const [error, message] of cases) assert.strictEqual(error.message, message)
  })

  it.effect("is the same after it was written and read", () =>
    Effect.gen(function*() {
      for (const [error] of cases) {
        const back = yield* Schema.decodeEffect(Json)(yield* Schema.encodeEffect(Json)(error))
        assertEquals(back, error)
        assert.strictEqual(back.message, error.message)
      }
    }))

  it("shows a status of any length in one line", () => {
    const status = Operation.UnknownOperationStatus.make("PAU\n\u001b[31mSED".repeat(1000))
    const error = new WaitError.StatusNotKnown({ ...unseen, last: operationOf(status), status, since: startedAt })
    assert.isBelow(error.message.length, 600)
    assert.notMatch(error.message, /\p{Cc}/u)
  })

  it.effect("of polls gives its reason to catchReason", () =>
    Effect.gen(function*() {
      const failed = Effect.fail(new WaitError.PollsFailed({ ...unseen, reason, failures: 1, since: startedAt }))
      const caught = yield* failed.pipe(
        Effect.catchReason("PollsFailed", "Unauthorized", ({ status }) => Effect.succeed(status))
      )
      assert.strictEqual(caught, 401)
    }))
})
