import { SenderPoolOperations } from "@effect-comms/client"
import { Emulator, type FaultPlan, Report } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Duration, Effect, Redacted, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { fetchPath, get, inProcess, listPath, moving, rules, settle } from "./utils/wiring.ts"

const busy = (nth: ReadonlyArray<number>, retryAfter: FaultPlan.RetryAfter = 2): FaultPlan.Rule => ({
  name: "busy",
  when: { nth },
  do: { _tag: "Status", status: 429, retryAfter }
})

const unknownId = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

// A client that is not Effect's, so that no request carries the trace of a call.
const plainFetch = Effect.fnUntraced(function*(path: string, username = "AC00000000000000000000000000000000") {
  const fetch = yield* Emulator.fetch
  const authorization = `Basic ${btoa(`${username}:${Redacted.value(Emulator.defaultCredentials.authToken)}`)}`
  return yield* Effect.exit(
    Effect.tryPromise(() => fetch(Emulator.baseUrl + path, { headers: { authorization } }))
  )
})

const at = (millis: number, path = listPath, username?: string) =>
  Effect.andThen(TestClock.setTime(millis), plainFetch(path, username))

const report = Effect.flatMap(Emulator.Emulator, ({ report }) => report)

const attempts = Effect.map(report, ({ requests }) => requests.map(({ attempt, call }) => `${call}.${attempt}`))

const encode = Schema.encodeEffect(Report.ReportFromJson)

const decode = Schema.decodeEffect(Report.ReportFromJson)

describe("a report", () => {
  it.effect("has attempts, and the waits that were asked for and kept", () =>
    Effect.gen(function*() {
      yield* at(0)
      yield* at(1000)
      yield* at(3000)
      const { requests, summary } = yield* report
      assert.deepEqual(
        requests.map(({ asked, attempt, call, early, faults, kept, number, status }) => ({
          number,
          call,
          attempt,
          status,
          faults,
          asked: asked && Duration.toMillis(asked),
          kept: kept && Duration.toMillis(kept),
          early
        })),
        [
          { number: 1, call: 1, attempt: 1, status: 429, faults: ["busy"], asked: 2000, kept: undefined, early: false },
          { number: 2, call: 1, attempt: 2, status: 429, faults: ["busy"], asked: 2000, kept: 1000, early: true },
          { number: 3, call: 1, attempt: 3, status: 200, faults: [], asked: undefined, kept: 2000, early: false }
        ]
      )
      assert.deepEqual({ ...summary, waited: Duration.toMillis(summary.waited) }, {
        ...summary,
        requests: 3,
        calls: 1,
        retries: 2,
        early: 1,
        tooManyRequests: 2,
        dropped: 0,
        largestBurst: 1,
        waited: 3000
      })
    }).pipe(Effect.provide(Emulator.layer(rules(busy([1, 2]))))))

  it.effect("tolerates a millisecond", () =>
    Effect.gen(function*() {
      yield* at(0)
      yield* at(1999)
      yield* at(10_000)
      yield* at(11_998)
      const { requests } = yield* report
      assert.deepEqual(requests.map(({ early }) => early), [false, false, false, true])
    }).pipe(Effect.provide(Emulator.layer(rules(busy([1, 3]))))))

  it.effect("counts requests with another URL or account as other calls", () =>
    Effect.gen(function*() {
      yield* at(0)
      yield* at(1, `${listPath}?pageSize=2`)
      yield* at(2, listPath, "SK1")
      yield* at(3)
      yield* at(4, `${listPath}?pageSize=2`)
      assert.deepEqual(yield* attempts, ["1.1", "2.1", "3.1", "1.2", "2.2"])
    }).pipe(Effect.provide(Emulator.layer({ accounts: "any", ...rules(busy([1, 2, 3])) }))))

  it.effect("counts a request after a success as another call", () =>
    Effect.gen(function*() {
      yield* at(0)
      yield* at(1)
      yield* at(2)
      assert.deepEqual(yield* attempts, ["1.1", "2.1", "3.1"])
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("tells calls to the same URL apart by their trace", () =>
    moving(Effect.gen(function*() {
      const { list } = yield* SenderPoolOperations.SenderPoolOperations
      yield* Effect.all([list(), list(), list()], { concurrency: 3 })
      const { requests, summary } = yield* report
      assert.strictEqual(summary.calls, 3)
      assert.strictEqual(summary.early, 0)
      const calls = requests.map(({ attempt, call }) => `${call}.${attempt}`)
      assert.sameMembers(calls, ["1.1", "2.1", "3.1", "1.2", "2.2"])
    })).pipe(
      Effect.provide(inProcess(rules({ do: { _tag: "Delay", duration: Duration.millis(10) } }, busy([1, 2]))))
    ))

  it.effect("counts an error without a retry once", () =>
    Effect.gen(function*() {
      yield* at(0, fetchPath(unknownId))
      const { requests, summary } = yield* report
      assert.deepEqual([summary.requests, summary.calls, summary.retries], [1, 1, 0])
      assert.strictEqual(requests[0]?.url, fetchPath(unknownId))
      assert.strictEqual(requests[0]?.method, "GET")
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("shows the whole query", () =>
    Effect.gen(function*() {
      yield* at(0, `${listPath}?pageToken=a?b%2F&pageSize=3`)
      assert.strictEqual((yield* report).requests[0]?.url, `${listPath}?pageToken=a?b%2F&pageSize=3`)
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("counts the most requests in any second", () =>
    Effect.gen(function*() {
      for (const time of [0, 100, 999, 1000, 1001, 1500, 1900, 5000]) yield* at(time)
      assert.strictEqual((yield* report).summary.largestBurst, 5)
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("counts connections that were dropped", () =>
    Effect.gen(function*() {
      yield* at(0)
      yield* at(1)
      const { requests, summary } = yield* report
      assert.strictEqual(summary.dropped, 1)
      assert.deepEqual(requests.map(({ attempt, status }) => [attempt, status]), [[1, undefined], [2, 200]])
    }).pipe(Effect.provide(Emulator.layer(rules({ when: { nth: [1] }, do: { _tag: "Drop" } })))))

  it.effect("ignores requests to other paths than the API's", () =>
    Effect.gen(function*() {
      yield* at(0, "/openapi.json")
      yield* at(0, "/docs")
      yield* at(0, "/_emulator/report")
      assert.strictEqual((yield* report).summary.requests, 0)
    }).pipe(Effect.provide(Emulator.layer({ admin: true }))))

  it.effect("holds the latest requests and the totals of all", () =>
    Effect.gen(function*() {
      for (const time of [1, 2, 3, 4, 5]) yield* at(time)
      const { requests, summary } = yield* report
      assert.deepEqual(requests.map(({ number }) => number), [3, 4, 5])
      assert.strictEqual(summary.requests, 5)
    }).pipe(Effect.provide(Emulator.layer({ reportLimit: 3 }))))

  it.effect("can hold no request", () =>
    Effect.gen(function*() {
      yield* at(1)
      const { requests, summary } = yield* report
      assert.deepEqual(requests, [])
      assert.strictEqual(summary.requests, 1)
    }).pipe(Effect.provide(Emulator.layer({ reportLimit: 0 }))))

  it.effect("starts empty after a reset", () =>
    Effect.gen(function*() {
      const { resetReport } = yield* Emulator.Emulator
      yield* at(0)
      const late = yield* Effect.forkChild(plainFetch(listPath))
      yield* settle
      yield* resetReport
      yield* TestClock.adjust("10 seconds")
      yield* settle
      assert.isDefined(late.pollUnsafe())
      const empty = yield* report
      assert.deepEqual(empty.requests, [])
      assert.deepEqual([empty.summary.requests, empty.summary.largestBurst, empty.summary.tooManyRequests], [0, 0, 0])
      yield* at(20_000)
      const { requests } = yield* report
      assert.deepEqual(requests.map(({ attempt, number, status }) => [number, attempt, status]), [[1, 1, 200]])
    }).pipe(
      Effect.provide(
        Emulator.layer(rules(busy([1]), { when: { nth: [1] }, do: { _tag: "Delay", duration: Duration.seconds(9) } }))
      )
    ))

  it.effect("holds no secret", () =>
    Effect.gen(function*() {
      const key = "SK0123456789abcdef0123456789abcdef"
      yield* get(listPath, { username: key, password: "s3cr3t-of-the-key" })
      yield* get(listPath, { username: "SKother", password: "another-s3cr3t" })
      yield* get(listPath, { password: "wr0ng-token" })
      yield* get(listPath)
      const whole = yield* report
      const texts = [yield* encode(whole), Report.toTable(whole), JSON.stringify(whole), String(whole)]
      const secrets = [key, "SKother", "s3cr3t", "wr0ng", Redacted.value(Emulator.defaultCredentials.authToken)]
      for (const text of texts) {
        for (const secret of secrets) {
          assert.notInclude(text, secret)
          assert.notInclude(text, btoa(secret))
        }
      }
      const [one, other, wrong, right] = whole.requests.map(({ account }) => account)
      assert.notStrictEqual(one, other)
      assert.strictEqual(wrong, "AC00000000000000000000000000000000")
      assert.strictEqual(right, wrong)
    }).pipe(Effect.provide(inProcess({
      accounts: [
        { username: Emulator.defaultCredentials.accountSid, password: Emulator.defaultCredentials.authToken },
        { username: "SK0123456789abcdef0123456789abcdef", password: Redacted.make("s3cr3t-of-the-key") }
      ]
    }))))

  it.effect("encodes to JSON and decodes to the same report", () =>
    Effect.gen(function*() {
      yield* at(0)
      yield* at(500)
      yield* at(10_000, fetchPath(unknownId))
      const whole = yield* report
      const text = yield* encode(whole)
      assertEquals(yield* decode(text), whole)
      assert.include(text, `"arrivedAt":"1970-01-01T00:00:00.500Z"`)
      assert.include(text, `"asked":2000`)
    }).pipe(Effect.provide(Emulator.layer(rules(busy([1]), { when: { nth: [2] }, do: { _tag: "Drop" } })))))

  it.effect("formats as a table", () =>
    Effect.gen(function*() {
      yield* at(0)
      yield* at(1000)
      yield* at(3250)
      assert.strictEqual(
        Report.toTable(yield* report),
        [
          "#  after   call  answer   asked   kept          faults  request",
          "1  0.00 s  1.1   429      2.00 s                busy    GET /v1/SenderPools/Operations",
          "2  1.00 s  1.2   dropped          1.00 s early  Drop    GET /v1/SenderPools/Operations",
          "3  3.25 s  1.3   200              2.25 s                GET /v1/SenderPools/Operations",
          "",
          "requests             3",
          "calls                1",
          "retries              2, 1 of them too early",
          "answers of 429       1",
          "connections dropped  1",
          "largest burst        1 in a second",
          "waited               3.25 s"
        ].join("\n")
      )
    }).pipe(Effect.provide(Emulator.layer(rules(busy([1]), { when: { nth: [1] }, do: { _tag: "Drop" } })))))

  it.effect("formats as a table without requests", () =>
    Effect.gen(function*() {
      assert.include(Report.toTable(yield* report), "requests             0")
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("has a bounded size", () =>
    Effect.gen(function*() {
      const { stream } = yield* SenderPoolOperations.SenderPoolOperations
      yield* Stream.runDrain(stream({ pageSize: 1 }))
      const { requests, summary } = yield* report
      assert.lengthOf(requests, 10)
      assert.deepEqual(requests.map(({ number }) => number), [291, 292, 293, 294, 295, 296, 297, 298, 299, 300])
      assert.strictEqual(summary.largestBurst, 300)
    }).pipe(Effect.provide(inProcess({ operations: 300, reportLimit: 10 }))))
})
