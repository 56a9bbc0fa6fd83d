import {
  BadRequestError,
  ClientClosedError,
  CommsError,
  ConfigError,
  ConflictError,
  CoolingDownError,
  ForbiddenError,
  InternalServerError,
  InvalidInputError,
  InvalidItemError,
  InvalidResponseError,
  NotFoundError,
  OutcomeUnknownError,
  PollsFailedError,
  type Progress,
  type Retry,
  type SenderPoolOperation,
  ServiceUnavailableError,
  TooManyRequestsError,
  TransportFailureError,
  TwilioClient,
  UnauthorizedError,
  UnexpectedStatusError,
  WaitError,
  WaitTimeoutError
} from "@effect-comms/promise"
import { Emulator } from "@effect-comms/testing"
import { afterEach, assert, describe, it, vi } from "@effect/vitest"
import { Duration, Effect } from "effect"
import {
  assertError,
  call,
  clientOf,
  connect,
  credentials,
  json,
  moving,
  recording,
  rejected,
  rejection,
  script,
  settle,
  silent,
  unknownOperation
} from "./utils/emulator.ts"

afterEach(() => {
  vi.unstubAllEnvs()
})

const id = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

const operation = {
  id,
  status: "COMPLETED",
  stats: { total: 2, queued: 0, created: 1, failed: 1 },
  createdAt: "2024-01-15T09:30:00Z",
  updatedAt: "2024-04-10T12:45:00.5Z"
}

const pageOf = (operations: ReadonlyArray<unknown>, next: string | null = null) =>
  json({ operations, pagination: { next, self: "self" } })

const twilioError = { code: 20404, message: "No such thing", infoUrl: "/docs/api/errors/20404", context: "null" }

const errorOf = (options: ConstructorParameters<typeof TwilioClient>[0]) => {
  try {
    return new TwilioClient(options)
  } catch (error) {
    return error
  }
}

describe("a call", () => {
  it.effect("resolves to plain data with dates", () =>
    Effect.gen(function*() {
      const { client, sent } = script([json({ ...operation, status: "PAUSED", added: true })])
      const fetched = yield* call(() => client.senderPools.fetchOperation(id))
      assert.deepStrictEqual(fetched, {
        ...operation,
        status: "PAUSED",
        createdAt: new Date("2024-01-15T09:30:00Z"),
        updatedAt: new Date("2024-04-10T12:45:00.500Z")
      })
      assert.strictEqual(Object.getPrototypeOf(fetched), Object.prototype)
      assert.strictEqual(
        sent[0]?.headers.get("authorization"),
        `Basic ${btoa(`${credentials.accountId}:${credentials.authToken}`)}`
      )
    }))

  it.effect("is sent when it is made", () =>
    Effect.gen(function*() {
      const { client, sent } = script([json(operation)])
      const promise = client.messages.fetchOperation(id)
      assert.instanceOf(promise, Promise)
      yield* settle
      assert.lengthOf(sent, 1)
      yield* call(() => promise)
    }))

  it.effect.each(
    [
      [400, BadRequestError],
      [401, UnauthorizedError],
      [403, ForbiddenError],
      [404, NotFoundError],
      [409, ConflictError],
      [429, TooManyRequestsError],
      [500, InternalServerError],
      [503, ServiceUnavailableError],
      [418, UnexpectedStatusError]
    ] as const
  )("rejects with the class of the status %i", ([status, Class]) =>
    Effect.gen(function*() {
      const { client } = script([
        json({ errors: [twilioError] }, status, { "twilio-request-id": "RQ1", "retry-after": "90" })
      ])
      const error = assertError(yield* rejection(() => client.senderPools.fetchOperation(id)), CommsError)
      assert.instanceOf(error, Error)
      assert.strictEqual(error.constructor, Class)
      assert.strictEqual(error.name, Class.name)
      assert.strictEqual(error.status, status)
      assert.strictEqual(error.requestId, "RQ1")
      assert.deepEqual(error.errors, [
        { ...twilioError, infoUrl: "https://www.twilio.com/docs/api/errors/20404", context: null }
      ])
      const hasRetryAfter = [409, 429, 503, 418].includes(status)
      assert.strictEqual(error.retryAfter, hasRetryAfter ? 90_000 : undefined)
      assert.strictEqual(error.isRetryable, hasRetryAfter)
      assert.lengthOf(error.attempts, 1)
      assert.instanceOf(error.attempts[0]?.startedAt, Date)
      assert.isNumber(error.attempts[0]?.took)
      assert.match(error.message, /No such thing/)
      assert.strictEqual(String(error), `${Class.name}: ${error.message}`)
    }))

  it.effect("rejects with the fields of the other errors", () =>
    Effect.gen(function*() {
      const { client, sent } = script([json({ id: 1 })])
      const invalid = yield* rejection(() => client.senderPools.fetchOperation(id))
      assert.match(assertError(invalid, InvalidResponseError).problem, /id/)
      const input = assertError(yield* rejection(() => client.emails.fetchOperation("x")), InvalidInputError)
      assert.deepEqual([input.field, input.issues.length], ["operationId", 1])
      assert.lengthOf(sent, 1)
      const unknown = assertError(
        yield* rejection(() => script([json("no", 502)]).client.senderPools.create({ name: "Sales" })),
        OutcomeUnknownError
      )
      assert.strictEqual(assertError(unknown.reason, UnexpectedStatusError).status, 502)
    }))

  it.effect("has no argument that is missing or wrong", () =>
    Effect.gen(function*() {
      const { client, sent } = script([json(operation)])
      for (const options of [{ timeout: 0 }, { timeout: Number.NaN }, { maxAttempts: 0 }]) {
        const calls = [
          () => client.senderPools.fetchOperation(id, options),
          () => client.senderPools.listOperations({}, options),
          () => client.senderPools.waitForOperation(id, options)
        ]
        for (const make of calls) {
          const error = assertError(yield* rejection(make), InvalidInputError)
          assert.strictEqual(error.field, Object.keys(options)[0])
        }
      }
      assert.lengthOf(sent, 0)
    }))

  it.effect("is retried as its options say", () =>
    Effect.gen(function*() {
      const retries: Array<Retry> = []
      const { fetch, sent } = recording(json({ errors: [] }, 503))
      const client = yield* connect({ fetch, retry: { maxAttempts: 3 }, onRetry: (retry) => retries.push(retry) })
      const attemptsOf = (options?: { readonly maxAttempts?: number; readonly timeout?: number }) =>
        Effect.gen(function*() {
          const error = yield* moving(() => rejected(() => client.emails.fetchOperation(id, options)))
          return assertError(error, ServiceUnavailableError).attempts.length
        })
      assert.strictEqual(yield* attemptsOf(), 3)
      assert.strictEqual(yield* attemptsOf({ maxAttempts: 5 }), 5)
      assert.strictEqual(yield* attemptsOf({ maxAttempts: 1 }), 1)
      assert.strictEqual(yield* attemptsOf({ timeout: 700 }), 2)
      assert.lengthOf(sent, 11)
      assert.lengthOf(retries, 7)
      const [{ attempt, delay, error, ...rest } = assert.fail("Expected a retry")] = retries
      assert.deepEqual(rest, {
        call: "EmailOperations.fetch",
        maxAttempts: 3,
        method: "GET",
        url: `https://comms.twilio.com/v1/Emails/Operations/${id}`
      })
      assert.strictEqual(attempt.number, 1)
      assert.isTrue(delay >= 400 && delay <= 600)
      assertError(error, ServiceUnavailableError)
    }))

  it.effect("ends at its time limit", () =>
    Effect.gen(function*() {
      const { fetch, sent } = recording(silent)
      const client = yield* connect({ fetch })
      const error = yield* moving(() =>
        rejected(() => client.senders.fetch("comms_sender_01h9krwprkeee8fzqspvwy6nq8", { timeout: 2_000 }))
      )
      assert.strictEqual(assertError(error, TransportFailureError).reason, "Timeout")
      assert.isTrue(sent[0]?.signal.aborted)
    }))
})

describe("a list", () => {
  it.effect("is a page and every item of every page", () =>
    Effect.gen(function*() {
      const { client } = yield* clientOf()
      const page = yield* call(() => client.senderPools.listOperations({ pageSize: 20 }))
      assert.lengthOf(page.operations, 20)
      assert.deepEqual(page.invalid, [])
      assert.isString(page.pagination.next)
      const ids = yield* call(async () => {
        const ids: Array<string> = []
        for await (const { createdAt, id } of client.senderPools.listOperations({ pageSize: 20 })) {
          assert.instanceOf(createdAt, Date)
          ids.push(id)
        }
        return ids
      })
      assert.strictEqual(new Set(ids).size, 70)
      assert.deepEqual(ids.slice(0, 20), page.operations.map(({ id }) => id))
    }).pipe(Effect.provide(Emulator.layer({ operations: 70 }))))

  it.effect("sends nothing before it is used, and one request for its page", () =>
    Effect.gen(function*() {
      const { client, sent } = script([pageOf([operation])])
      const list = client.messages.listOperations({ status: "SCHEDULED", startDate: new Date(0), pageToken: "a=" })
      yield* settle
      assert.lengthOf(sent, 0)
      assert.strictEqual(yield* call(() => list), yield* call(() => list))
      assert.deepEqual(sent.map(({ path }) => path), [
        "/v1/Messages/Operations?startDate=1970-01-01T00%3A00%3A00.000Z&status=SCHEDULED&pageToken=a%3D"
      ])
    }))

  it.effect("is a promise", () =>
    Effect.gen(function*() {
      const { client } = script([pageOf([operation]), json({ errors: [] }, 404)])
      const ended: Array<string> = []
      const list = client.emails.listOperations().finally(() => ended.push("page"))
      const count = yield* call(() => Promise.all([list, list.then(({ operations }) => operations.length)]))
      assert.strictEqual(count[1], 1)
      const status = yield* call(() =>
        client.emails.listOperations().catch((error) => assertError(error, CommsError).status)
      )
      assert.strictEqual(status, 404)
      assert.deepEqual(ended, ["page"])
    }))

  it.effect("sends one request ahead, and none after a break", () =>
    Effect.gen(function*() {
      const { client, sent } = script([pageOf([operation], "next"), silent])
      yield* call(async () => {
        for await (const { id: first } of client.senderPools.listOperations()) {
          assert.strictEqual(first, id)
          await Effect.runPromise(settle)
          break
        }
      })
      assert.lengthOf(sent, 2)
      assert.isTrue(sent[1]?.signal.aborted)
    }))

  it.effect("throws the error of a page after the items before it", () =>
    Effect.gen(function*() {
      const { client } = script([pageOf([operation], "next"), json({ errors: [] }, 403)])
      const ids: Array<string> = []
      const error = yield* rejection(async () => {
        for await (const { id } of client.senderPools.listOperations()) ids.push(id)
      })
      assertError(error, ForbiddenError)
      assert.deepEqual(ids, [id])
    }))

  it.effect("reports items that cannot be decoded", () =>
    Effect.gen(function*() {
      const { client } = script([pageOf([operation, { ...operation, stats: null }])])
      const { invalid, operations } = yield* call(() => client.senderPools.listOperations())
      assert.lengthOf(operations, 1)
      const [item] = invalid
      assert.strictEqual(assertError(item, InvalidItemError).index, 1)
      assert.strictEqual(item?.id, id)
    }))
})

describe("a signal", () => {
  it.effect("sends nothing if it is aborted already", () =>
    Effect.gen(function*() {
      const { client, sent } = script([pageOf([operation])])
      const reason = new Error("enough")
      const signal = AbortSignal.abort(reason)
      const calls = [
        () => client.senderPools.fetchOperation(id, { signal }),
        () => client.senderPools.listOperations({}, { signal }),
        () => client.senderPools.waitForOperation(id, { signal }),
        async () => {
          for await (const _ of client.senderPools.listOperations({}, { signal })) assert.fail("Expected no item")
        }
      ]
      for (const make of calls) assert.strictEqual(yield* rejection(make), reason)
      assert.lengthOf(sent, 0)
    }))

  it.effect("ends calls, waits and iterations with its reason", () =>
    Effect.gen(function*() {
      const { client, sent } = script([pageOf([operation], "next"), silent])
      const controller = new AbortController()
      const { signal } = controller
      const iterator = client.senderPools.listOperations({}, { signal })[Symbol.asyncIterator]()
      assert.strictEqual((yield* call(() => iterator.next())).done, false)
      const promises = [
        iterator.next(),
        client.senderPools.fetchOperation(id, { signal }),
        client.senderPools.waitForOperation(id, { signal }),
        client.senderPools.delete("comms_senderpool_01h9krwprkeee8fzqspvwy6nq8", { signal }),
        client.senders.list({}, { signal }).then(() => assert.fail("Expected no page"))
      ]
      yield* settle
      assert.isAbove(sent.length, 3)
      controller.abort()
      for (const promise of promises) assert.strictEqual(yield* rejection(() => promise), signal.reason)
      assert.isTrue(sent.slice(1).every(({ signal }) => signal.aborted))
      assert.strictEqual((yield* call(() => iterator.next())).done, true)
    }))

  it.effect("has one listener for all calls", () =>
    Effect.gen(function*() {
      const { client } = script([json(operation)])
      const { signal } = new AbortController()
      const listen = vi.spyOn(signal, "addEventListener")
      yield* call(() =>
        Promise.all(Array.from({ length: 20 }, () => client.senderPools.fetchOperation(id, { signal })))
      )
      assert.strictEqual(listen.mock.calls.length, 1)
    }))
})

describe("waitForOperation", () => {
  it.effect("resolves to the operation at its end, and reports its progress", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const { id } = yield* emulator.create({ total: 10, failed: 2, duration: Duration.seconds(20) })
      const { fetch } = yield* clientOf()
      const client = yield* connect({ fetch })
      const seen: Array<Progress<SenderPoolOperation>> = []
      const ended = yield* moving(() =>
        client.senderPools.waitForOperation(id, { onProgress: (progress) => seen.push(progress) })
      )
      assert.deepEqual([ended.status, ended.stats.failed], ["COMPLETED", 2])
      assert.isAbove(seen.length, 2)
      const last = seen[seen.length - 1]
      assert.deepEqual(last?.operation, ended)
      assert.deepEqual([last?.settled, last?.total, last?.fraction, last?.remaining], [10, 10, 1, 0])
      assert.isNumber(seen[1]?.rate)
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("rejects with the last known state at its time limit", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const { id } = yield* emulator.create({ total: 10, duration: Duration.hours(1) }, "MessageOperations")
      const { fetch } = yield* clientOf()
      const client = yield* connect({ fetch })
      const error = yield* moving(() => rejected(() => client.messages.waitForOperation(id, { timeout: 5_000 })))
      const { last, name, operationId, polls, waited } = assertError(error, WaitTimeoutError)
      assert.instanceOf(error, WaitError)
      assert.deepEqual([name, operationId, last?.status], ["WaitTimeoutError", id, "PROCESSING"])
      assert.instanceOf(last?.createdAt, Date)
      assert.isAbove(polls, 1)
      assert.isTrue(waited >= 5_000 && waited < 6_000)
    }).pipe(Effect.provide(Emulator.layer())))

  it.effect("rejects with the error of its poll", () =>
    Effect.gen(function*() {
      const { client } = script([json({ errors: [twilioError] }, 401)])
      const error = assertError(yield* rejection(() => client.emails.waitForOperation(id)), PollsFailedError)
      assert.strictEqual(assertError(error.reason, UnauthorizedError).errors[0]?.code, 20404)
    }))

  it.effect("rejects with what onProgress throws", () =>
    Effect.gen(function*() {
      const { client } = script([json(operation), pageOf([operation])])
      const reason = new Error("enough")
      const onProgress = () => {
        throw reason
      }
      assert.strictEqual(yield* rejection(() => client.senderPools.waitForOperation(id, { onProgress })), reason)
    }))
})

describe("a client", () => {
  it("throws without credentials, and for invalid options", () => {
    for (const name of ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET"]) {
      vi.stubEnv(name, undefined)
    }
    const errors = [
      undefined,
      { accountId: "AC1" },
      { authToken: "x" },
      { accountId: "", authToken: "" },
      { ...credentials, baseUrl: "http://example.com" },
      { ...credentials, retry: { maxDelay: -1 } }
    ].map((options) => assertError(errorOf(options), InvalidInputError))
    for (const { message } of errors) {
      assert.match(message, /^The input of TwilioClient is invalid\. Nothing was sent\. /)
    }
    assert.deepEqual(errors.map(({ field }) => field), [
      "credentials",
      "authToken",
      "accountId",
      "credentials",
      "baseUrl",
      "maxDelay"
    ])
    vi.stubEnv("TWILIO_COMMS_MAX_ATTEMPTS", "many")
    assert.match(assertError(errorOf(credentials), ConfigError).message, /TWILIO_COMMS_MAX_ATTEMPTS/)
  })

  it.effect("reads the environment for what it is not given", () =>
    Effect.gen(function*() {
      const { fetch, sent } = recording(json(operation))
      const login = (options: ConstructorParameters<typeof TwilioClient>[0]) =>
        Effect.map(
          call(() => new TwilioClient({ fetch, ...options }).senderPools.fetchOperation(id)),
          () => {
            const last = sent[sent.length - 1]
            return [last?.path.split("/v1")[0], atob(last?.headers.get("authorization")?.split(" ")[1] ?? "")]
          }
        )
      vi.stubEnv("TWILIO_COMMS_BASE_URL", "http://localhost:1/prefix")
      vi.stubEnv("TWILIO_ACCOUNT_SID", "AC1")
      vi.stubEnv("TWILIO_AUTH_TOKEN", "token")
      assert.deepEqual(yield* login({}), ["/prefix", "AC1:token"])
      vi.stubEnv("TWILIO_API_KEY", "SK1")
      vi.stubEnv("TWILIO_API_SECRET", "secret")
      assert.deepEqual(yield* login({}), ["/prefix", "SK1:secret"])
      assert.deepEqual(yield* login({ accountId: "AC2" }), ["/prefix", "AC2:token"])
      assert.deepEqual(yield* login({ ...credentials, baseUrl: new URL("https://example.com") }), [
        "",
        `${credentials.accountId}:${credentials.authToken}`
      ])
      vi.stubEnv("TWILIO_COMMS_MAX_ATTEMPTS", "1")
      const { client } = script([json({ errors: [] }, 503)])
      const error = yield* rejection(() => client.senderPools.fetchOperation(id))
      assert.lengthOf(assertError(error, ServiceUnavailableError).attempts, 1)
    }))

  it.effect("has one queue for all resources", () =>
    Effect.gen(function*() {
      const { client, sent } = script([json({ errors: [] }, 429, { "retry-after": "90" })])
      assertError(yield* rejection(() => client.senderPools.fetchOperation(id)), TooManyRequestsError)
      const error = assertError(yield* rejection(() => client.senders.list()), CoolingDownError)
      assert.isTrue(error.retryAfter > 80_000 && error.retryAfter <= 90_000)
      assert.instanceOf(error.retryAt, Date)
      assert.lengthOf(sent, 1)
    }))

  it.effect("ends its calls when it is closed", () =>
    Effect.gen(function*() {
      const { client, sent } = script([silent])
      const promises = [
        client.senderPools.fetchOperation(id),
        client.senderPools.waitForOperation(id),
        client.messages.listOperations()[Symbol.asyncIterator]().next()
      ]
      yield* settle
      const used = sent.length
      assert.isAbove(used, 1)
      yield* call(() => client.close())
      for (const promise of promises) assertError(yield* rejection(() => promise), ClientClosedError)
      assert.isTrue(sent.every(({ signal }) => signal.aborted))
      assertError(yield* rejection(() => client.senders.list()), ClientClosedError)
      yield* call(() => client.close())
      assert.lengthOf(sent, used)
    }))

  it.effect("is closed at the end of its scope", () =>
    Effect.gen(function*() {
      const left = yield* call(async () => {
        await using client = script([json(operation)]).client
        await client.senderPools.fetchOperation(id)
        return client
      })
      assertError(yield* rejection(() => left.senderPools.fetchOperation(id)), ClientClosedError)
    }))

  it.effect("distinguishes its errors by their names", () =>
    Effect.gen(function*() {
      const { client } = yield* clientOf()
      const error = yield* rejection(() => client.senderPools.fetchOperation(unknownOperation))
      assert.strictEqual(assertError(error, NotFoundError).name, "NotFoundError")
    }).pipe(Effect.provide(Emulator.layer())))
})
