import { CommsError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Exit } from "effect"
import * as State from "../../../src/internal/calling/state.ts"

const seconds = Duration.seconds

const refused = { outcome: "TooManyRequests", status: 429, requestId: "RQ1", retryAfter: seconds(2) }
const lost = { outcome: "TransportFailure", status: undefined, requestId: undefined, retryAfter: undefined }
const done = { outcome: "Success", status: 200, requestId: undefined, retryAfter: undefined }

const run = (state: State.State, sentAt: number, now: number, ending: State.Ending) =>
  State.end(state, State.endedOf(state, sentAt, sentAt, now, ending))

describe("endingOf", () => {
  it.each<readonly [exit: Exit.Exit<State.Answered<string>, CommsError.CommsError>, ending: State.Ending]>([
    [Exit.succeed({ status: 203, requestId: "RQ2", value: "" }), {
      outcome: "Success",
      status: 203,
      requestId: "RQ2",
      retryAfter: undefined
    }],
    [Exit.fail(new CommsError.TooManyRequests({ errors: [], requestId: "RQ1", retryAfter: seconds(2) })), refused],
    [Exit.fail(new CommsError.NotFound({ errors: [] })), {
      outcome: "NotFound",
      status: 404,
      requestId: undefined,
      retryAfter: undefined
    }],
    [Exit.fail(new CommsError.TransportFailure({ reason: "Connection", detail: "", readOnly: true })), lost],
    [Exit.interrupt(1), { outcome: "Interrupted", status: undefined, requestId: undefined, retryAfter: undefined }]
  ])("reads exit %#", (exit, ending) => {
    assert.deepStrictEqual(State.endingOf(exit), ending)
  })
})

describe("attempts", () => {
  it("are numbered, and hold the time since the attempt before", () => {
    const state = run(run(run(State.start(100), 150, 400, refused), 2400, 2500, lost), 3000, 3001, done)
    assert.deepStrictEqual(
      state.attempts.map(State.toAttempt).map(({ asked, number, outcome, startedAt, status, took, waited }) => [
        number,
        DateTime.toEpochMillis(startedAt),
        Duration.toMillis(waited),
        Duration.toMillis(took),
        outcome,
        status,
        asked
      ]),
      [
        [1, 150, 50, 250, "TooManyRequests", 429, seconds(2)],
        [2, 2400, 2000, 100, "TransportFailure", undefined, undefined],
        [3, 3000, 500, 1, "Success", 200, undefined]
      ]
    )
    assert.strictEqual(state.endedAt, 3001)
  })

  it("leave out what an attempt does not have", () => {
    const [attempt] = run(State.start(0), 0, 1, lost).attempts.map(State.toAttempt)
    assert.isDefined(attempt)
    assert.doesNotHaveAnyKeys(attempt, ["status", "asked"])
  })

  it("do not change the state before", () => {
    const first = run(State.start(0), 0, 10, refused)
    const { attempts, dueAt, endedAt } = first
    run(State.postpone(State.enter(first, 20), seconds(2)), 2010, 2020, done)
    assert.lengthOf(attempts, 1)
    assert.deepStrictEqual(first, { attempts, dueAt, endedAt })
  })
})

describe("the next attempt", () => {
  it("is due when it enters the queue", () => {
    const state = State.start(100)
    assert.strictEqual(State.enter(state, 100), state)
    assert.strictEqual(State.enter(state, 700).dueAt, 700)
  })

  it("is due when the wait that the server asked for is over, also if it enters the queue earlier", () => {
    const state = State.postpone(run(State.start(0), 0, 300, refused), seconds(2))
    assert.strictEqual(state.dueAt, 2300)
    assert.strictEqual(State.enter(state, 300).dueAt, 2300)
    assert.strictEqual(State.enter(state, 2500).dueAt, 2500)
  })

  it("is still due at that time after an attempt ends", () => {
    const state = State.postpone(run(State.start(0), 0, 300, refused), seconds(2))
    assert.strictEqual(run(state, 400, 500, lost).dueAt, 2300)
  })
})

const attributesOf = (ending: State.Ending) =>
  run(run(State.start(0), 0, 10, lost), 510, 520, ending).attempts.slice(1).map(State.attributesOf)

describe("attributesOf", () => {
  const shared = { "http.request.resend_count": 1, "comms.waited_ms": 500 }

  it("has the status of a success, and no error", () => {
    assert.deepStrictEqual<unknown>(attributesOf(done), [
      { ...shared, "comms.outcome": "Success", "http.response.status_code": 200 }
    ])
  })

  it("has the status of an error, and the wait that the server asked for", () => {
    assert.deepStrictEqual<unknown>(attributesOf(refused), [{
      ...shared,
      "comms.outcome": "TooManyRequests",
      "error.type": "429",
      "http.response.status_code": 429,
      "comms.request_id": "RQ1",
      "comms.retry_after_ms": 2000
    }])
  })

  it("has the tag of an error that has no status", () => {
    assert.deepStrictEqual<unknown>(attributesOf(lost), [
      { ...shared, "comms.outcome": "TransportFailure", "error.type": "TransportFailure" }
    ])
  })
})
