import { SenderPoolOperations } from "@effect-comms/client"
import { type Operation, type OperationFamily, Pagination, type SenderPoolOperation } from "@effect-comms/domain"
import { TwilioErrors } from "@effect-comms/domain/TwilioError"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Duration, Effect, Option, Redacted, Schema, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import {
  type Answer,
  assertTag,
  fetchPath,
  get,
  listPath,
  moving,
  once,
  rules,
  type Services,
  type Wiring
} from "./wiring.ts"

const decodeErrors = Schema.decodeEffect(Schema.fromJsonString(TwilioErrors))

const errorsOf = ({ body, headers }: Answer) => {
  assert.match(headers["content-type"] ?? "", /^application\/json/)
  return Effect.map(decodeErrors(body), ({ errors }) => errors)
}

const decodeJson = Schema.decodeSync(Schema.fromJsonString(Schema.Json))

/** A body of 401 or 403, which is not the documented envelope. */
const assertAuthError = ({ body, headers }: Answer, authErrors: "classic" | "problem", status: 401 | 403) => {
  if (authErrors === "classic") {
    const [code, message] = status === 401 ? [20003, "Authenticate."] : [20403, "Forbidden."]
    assert.match(headers["content-type"] ?? "", /^application\/json/)
    const more_info = `https://www.twilio.com/docs/errors/${code}`
    assert.deepEqual(decodeJson(body), { code, message, more_info, status })
  } else {
    const [title, detail] = status === 401
      ? ["Unauthorized", "The credentials are missing or wrong."]
      : ["Forbidden", "The credentials do not permit the request."]
    assert.match(headers["content-type"] ?? "", /^application\/problem\+json/)
    assert.deepEqual(decodeJson(body), { type: "about:blank", title, status, detail })
  }
}

const Page = Schema.fromJsonString(Schema.Struct({
  operations: Schema.Array(Schema.Struct({
    id: Schema.String,
    status: Schema.String,
    createdAt: Schema.String,
    updatedAt: Schema.String
  })),
  pagination: Schema.Struct({ next: Schema.NullOr(Schema.String), self: Schema.String })
}))

const pageOf = ({ body, status }: Answer) => {
  assert.strictEqual(status, 200, body)
  return Schema.decodeEffect(Page)(body)
}

const withToken = (token: string | null, query = "") =>
  `${listPath}?${query}${query === "" ? "" : "&"}pageToken=${encodeURIComponent(token ?? "")}`

const plan = { total: 4, failed: 1, duration: Duration.seconds(4) }

const unknownId = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

const operations = SenderPoolOperations.SenderPoolOperations

const emulator = Emulator.Emulator

const firstId = Effect.map(
  Effect.flatMap(operations, (operations) => operations.list({ pageSize: 1 })),
  ({ operations }) => operations[0]?.id ?? ""
)

/** An id that no request was spent on. */
const createdId = Effect.map(Effect.flatMap(emulator, ({ create }) => create(plan)), ({ id }) => id)

const fetchOnce = Effect.gen(function*() {
  const id = yield* createdId
  return yield* once(Effect.flatMap(operations, ({ fetch }) => fetch(id)))
})

const streamIds = (params?: OperationFamily.ListParams<Operation.KnownOperationStatus>) =>
  Stream.unwrap(Effect.map(operations, ({ stream }) => stream(params))).pipe(Stream.map(({ id }) => id))

const listed = (query: string) =>
  Effect.map(Effect.flatMap(get(`${listPath}?${query}`), pageOf), ({ operations }) => operations)

const days = (query: string) =>
  Effect.map(listed(query), (operations) => operations.map(({ createdAt }) => createdAt.slice(0, 10)))

const statusesOf = (query: string) => Effect.map(listed(query), (operations) => operations.map(({ status }) => status))

const statuses = (path: string, count: number) =>
  Effect.map(Effect.replicateEffect(get(path), count), (answers) => answers.map(({ status }) => status))

const unavailable: FaultPlan.Fault = { _tag: "Status", status: 503 }

const busy = (retryAfter?: FaultPlan.RetryAfter): FaultPlan.Fault =>
  retryAfter === undefined ? unavailable : { ...unavailable, retryAfter }

/** The same for every way in which an emulator is reached. */
export const scenarios = (name: string, wiring: Wiring) => {
  const test = <A, E>(
    name: string,
    options: Emulator.Options | undefined,
    body: Effect.Effect<A, E, Services | Scope.Scope>
  ) => it.effect(name, () => Effect.provide(moving(body), wiring(options)))

  describe(`${name}: the endpoints`, () => {
    test(
      "fetch returns an operation with its progress",
      undefined,
      Effect.gen(function*() {
        const { create } = yield* emulator
        const { fetch } = yield* operations
        const { createdAt, id } = yield* create(plan)
        const { body, headers, status } = yield* get(fetchPath(id))
        assert.strictEqual(status, 200)
        assert.match(headers["content-type"] ?? "", /^application\/json/)
        assert.include(body, `"id":"${id}"`)
        yield* TestClock.setTime(DateTime.toEpochMillis(createdAt) + 2500)
        const operation = yield* fetch(id)
        assert.deepEqual({ ...operation.stats }, { total: 4, queued: 2, created: 2, failed: 0 })
        assert.strictEqual(operation.status, "PROCESSING")
        assert.strictEqual(DateTime.toEpochMillis(operation.updatedAt), DateTime.toEpochMillis(createdAt) + 2000)
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* fetch(id)).status, "COMPLETED")
      })
    )

    test(
      "fetch answers 404 in the envelope for an unknown id",
      { operations: 5 },
      Effect.gen(function*() {
        const answer = yield* get(fetchPath(unknownId))
        assert.strictEqual(answer.status, 404)
        assert.deepEqual((yield* errorsOf(answer)).map(({ code, context }) => [code, context]), [[20404, null]])
        assert.include(answer.body, `"infoUrl":"/docs/api/errors/20404"`)
        const { fetch } = yield* operations
        const { requestId } = assertTag(yield* Effect.flip(fetch(unknownId)), "NotFound")
        assert.match(requestId ?? "", /^RQ[0-9a-f]{32}$/)
        assert.notStrictEqual(requestId, answer.headers["twilio-request-id"])
      })
    )

    test(
      "an operation is visible after the read delay",
      { readDelay: "2 seconds" },
      Effect.gen(function*() {
        const id = yield* createdId
        assert.strictEqual((yield* get(fetchPath(id))).status, 404)
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* get(fetchPath(id))).status, 200)
      })
    )

    test(
      "list returns pages of 50, or of the requested size",
      { operations: 120 },
      Effect.gen(function*() {
        const { list } = yield* operations
        const sizes = [undefined, 1, 7, 1000].map((pageSize) =>
          Effect.map(list({ pageSize }), ({ operations, pagination }) => [operations.length, pagination.next !== null])
        )
        assert.deepEqual(yield* Effect.all(sizes), [[50, true], [1, true], [7, true], [120, false]])
      })
    )

    test(
      "an empty list is one page",
      undefined,
      Effect.gen(function*() {
        const page = yield* pageOf(yield* get(listPath))
        assert.deepEqual(page.operations, [])
        assert.isNull(page.pagination.next)
        assert.isNotEmpty(page.pagination.self)
      })
    )

    test(
      "bare dates are their first instant in UTC, startDate included and endDate not",
      { operations: 7, newest: "2024-01-17T00:00:00Z", span: "7 days" },
      Effect.gen(function*() {
        assert.deepEqual(yield* days("startDate=2024-01-15"), ["2024-01-15", "2024-01-16", "2024-01-17"])
        assert.deepEqual(yield* days("endDate=2024-01-13"), ["2024-01-11", "2024-01-12"])
        assert.deepEqual(yield* days("startDate=2024-01-12&endDate=2024-01-13"), ["2024-01-12"])
        assert.deepEqual(yield* days("startDate=2024-01-15T00:00:00.001Z&endDate=2024-01-17T00:00:00Z"), ["2024-01-16"])
        assert.deepEqual(yield* days("startDate=2024-01-15T02:00:00%2B02:00&endDate=2024-01-15T00:00:00.001Z"), [
          "2024-01-15"
        ])
        assert.deepEqual(yield* days("startDate=2024-01-17&endDate=2024-01-12"), [])
      })
    )

    test(
      "status filters",
      { operations: 300 },
      Effect.gen(function*() {
        const counts = yield* Effect.all(
          ["PROCESSING", "COMPLETED", "CANCELED"].map((status) =>
            Effect.map(statusesOf(`pageSize=1000&status=${status}`), (found) => {
              assert.isTrue(found.every((other) => other === status))
              return found.length
            })
          )
        )
        assert.isTrue(counts.every((count) => count > 0))
        assert.strictEqual(counts.reduce((a, b) => a + b), 300)
      })
    )

    for (
      const [query, context] of [
        ["pageSize=0", "$.pageSize"],
        ["pageSize=1001", "$.pageSize"],
        ["pageSize=1.5", "$.pageSize"],
        ["pageSize=ten", "$.pageSize"],
        ["pageSize=", "$.pageSize"],
        ["status=FAILED", "$.status"],
        ["status=completed", "$.status"],
        ["startDate=yesterday", "$.startDate"],
        ["startDate=2024-13-01", "$.startDate"],
        ["endDate=2024-01-01T00:00:00", "$.endDate"],
        ["endDate=", "$.endDate"],
        ["pageToken=", "$.pageToken"],
        ["pageToken=abc", "$.pageToken"],
        ["pageToken=eyJwYWdlIjoxfQ%3D%3D", "$.pageToken"],
        ["pageToken=%2B%2F%2B%2F", "$.pageToken"]
      ] as const
    ) {
      test(
        `list answers 400 to ${query}, and names ${context}`,
        { operations: 3 },
        Effect.gen(function*() {
          const answer = yield* get(`${listPath}?${query}`)
          assert.strictEqual(answer.status, 400)
          const errors = yield* errorsOf(answer)
          assert.deepEqual(errors.map(({ context }) => context), [context])
          assert.isTrue(errors.every(({ code, message }) => code === 20001 && message !== ""))
        })
      )
    }

    test(
      "fetch answers 400 for a malformed id and names the field",
      undefined,
      Effect.gen(function*() {
        for (const id of ["abc", `${unknownId}!`, "comms_senderpool_01h9krwprkeee8fzqspvwy6nq8", "%20"]) {
          const answer = yield* get(fetchPath(id))
          assert.strictEqual(answer.status, 400, id)
          assert.deepEqual((yield* errorsOf(answer)).map(({ context }) => context), ["$.operationId"])
        }
      })
    )

    for (
      const [what, options] of [
        ["no credentials", { anonymous: true }],
        ["a wrong password", { password: "wrong" }],
        ["a wrong name", { username: "ACwrong" }],
        ["another scheme", {
          anonymous: true,
          headers: { authorization: `Bearer ${Redacted.value(Emulator.defaultCredentials.authToken)}` }
        }],
        ["nonsense", { anonymous: true, headers: { authorization: "Basic %%%" } }]
      ] as const
    ) {
      for (const authErrors of ["classic", "problem"] as const) {
        test(
          `401, as ${authErrors}, to ${what}`,
          { operations: 3, authErrors },
          Effect.gen(function*() {
            for (const path of [listPath, fetchPath(unknownId), `${listPath}?pageSize=0`]) {
              const answer = yield* get(path, options)
              assert.strictEqual(answer.status, 401, path)
              assertAuthError(answer, authErrors, 401)
              assert.match(answer.headers["twilio-request-id"] ?? "", /^RQ/)
            }
          })
        )
      }
    }

    test(
      "401 is classic by default",
      undefined,
      Effect.map(get(listPath, { anonymous: true }), (answer) => assertAuthError(answer, "classic", 401))
    )

    test(
      "404 in the envelope for an unknown path or method",
      { operations: 3 },
      Effect.gen(function*() {
        const id = yield* firstId
        for (
          const [method, path] of [
            ["GET", "/"],
            ["GET", "/v1"],
            ["GET", "/v1/Faxes"],
            ["GET", "/v2/SenderPools/Operations"],
            ["GET", `${listPath}/${id}/more`],
            ["GET", "/_emulator/report"],
            ["POST", listPath],
            ["DELETE", fetchPath(id)],
            ["PATCH", fetchPath(id)]
          ] as const
        ) {
          const answer = yield* get(path, { method })
          assert.strictEqual(answer.status, 404, `${method} ${path}`)
          assert.deepEqual((yield* errorsOf(answer)).map(({ code }) => code), [20404])
        }
      })
    )

    test(
      "other accounts can be configured, or any account",
      { accounts: "any" },
      Effect.gen(function*() {
        assert.strictEqual((yield* get(listPath, { username: "SK1", password: "x:y" })).status, 200)
        assert.strictEqual((yield* get(listPath, { anonymous: true })).status, 401)
      })
    )
  })

  describe(`${name}: page tokens`, () => {
    test(
      "hold =, + and /, and survive encoding",
      { operations: 30 },
      Effect.gen(function*() {
        const seen: Array<string> = []
        let path = `${listPath}?pageSize=10`
        for (;;) {
          const { operations, pagination } = yield* pageOf(yield* get(path))
          seen.push(...operations.map(({ id }) => id))
          if (pagination.next === null) break
          for (const char of ["=", "+", "/"]) assert.include(pagination.next, char)
          path = withToken(pagination.next, "pageSize=10")
        }
        assert.strictEqual(new Set(seen).size, 30)
      })
    )

    test(
      "return the same page again, and equal its self token",
      { operations: 30 },
      Effect.gen(function*() {
        const first = yield* pageOf(yield* get(`${listPath}?pageSize=10`))
        const again = yield* pageOf(yield* get(withToken(first.pagination.self, "pageSize=10")))
        assert.deepEqual(again, first)
        const second = yield* pageOf(yield* get(withToken(first.pagination.next)))
        assert.strictEqual(second.pagination.self, first.pagination.next)
      })
    )

    test(
      "expire",
      { operations: 30, tokenLifetime: "10 minutes" },
      Effect.gen(function*() {
        const { pagination } = yield* pageOf(yield* get(`${listPath}?pageSize=10`))
        yield* TestClock.adjust("9 minutes")
        assert.strictEqual((yield* get(withToken(pagination.next))).status, 200)
        yield* TestClock.adjust("2 minutes")
        const answer = yield* get(withToken(pagination.next))
        assert.strictEqual(answer.status, 400)
        const [error] = yield* errorsOf(answer)
        assert.strictEqual(error?.context, "$.pageToken")
        assert.include(error?.message, "expired")
        const { list } = yield* operations
        const pageToken = Pagination.PageToken.make(pagination.next ?? "")
        assertTag(yield* Effect.flip(list({ pageToken })), "BadRequest")
      })
    )

    test(
      "of a list with other filters are refused",
      { operations: 200 },
      Effect.gen(function*() {
        const { pagination } = yield* pageOf(yield* get(`${listPath}?pageSize=1&status=COMPLETED`))
        assert.strictEqual((yield* get(withToken(pagination.next, "status=COMPLETED"))).status, 200)
        for (const query of ["", "status=PROCESSING", "status=COMPLETED&startDate=2024-01-15"]) {
          const answer = yield* get(withToken(pagination.next, query))
          assert.strictEqual(answer.status, 400, query)
          const [error] = yield* errorsOf(answer)
          assert.strictEqual(error?.context, "$.pageToken")
          assert.include(error?.message, "other filters")
        }
      })
    )

    test(
      "that were modified are refused",
      { operations: 30 },
      Effect.gen(function*() {
        const { pagination } = yield* pageOf(yield* get(`${listPath}?pageSize=10`))
        const next = pagination.next ?? ""
        for (const token of [next.replace("+", " "), next.slice(0, -4), `${next}AAAA`, `A${next.slice(1)}`]) {
          const answer = yield* get(withToken(token))
          assert.strictEqual(answer.status, 400, token)
          assert.deepEqual((yield* errorsOf(answer)).map(({ context }) => context), ["$.pageToken"])
        }
      })
    )
  })

  describe(`${name}: Retry-After`, () => {
    const year = 365 * 24 * 3600
    for (
      const [what, retryAfter, header, seconds] of [
        ["in seconds", 5, "5", 5],
        ["as a date", { date: 30 }, undefined, 30],
        ["of a year", year, String(year), year],
        ["negative", -1, "-1", undefined],
        ["of a date that is over", { date: -60 }, undefined, undefined],
        ["that is no number", { text: "soon" }, "soon", undefined],
        ["that is missing", undefined, undefined, undefined]
      ] as const
    ) {
      test(
        what,
        rules({ do: busy(retryAfter) }),
        Effect.gen(function*() {
          const { headers, status } = yield* get(listPath)
          assert.strictEqual(status, 503)
          if (retryAfter === undefined) assert.isUndefined(headers["retry-after"])
          else if (header !== undefined) assert.strictEqual(headers["retry-after"], header)
          else assert.match(headers["retry-after"] ?? "", /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/)
          const error = assertTag(yield* Effect.flip(fetchOnce), "ServiceUnavailable")
          assert.deepEqual(
            Option.fromUndefinedOr(error.retryAfter),
            seconds === undefined ? Option.none() : Option.some(Duration.seconds(seconds))
          )
          assert.deepEqual(error.errors.map(({ code }) => code), [20503])
        })
      )
    }

    test(
      "is honoured by the client",
      rules({ when: { nth: [1, 2] }, do: busy(3) }),
      Effect.gen(function*() {
        const id = yield* createdId
        const { fetch } = yield* operations
        const start = yield* Clock.currentTimeMillis
        yield* fetch(id)
        assert.isAtLeast((yield* Clock.currentTimeMillis) - start, 6000)
        const { requests, summary } = yield* (yield* emulator).report
        assert.deepEqual(requests.map(({ attempt, status }) => [attempt, status]), [[1, 503], [2, 503], [3, 200]])
        assert.strictEqual(summary.early, 0)
      })
    )
  })

  describe(`${name}: faults`, () => {
    for (
      const [status, tag, code] of [
        [400, "BadRequest", 20001],
        [404, "NotFound", 20404],
        [409, "Conflict", 77701],
        [429, "TooManyRequests", 20429],
        [500, "InternalServerError", 20500],
        [503, "ServiceUnavailable", 20503],
        [418, "UnexpectedStatus", 20418]
      ] as const
    ) {
      test(
        `Status ${status} has the documented envelope, and is ${tag}`,
        rules({ do: { _tag: "Status", status } }),
        Effect.gen(function*() {
          const error = assertTag(yield* Effect.flip(fetchOnce), tag)
          assert.deepEqual(error.errors.map((error) => error.code), [code])
        })
      )
    }

    for (
      const [status, tag, shown] of [
        [401, "Unauthorized", { classic: "20003", problem: "The credentials are missing or wrong." }],
        [403, "Forbidden", { classic: "20403", problem: "The credentials do not permit the request." }]
      ] as const
    ) {
      for (const authErrors of ["classic", "problem"] as const) {
        test(
          `Status ${status}, as ${authErrors}, is ${tag}, and the client shows the body`,
          { authErrors, ...rules({ do: { _tag: "Status", status } }) },
          Effect.gen(function*() {
            const answer = yield* get(listPath)
            assert.strictEqual(answer.status, status)
            assertAuthError(answer, authErrors, status)
            const error = assertTag(yield* Effect.flip(fetchOnce), tag)
            assert.include(error.message, shown[authErrors])
          })
        )
      }
    }

    test(
      "Status can have its own body, media type and headers",
      rules({
        do: {
          _tag: "Status",
          status: 502,
          body: "<h1>Bad Gateway</h1>",
          mediaType: "text/html",
          headers: { "X-Request-Id": "RQ1", "Retry-After": "2" }
        }
      }),
      Effect.gen(function*() {
        const error = assertTag(yield* Effect.flip(fetchOnce), "UnexpectedStatus")
        assert.strictEqual(error.status, 502)
        assert.strictEqual(error.mediaType, "text/html")
        assert.strictEqual(error.excerpt, "<h1>Bad Gateway</h1>")
        assert.strictEqual(error.requestId, "RQ1")
        assert.deepEqual(error.retryAfter, Duration.seconds(2))
        const { requests } = yield* (yield* emulator).report
        assert.deepEqual(requests.map(({ asked }) => asked), [Duration.seconds(2)])
      })
    )

    for (const [status, body] of [[200, ""], [200, "{}"], [204, ""], [205, ""], [204, "ignored"]] as const) {
      test(
        `Status ${status} with ${JSON.stringify(body)} is an invalid response`,
        rules({ do: { _tag: "Status", status, body } }),
        Effect.gen(function*() {
          const error = assertTag(yield* Effect.flip(fetchOnce), "InvalidResponse")
          assert.strictEqual(error.status, status)
        })
      )
    }

    test(
      "Status 304 has no body",
      rules({ do: { _tag: "Status", status: 304 } }),
      Effect.gen(function*() {
        assert.strictEqual(assertTag(yield* Effect.flip(fetchOnce), "UnexpectedStatus").status, 304)
      })
    )

    test(
      "RateLimit limits the requests of each account in a window",
      { accounts: "any", ...rules({ do: { _tag: "RateLimit", limit: 2, window: Duration.seconds(3) } }) },
      Effect.gen(function*() {
        assert.deepEqual(yield* statuses(listPath, 3), [200, 200, 429])
        assert.strictEqual((yield* get(listPath, { username: "SK1" })).status, 200)
        const refused = yield* get(listPath)
        assert.strictEqual(refused.status, 429)
        assert.strictEqual(refused.headers["retry-after"], "3")
        assert.deepEqual((yield* errorsOf(refused)).map(({ code }) => code), [20429])
        yield* TestClock.adjust("3 seconds")
        assert.deepEqual(yield* statuses(listPath, 3), [200, 200, 429])
      })
    )

    test(
      "RateLimit can have another Retry-After",
      rules({ do: { _tag: "RateLimit", limit: 1, window: Duration.seconds(3), retryAfter: { text: "later" } } }),
      Effect.gen(function*() {
        yield* get(listPath)
        assert.strictEqual((yield* get(listPath)).headers["retry-after"], "later")
      })
    )

    test(
      "RateLimit slows the client down, without loss",
      { operations: 40, ...rules({ do: { _tag: "RateLimit", limit: 2, window: Duration.seconds(1) } }) },
      Effect.gen(function*() {
        const ids = yield* Stream.runCollect(streamIds({ pageSize: 5 }))
        assert.strictEqual(new Set(ids).size, 40)
        assert.lengthOf(ids, 40)
        const { summary } = yield* (yield* emulator).report
        assert.strictEqual(summary.calls, 8)
        assert.strictEqual(summary.early, 0)
        assert.isAbove(summary.tooManyRequests, 0)
      })
    )

    test(
      "Delay makes the answer late",
      rules({ do: { _tag: "Delay", duration: Duration.seconds(2) } }),
      Effect.gen(function*() {
        const start = yield* Clock.currentTimeMillis
        yield* fetchOnce
        assert.isAtLeast((yield* Clock.currentTimeMillis) - start, 2000)
      })
    )

    test(
      "Delay beyond the client's limit is a timeout, and the next attempt belongs to the same call",
      rules({ when: { nth: [1] }, do: { _tag: "Delay", duration: Duration.minutes(1) } }),
      Effect.gen(function*() {
        const id = yield* createdId
        const { fetch } = yield* operations
        yield* fetch(id)
        const { requests, summary } = yield* (yield* emulator).report
        assert.deepEqual(
          requests.map(({ attempt, call, faults, status }) => [call, attempt, status, faults]),
          [[1, 1, undefined, ["Delay"]], [1, 2, 200, []]]
        )
        assert.strictEqual(summary.dropped, 1)
      })
    )

    test(
      "SlowBody sends the body in pieces over a time",
      rules({ do: { _tag: "SlowBody", duration: Duration.seconds(2), pieces: 4 } }),
      Effect.gen(function*() {
        const start = yield* Clock.currentTimeMillis
        yield* fetchOnce
        const took = (yield* Clock.currentTimeMillis) - start
        assert.isAtLeast(took, 2000)
        assert.isBelow(took, 4000)
      })
    )

    test(
      "SlowBody beyond the client's limit is a timeout",
      rules({ do: { _tag: "SlowBody", duration: Duration.minutes(1), pieces: 60 } }),
      Effect.gen(function*() {
        assert.strictEqual(assertTag(yield* Effect.flip(fetchOnce), "TransportFailure").reason, "Timeout")
      })
    )

    for (
      const [what, afterBytes] of [["before the answer", undefined], ["at the body", 0], ["within it", 20]] as const
    ) {
      test(
        `Drop ${what} is a failed connection`,
        rules({ do: afterBytes === undefined ? { _tag: "Drop" } : { _tag: "Drop", afterBytes } }),
        Effect.gen(function*() {
          const error = assertTag(yield* Effect.flip(fetchOnce), "TransportFailure")
          assert.strictEqual(error.reason, "Connection")
          const { requests, summary } = yield* (yield* emulator).report
          assert.strictEqual(summary.dropped, 1)
          assert.deepEqual(requests.map(({ status }) => status), [undefined])
        })
      )
    }

    test(
      "Drop is retried",
      rules({ when: { nth: [1] }, do: { _tag: "Drop", afterBytes: 20 } }),
      Effect.gen(function*() {
        const id = yield* createdId
        assert.strictEqual((yield* Effect.flatMap(operations, ({ fetch }) => fetch(id))).id, id)
      })
    )

    test(
      "Drop and SlowBody can be combined",
      rules(
        { do: { _tag: "SlowBody", duration: Duration.seconds(2), pieces: 2 } },
        { do: { _tag: "Drop", afterBytes: 20 } }
      ),
      Effect.gen(function*() {
        assert.strictEqual(assertTag(yield* Effect.flip(fetchOnce), "TransportFailure").reason, "Connection")
      })
    )

    test(
      "Body can answer HTML with a success status",
      rules({ do: { _tag: "Body", body: "<html>Log in</html>", mediaType: "text/html; charset=utf-8" } }),
      Effect.gen(function*() {
        const error = assertTag(yield* Effect.flip(fetchOnce), "InvalidResponse")
        assert.deepEqual([error.status, error.mediaType, error.excerpt], [200, "text/html", "<html>Log in</html>"])
      })
    )

    test(
      "Truncate ends the body early",
      rules({ do: { _tag: "Truncate", bytes: 10 } }),
      Effect.gen(function*() {
        const id = yield* createdId
        assert.strictEqual((yield* get(fetchPath(id))).body, `{"id":"com`)
        assertTag(yield* Effect.flip(fetchOnce), "InvalidResponse")
      })
    )

    test(
      "UnknownStatus is decoded",
      { operations: 3, ...rules({ do: { _tag: "UnknownStatus", status: "PAUSED" } }) },
      Effect.gen(function*() {
        assert.strictEqual((yield* fetchOnce).status, "PAUSED")
        const { operations: all } = yield* Effect.flatMap(operations, ({ list }) => list())
        assert.deepEqual(all.map(({ status }) => status), ["PAUSED", "PAUSED", "PAUSED", "PAUSED"])
      })
    )

    test(
      "WrongShape makes every item unreadable, and each error has the path",
      { operations: 3, ...rules({ do: { _tag: "WrongShape" } }) },
      Effect.gen(function*() {
        assert.include(assertTag(yield* Effect.flip(fetchOnce), "InvalidResponse").problem, `["stats"]`)
        const { invalid, operations: readable } = yield* Effect.flatMap(operations, ({ list }) => list())
        assert.lengthOf(readable, 0)
        // The three at the start, and the one that was created.
        assert.deepEqual(invalid.map(({ index }) => index), [0, 1, 2, 3])
        assert.include(invalid[0]?.problem, `["stats"]`)
      })
    )

    test(
      "WrongShape with an index leaves the other items of a page as they are",
      { operations: 3, ...rules({ do: { _tag: "WrongShape", index: 1 } }) },
      Effect.gen(function*() {
        const { invalid, operations: readable } = yield* Effect.flatMap(operations, ({ list }) => list())
        assert.lengthOf(readable, 2)
        assert.deepEqual(invalid.map(({ index }) => index), [1])
      })
    )

    for (
      const [what, fault, pages] of [
        ["SameToken", { _tag: "SameToken", token: "https://comms.example/?a=b+c/d==" }, 2],
        ["TokenCycle of one", { _tag: "TokenCycle", length: 1 }, 2],
        ["TokenCycle of three", { _tag: "TokenCycle", length: 3 }, 4]
      ] as const
    ) {
      test(
        `${what} is a loop that the client detects`,
        { operations: 20, ...rules({ do: fault }) },
        Effect.gen(function*() {
          const ids: Array<string> = []
          const error = yield* streamIds({ pageSize: 5 }).pipe(
            Stream.runForEach((id) => Effect.sync(() => ids.push(id))),
            Effect.flip
          )
          assert.lengthOf(ids, 5)
          const loop = assertTag(error, "PaginationLoop")
          if (fault._tag === "SameToken") assert.strictEqual(String(loop.pageToken), fault.token)
          assert.strictEqual((yield* (yield* emulator).report).summary.requests, pages)
        })
      )
    }

    test(
      "EmptyPage inserts an empty page, without loss",
      { operations: 20, ...rules({ when: { nth: [1, 3, 4] }, do: { _tag: "EmptyPage" } }) },
      Effect.gen(function*() {
        const ids = yield* Stream.runCollect(streamIds({ pageSize: 5 }))
        assert.strictEqual(new Set(ids).size, 20)
        assert.lengthOf(ids, 20)
        assert.strictEqual((yield* (yield* emulator).report).summary.requests, 7)
      })
    )

    test(
      "RepeatPage repeats a page with another token, and the client delivers it once",
      { operations: 20, ...rules({ when: { nth: [2] }, do: { _tag: "RepeatPage" } }) },
      Effect.gen(function*() {
        const ids = yield* Stream.runCollect(streamIds({ pageSize: 5 }))
        assert.strictEqual(new Set(ids).size, 20)
        assert.lengthOf(ids, 20)
        assert.strictEqual((yield* (yield* emulator).report).summary.requests, 5)
      })
    )

    test(
      "ClockSkew moves Date and the date in Retry-After, and the client waits as long as intended",
      rules({ do: { _tag: "ClockSkew", by: 3_600_000 } }, { when: { nth: [1] }, do: busy({ date: 10 }) }),
      Effect.gen(function*() {
        const id = yield* createdId
        const start = yield* Clock.currentTimeMillis
        yield* Effect.flatMap(operations, ({ fetch }) => fetch(id))
        const now = yield* Clock.currentTimeMillis
        assert.isAtLeast(now - start, 10_000)
        assert.isBelow(now - start, 12_000)
        const { headers } = yield* get(listPath)
        assert.isAtMost(Math.abs(Date.parse(headers["date"] ?? "") - now - 3_600_000), 2000)
      })
    )
  })

  describe(`${name}: conditions`, () => {
    const list = "SenderPoolOperations.list"
    const fetch = "SenderPoolOperations.fetch"

    test(
      "path is a prefix of the path",
      rules({ when: { path: `${listPath}/` }, do: unavailable }),
      Effect.gen(function*() {
        assert.deepEqual(yield* statuses(listPath, 1), [200])
        assert.deepEqual(yield* statuses(fetchPath(unknownId), 1), [503])
      })
    )

    test(
      "call is the client's method",
      rules({ when: { call: list }, do: unavailable }, {
        when: { call: fetch },
        do: { _tag: "Status", status: 409 }
      }),
      Effect.gen(function*() {
        assert.deepEqual(yield* statuses(`${listPath}?pageSize=2`, 1), [503])
        assert.deepEqual(yield* statuses(fetchPath(unknownId), 1), [409])
      })
    )

    test(
      "status is that of the answer without the fault",
      { operations: 3, ...rules({ when: { status: 404 }, do: { _tag: "Status", status: 500 } }) },
      Effect.gen(function*() {
        const id = yield* firstId
        assert.deepEqual(yield* statuses(fetchPath(id), 1), [200])
        assert.deepEqual(yield* statuses(fetchPath(unknownId), 1), [500])
        assert.strictEqual((yield* get(listPath, { password: "wrong" })).status, 401)
      })
    )

    test(
      "nth counts the requests that meet the other conditions",
      rules({ when: { call: list, nth: [2, 4] }, do: unavailable }),
      Effect.gen(function*() {
        assert.deepEqual(yield* statuses(listPath, 1), [200])
        assert.deepEqual(yield* statuses(fetchPath(unknownId), 2), [404, 404])
        assert.deepEqual(yield* statuses(listPath, 4), [503, 200, 503, 200])
      })
    )

    test(
      "every picks every nth request",
      rules({ when: { every: 3 }, do: unavailable }),
      Effect.gen(function*() {
        assert.deepEqual(yield* statuses(listPath, 7), [200, 200, 503, 200, 200, 503, 200])
      })
    )

    test(
      "after and before count from the start",
      rules({ when: { after: Duration.minutes(1), before: Duration.minutes(2) }, do: unavailable }),
      Effect.gen(function*() {
        assert.deepEqual(yield* statuses(listPath, 1), [200])
        yield* TestClock.setTime(60_000)
        assert.deepEqual(yield* statuses(listPath, 1), [503])
        yield* TestClock.setTime(119_000)
        assert.deepEqual(yield* statuses(listPath, 1), [503])
        yield* TestClock.setTime(120_000)
        assert.deepEqual(yield* statuses(listPath, 1), [200])
      })
    )

    test(
      "probability is a share of the requests, determined by the seed",
      { faults: { seed: 3, rules: [{ when: { probability: 0.3 }, do: unavailable }] } },
      Effect.gen(function*() {
        const { setFaults } = yield* emulator
        const first = yield* statuses(listPath, 100)
        const count = first.filter((status) => status === 503).length
        assert.isAbove(count, 15)
        assert.isBelow(count, 45)
        yield* setFaults({ seed: 3, rules: [{ when: { probability: 0.3 }, do: unavailable }] })
        assert.deepEqual(yield* statuses(listPath, 100), first)
        yield* setFaults({ seed: 4, rules: [{ when: { probability: 0.3 }, do: unavailable }] })
        assert.notDeepEqual(yield* statuses(listPath, 100), first)
        yield* setFaults({ rules: [{ when: { probability: 0 }, do: unavailable }] })
        assert.deepEqual(yield* statuses(listPath, 3), [200, 200, 200])
        yield* setFaults({ rules: [{ when: { probability: 1 }, do: unavailable }] })
        assert.deepEqual(yield* statuses(listPath, 3), [503, 503, 503])
      })
    )

    test(
      "rules apply in order, up to the first that answers",
      rules(
        { name: "late", do: { _tag: "Delay", duration: Duration.millis(100) } },
        { name: "first", when: { nth: [1] }, do: { _tag: "Status", status: 429 } },
        { name: "second", do: { _tag: "Status", status: 409 } },
        { name: "never", do: { _tag: "Delay", duration: Duration.days(1) } }
      ),
      Effect.gen(function*() {
        assert.deepEqual(yield* statuses(listPath, 2), [429, 409])
        const { requests } = yield* (yield* emulator).report
        assert.deepEqual(requests.map(({ faults }) => faults), [["late", "first"], ["late", "second"]])
      })
    )
  })

  describe(`${name}: an operation of an hour`, () => {
    test(
      "is polled to its end",
      undefined,
      Effect.gen(function*() {
        const { create } = yield* emulator
        const { fetch } = yield* operations
        const { id } = yield* create({
          total: 888,
          failed: 3,
          queued: 111,
          duration: Duration.minutes(50),
          stalls: [{ at: 0.5, for: Duration.minutes(10) }]
        })
        const polled: Array<SenderPoolOperation.SenderPoolOperation> = []
        for (;;) {
          const operation = yield* fetch(id)
          polled.push(operation)
          if (operation.isTerminal) break
          yield* TestClock.adjust("5 minutes")
        }
        assert.lengthOf(polled, 13)
        assert.deepEqual(polled.map(({ stats }) => stats.created + stats.failed), [
          0,
          77,
          155,
          233,
          310,
          388,
          388,
          388,
          466,
          543,
          621,
          699,
          777
        ])
        assert.deepEqual({ ...polled[12]?.stats }, { total: 888, queued: 111, created: 774, failed: 3 })
      })
    )
  })

  describe(`${name}: presets`, () => {
    for (const preset of ["calm", "rate-limited", "flaky", "outage", "hostile"] as const) {
      test(
        `${preset} costs the client only time`,
        { operations: 60, faults: preset },
        Effect.gen(function*() {
          if (preset === "outage") yield* TestClock.adjust("65 seconds")
          const ids = yield* Stream.runCollect(streamIds({ pageSize: 2 }))
          assert.strictEqual(new Set(ids).size, 60)
          const { summary } = yield* (yield* emulator).report
          assert.strictEqual(summary.early, 0)
          if (preset !== "calm") assert.isAbove(summary.retries, 0)
        })
      )
    }
  })
}
