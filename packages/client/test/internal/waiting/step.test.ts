import type { Waiting } from "@effect-comms/client"
import { CommsError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Result } from "effect"
import * as Wait from "../../../src/internal/waiting/step.ts"
import {
  internal,
  notFound,
  operationIdOf,
  operationOf,
  type Standing,
  unauthorized,
  unavailable
} from "../../utils/polls.ts"

const minute = 60_000

const limits: Waiting.Limits = {
  timeLimit: Duration.hours(1),
  stallAfter: Duration.minutes(15),
  stallAs: "error",
  notFoundGrace: Duration.minutes(1),
  unknownStatusLimit: Duration.minutes(5),
  maxFailures: 3,
  maxFailureTime: Duration.minutes(10)
}

const waitWith = (changes: Partial<Waiting.Limits> = {}): Wait.Wait => ({
  operationId: operationIdOf(1),
  startedAt: 0,
  createdAt: 0,
  limits: { ...limits, ...changes }
})

type Seen = readonly [at: number, what: Standing | CommsError.CommsError]

const resultOf = (what: Standing | CommsError.CommsError) =>
  CommsError.isCommsError(what) ? Result.fail(what) : Result.succeed(operationOf(what))

/** What a wait tells of poll results in turn, and how it ends. */
const run = (wait: Wait.Wait, results: ReadonlyArray<Seen>, from = Wait.begin(0)) => {
  const told: Array<string> = []
  let state = from
  for (const [index, [at, what]] of results.entries()) {
    const step = Wait.advance(wait, state, { number: index + 1, at, result: resultOf(what), history: undefined })
    state = step.state
    told.push(step.tell ?? "")
    if (step.end !== undefined) return { told, state, end: step.end }
  }
  return { told, state, end: undefined }
}

const tagOf = ({ end }: ReturnType<typeof run>) => typeof end === "function" ? end(DateTime.makeUnsafe)._tag : end

const errorOf = <Tag extends string>(ending: ReturnType<typeof run>, tag: Tag) => {
  const { end } = ending
  const is = <E extends { readonly _tag: string }>(error: E): error is Extract<E, { readonly _tag: Tag }> =>
    error._tag === tag
  const error = typeof end === "function" ? end(DateTime.makeUnsafe) : undefined
  return error !== undefined && is(error) ? error : assert.fail(`Expected ${tag}, got ${tagOf(ending)}`)
}

describe("an operation that was found", () => {
  it("is reported first, and when its status or stats change", () => {
    const { end, state, told } = run(waitWith(), [
      [0, {}],
      [1000, {}],
      [2000, { created: 1 }],
      [3000, { created: 1, failed: 1 }],
      [4000, { created: 1, failed: 1, queued: 1 }],
      [5000, { created: 1, failed: 1, queued: 1, total: 11 }],
      [6000, { created: 1, failed: 1, queued: 1, total: 11 }],
      [7000, { created: 1, failed: 1, queued: 1, total: 11, status: "PAUSED" }]
    ])
    assert.deepEqual(told, ["Changed", "", "Changed", "Changed", "Changed", "Changed", "", "Changed"])
    assert.isUndefined(end)
    assert.strictEqual(state.polls, 8)
    assert.strictEqual(state.changedAt, 7000)
  })

  it("ends the wait when it has ended, at the first poll too", () => {
    for (const status of ["COMPLETED", "CANCELED"]) {
      assert.deepEqual(run(waitWith(), [[0, { status }]]).told, ["Changed"])
      assert.strictEqual(run(waitWith(), [[0, { status }]]).end, "ended")
      assert.strictEqual(run(waitWith(), [[0, {}], [1000, { status }]]).end, "ended")
    }
  })

  it("ends the wait after a stall or failed polls too", () => {
    assert.strictEqual(run(waitWith(), [[0, {}], [20 * minute, { status: "COMPLETED" }]]).end, "ended")
    assert.strictEqual(
      run(waitWith(), [[0, unavailable], [1, unavailable], [2, unavailable], [3, { status: "CANCELED" }]]).end,
      "ended"
    )
  })
})

describe("a stall", () => {
  it("is an error when nothing changes for `stall.after`", () => {
    const before: ReadonlyArray<Seen> = [[0, {}], [minute, { created: 1 }], [15 * minute, { created: 1 }]]
    assert.isUndefined(run(waitWith(), [...before, [16 * minute - 1, { created: 1 }]]).end)
    const stalled = run(waitWith(), [...before, [16 * minute, { created: 1 }]])
    const error = errorOf(stalled, "Stalled")
    assert.deepEqual(error.unchangedFor, Duration.minutes(15))
    assert.deepEqual(error.last, operationOf({ created: 1 }))
    assert.deepEqual([error.polls, error.waited], [4, Duration.minutes(16)])
  })

  it("includes an operation in progress whose items are all settled", () => {
    const results: ReadonlyArray<Seen> = [[0, { created: 10 }], [15 * minute, { created: 10 }]]
    assert.strictEqual(tagOf(run(waitWith(), results)), "Stalled")
  })

  it("is reported once until something changes, if it is not an error", () => {
    const { end, told } = run(waitWith({ stallAs: "event" }), [
      [0, {}],
      [15 * minute, {}],
      [30 * minute, {}],
      [31 * minute, { created: 1 }],
      [45 * minute, { created: 1 }],
      [46 * minute, { created: 1 }],
      [47 * minute, { created: 1 }]
    ])
    assert.deepEqual(told, ["Changed", "Stalled", "", "Changed", "", "Stalled", ""])
    assert.isUndefined(end)
  })

  it("is found by a resumed wait too", () => {
    const resumed = { ...Wait.begin(50 * minute), last: operationOf(), changedAt: 0 }
    const results: ReadonlyArray<Seen> = [[50 * minute, {}], [51 * minute, {}], [52 * minute, {}]]
    assert.deepEqual(run(waitWith({ stallAs: "event" }), results, resumed).told, ["Changed", "Stalled", ""])
    const ended = run(waitWith(), results, resumed)
    assert.deepEqual(ended.told, ["Changed"])
    assert.deepEqual(errorOf(ended, "Stalled").unchangedFor, Duration.minutes(50))
  })
})

describe("a scheduled operation", () => {
  const status = "SCHEDULED"

  it("neither ends nor stalls, and its status is known", () => {
    for (const stallAs of ["error", "event"] as const) {
      const results: ReadonlyArray<Seen> = [[0, { status }], [16 * minute, { status }], [59 * minute, { status }]]
      const { end, state, told } = run(waitWith({ stallAs, unknownStatusLimit: Duration.zero }), results)
      assert.deepEqual([told, end, state.unknownSince], [["Changed", "", ""], undefined, undefined])
    }
  })

  it("can stall from the poll on that shows it in progress", () => {
    const before: ReadonlyArray<Seen> = [[0, { status }], [30 * minute, { status }], [40 * minute, {}]]
    const { end, told } = run(waitWith(), [...before, [55 * minute - 1, {}]])
    assert.deepEqual([told, end], [["Changed", "", "Changed", ""], undefined])
    const error = errorOf(run(waitWith(), [...before, [55 * minute, {}]]), "Stalled")
    assert.deepEqual(error.unchangedFor, Duration.minutes(15))
  })

  it("does not stall in a resumed wait either", () => {
    const resumed = { ...Wait.begin(50 * minute), last: operationOf({ status }), changedAt: 0 }
    const results: ReadonlyArray<Seen> = [[50 * minute, { status }], [51 * minute, {}], [65 * minute, {}]]
    assert.isUndefined(run(waitWith(), results, resumed).end)
    assert.strictEqual(tagOf(run(waitWith(), [...results, [66 * minute, {}]], resumed)), "Stalled")
  })

  it("ends the wait when it is canceled", () => {
    assert.strictEqual(run(waitWith(), [[0, { status }], [minute, { status: "CANCELED" }]]).end, "ended")
  })
})

describe("an unknown status", () => {
  const status = "PAUSED"

  it("is an error after `unknownStatusLimit`", () => {
    const before: ReadonlyArray<Seen> = [[0, {}], [minute, { status }], [2 * minute, { status }]]
    assert.isUndefined(run(waitWith(), [...before, [6 * minute - 1, { status }]]).end)
    const ending = run(waitWith(), [...before, [6 * minute, { status }]])
    assert.deepEqual(ending.told, ["Changed", "Changed", "", ""])
    const error = errorOf(ending, "StatusNotKnown")
    assert.strictEqual<string>(error.status, status)
    assert.deepEqual(error.since, DateTime.makeUnsafe(minute))
    assert.deepEqual(error.last, operationOf({ status }))
  })

  it("is timed from its start, across other unknown statuses", () => {
    assert.isUndefined(run(waitWith(), [[0, { status }], [4 * minute, {}], [5 * minute, { status }]]).end)
    const other = errorOf(run(waitWith(), [[0, { status }], [5 * minute, { status: "HELD" }]]), "StatusNotKnown")
    assert.strictEqual<string>(other.status, "HELD")
  })

  it("keeps its start in a resumed wait", () => {
    const resumed = { ...Wait.begin(9 * minute), last: operationOf({ status }), unknownSince: 5 * minute }
    assert.isUndefined(run(waitWith(), [[9 * minute, { status }]], resumed).end)
    assert.strictEqual(tagOf(run(waitWith(), [[10 * minute, { status }]], resumed)), "StatusNotKnown")
  })

  it("is an error at once with a limit of zero", () => {
    const ending = run(waitWith({ unknownStatusLimit: Duration.zero }), [[0, { status }]])
    assert.deepEqual([ending.told, tagOf(ending)], [["Changed"], "StatusNotKnown"])
  })
})

describe("a failed poll", () => {
  it("is tolerated up to `maxFailures` times in a row", () => {
    const three: ReadonlyArray<Seen> = [[1, unavailable], [2, internal], [3, unavailable]]
    const tolerated = run(waitWith(), [[0, {}], ...three, [4, {}], ...three])
    assert.deepEqual(tolerated.told.slice(1), [
      "PollFailed",
      "PollFailed",
      "PollFailed",
      "",
      ...tolerated.told.slice(1, 4)
    ])
    assert.isUndefined(tolerated.end)
    const ending = run(waitWith(), [[0, {}], ...three, [4, internal]])
    const error = errorOf(ending, "PollsFailed")
    assert.deepEqual([error.failures, error.since, error.reason], [4, DateTime.makeUnsafe(1), internal])
    assert.deepEqual(error.last, operationOf())
  })

  it("is tolerated for less than `maxFailureTime`", () => {
    const before: ReadonlyArray<Seen> = [[0, {}], [minute, unavailable]]
    assert.isUndefined(run(waitWith(), [...before, [11 * minute - 1, unavailable]]).end)
    const error = errorOf(run(waitWith(), [...before, [11 * minute, unavailable]]), "PollsFailed")
    assert.deepEqual([error.failures, error.since], [2, DateTime.makeUnsafe(minute)])
  })

  it("ends the wait at once if none may fail", () => {
    const error = errorOf(run(waitWith({ maxFailures: 0 }), [[5, unavailable]]), "PollsFailed")
    assert.deepEqual([error.failures, error.polls], [1, 1])
    assert.notProperty(error, "last")
  })

  const lost = new CommsError.TransportFailure({ reason: "Connection", detail: "", readOnly: true })

  it("ends the wait after three polls if none had an answer", () => {
    const error = errorOf(run(waitWith(), [[0, lost], [1, lost], [2, lost]]), "PollsFailed")
    assert.deepEqual([error.failures, error.reason], [3, lost])
    const answers: ReadonlyArray<Standing | CommsError.CommsError> = [{}, notFound, unavailable]
    for (const answer of answers) {
      assert.isUndefined(run(waitWith(), [[0, answer], [1, lost], [2, lost]]).end)
    }
    assert.isUndefined(run(waitWith({ maxFailures: 10 }), [[0, notFound], [1, lost], [2, lost], [3, lost]]).end)
  })

  const transient: ReadonlyArray<CommsError.CommsError> = [
    unavailable,
    internal,
    new CommsError.TooManyRequests({ errors: [] }),
    new CommsError.Conflict({ errors: [] }),
    new CommsError.CoolingDown({ retryAfter: Duration.minutes(59), retryAt: DateTime.makeUnsafe(0) }),
    new CommsError.TransportFailure({ reason: "Connection", detail: "", readOnly: true }),
    new CommsError.TransportFailure({ reason: "Timeout", detail: "", readOnly: true }),
    new CommsError.InvalidResponse({ status: 200, problem: "not JSON" }),
    new CommsError.UnexpectedStatus({ errors: [], status: 502, readOnly: true }),
    new CommsError.UnexpectedStatus({ errors: [], status: 520, readOnly: true })
  ]

  const permanent: ReadonlyArray<CommsError.CommsError> = [
    unauthorized,
    new CommsError.Forbidden({ errors: [] }),
    new CommsError.BadRequest({ errors: [] }),
    new CommsError.UnexpectedStatus({ errors: [], status: 302, readOnly: true }),
    new CommsError.TransportFailure({ reason: "Tls", detail: "", readOnly: true })
  ]

  it("ends the wait when its Retry-After is beyond the deadline", () => {
    const asking = new CommsError.ServiceUnavailable({ errors: [], retryAfter: Duration.minutes(10) })
    assert.deepEqual(run(waitWith(), [[50 * minute - 1, asking]]).told, ["PollFailed"])
    const error = errorOf(run(waitWith(), [[50 * minute, asking]]), "PollsFailed")
    assert.deepEqual([error.failures, error.reason], [1, asking])
  })

  it("ends the wait at once if its error is permanent", () => {
    for (const error of transient) assert.deepEqual(run(waitWith(), [[0, error]]).told, ["PollFailed"])
    for (const error of permanent) {
      const ending = run(waitWith(), [[0, {}], [1, error]])
      assert.strictEqual(errorOf(ending, "PollsFailed").reason, error)
      assert.deepEqual(ending.told, ["Changed", ""])
    }
  })
})

describe("an operation that is not found", () => {
  it("may be new", () => {
    const results: ReadonlyArray<Seen> = [[0, notFound], [30_000, notFound], [minute - 1, notFound]]
    const ending = run(waitWith({ maxFailures: 0 }), results)
    assert.deepEqual([ending.told, ending.end], [["NotFoundYet", "NotFoundYet", "NotFoundYet"], undefined])
    const error = errorOf(run(waitWith(), [...results, [minute, notFound]]), "OperationNotFound")
    assert.deepEqual([error.grace, error.polls], [Duration.minutes(1), 4])
    assert.notProperty(error, "last")
  })

  it("is not new after `notFoundGrace` from its creation", () => {
    const old = { ...waitWith(), startedAt: 10 * minute, createdAt: 0 }
    assert.strictEqual(tagOf(run(old, [[10 * minute, notFound]])), "OperationNotFound")
    const toCome = { ...waitWith(), createdAt: 10 * minute }
    assert.isUndefined(run(toCome, [[10 * minute, notFound]]).end)
  })

  it("is tolerated like a failed poll if it was found before", () => {
    const lost: ReadonlyArray<Seen> = [[0, {}], [1, notFound], [2, notFound], [3, notFound]]
    assert.deepEqual(run(waitWith(), lost).told.slice(1), ["PollFailed", "PollFailed", "PollFailed"])
    assert.isUndefined(run(waitWith(), [...lost, [4, {}], ...lost]).end)
    const error = errorOf(run(waitWith(), [...lost, [4, notFound]]), "OperationNotFound")
    assert.deepEqual(error.last, operationOf())
  })
})
