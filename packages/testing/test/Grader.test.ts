import { CommsClient, SenderPoolOperations, SenderPools } from "@effect-comms/client"
import { Grader } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import {
  Clock,
  Context,
  Data,
  DateTime,
  Duration,
  Effect,
  Fiber,
  Layer,
  Option,
  Redacted,
  Ref,
  Result,
  Schema,
  Stream
} from "effect"
import { Headers, HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import "./utils/limits.ts"

const every = [...Grader.Scenario.literals]

const reads = [...Grader.ReadScenario.literals]

const creates = [...Grader.WriteScenario.literals]

const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Grades with the clock let run: requests on a port get several turns of the event loop for every step of it. */
const grade = Effect.fnUntraced(function*<E = never, R = never>(
  makeClient: (target: Grader.Target) => Grader.Calls | Effect.Effect<Grader.Calls, E, R>,
  options?: Grader.Options
) {
  yield* TestClock.setTime(Date.UTC(2026, 10, 22, 12, 0, 0, 250))
  const fiber = yield* Effect.forkChild(Grader.gradeClient(makeClient, options))
  while (fiber.pollUnsafe() === undefined) {
    yield* Effect.repeat(turn, { times: 10 })
    yield* TestClock.adjust("100 millis")
  }
  return yield* Fiber.join(fiber)
})

const failedOf = (grade: Grader.Grade) => grade.rows.filter(({ passed }) => !passed).map(({ scenario }) => scenario)

const observedOf = (grade: Grader.Grade, scenario: Grader.Scenario) =>
  grade.rows.find((row) => row.scenario === scenario)?.observed

const ownClient = Effect.fnUntraced(function*({ baseUrl, credentials, httpClient }: Grader.Target) {
  const context = yield* Layer.build(
    Layer.merge(SenderPoolOperations.layer, SenderPools.layer).pipe(
      Layer.provide(CommsClient.layer({ baseUrl, credentials })),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, httpClient))
    )
  )
  const operations = Context.get(context, SenderPoolOperations.SenderPoolOperations)
  const pools = Context.get(context, SenderPools.SenderPools)
  return {
    fetchOperation: operations.fetch,
    listOperations: () => operations.stream(),
    createSenderPool: (name: string) => pools.create({ name })
  }
})

class Refused extends Data.TaggedError("Refused")<{ readonly status: number; readonly wait: number }> {}

class Lost extends Data.TaggedError("Lost") {}

class Broken extends Data.TaggedError("Broken") {}

class Loop extends Data.TaggedError("Loop") {}

type Failure = Refused | Lost | Broken | Loop

const Operation = Schema.Struct({ id: Schema.String, status: Schema.String })

const Page = Schema.Struct({
  operations: Schema.Array(Operation),
  pagination: Schema.Struct({ next: Schema.NullOr(Schema.String) })
})

interface Habits {
  readonly retries: (failure: Failure) => boolean
  readonly retriesWrite: (failure: Failure) => boolean
  readonly attempts: number
  /** The wait that an answer asks for, in milliseconds. */
  readonly asked: (headers: Headers.Headers, now: number) => number | undefined
  readonly backOff: number
  readonly wait: (millis: number) => Effect.Effect<void>
  readonly knows: (status: string) => boolean
  readonly onBroken: Effect.Effect<unknown, Broken>
  readonly onLoop: Stream.Stream<never, Loop>
  readonly remembers: (followed: ReadonlyArray<string>) => ReadonlyArray<string>
  readonly stopsAtEmptyPage: boolean
}

const askedWith = (nowOf: (headers: Headers.Headers, now: number) => number): Habits["asked"] => (headers, now) => {
  const parsed = Headers.parseRetryAfter(headers["retry-after"] ?? "")
  if (Result.isFailure(parsed)) return undefined
  const millis = Duration.toMillis(Headers.retryAfterDelay(parsed.success, nowOf(headers, now)))
  return millis > 0 ? millis : undefined
}

const byOwnClock = askedWith((_, now) => now)

const byServersClock = askedWith((headers, now) =>
  Result.match(Headers.parseHttpDate(headers["date"] ?? ""), {
    onFailure: () => now,
    onSuccess: DateTime.toEpochMillis
  })
)

const good: Habits = {
  retries: (failure) =>
    failure._tag === "Lost" || (failure._tag === "Refused" && [409, 429, 503].includes(failure.status)),
  retriesWrite: (failure) => failure._tag === "Refused" && [409, 429, 503].includes(failure.status),
  attempts: 6,
  asked: byServersClock,
  backOff: 500,
  wait: Effect.sleep,
  knows: () => true,
  onBroken: Effect.fail(new Broken()),
  onLoop: Stream.fail(new Loop()),
  remembers: (followed) => followed,
  stopsAtEmptyPage: false
}

/** A client that does everything well, but for its habits. */
const clientWith = (habits: Partial<Habits>) => (target: Grader.Target): Grader.Calls => {
  const {
    asked,
    attempts,
    backOff,
    knows,
    onBroken,
    onLoop,
    remembers,
    retries,
    retriesWrite,
    stopsAtEmptyPage,
    wait
  } = {
    ...good,
    ...habits
  }

  const read = Effect.fnUntraced(function*(response: HttpClientResponse.HttpClientResponse) {
    if (response.status === 200 || response.status === 202) return yield* Effect.catch(response.json, () => onBroken)
    const now = yield* Clock.currentTimeMillis
    return yield* new Refused({ status: response.status, wait: asked(response.headers, now) ?? backOff })
  })

  const send = (
    request: HttpClientRequest.HttpClientRequest,
    isRetried: Habits["retries"],
    attempt = 1
  ): Effect.Effect<unknown, Failure> =>
    target.httpClient.execute(
      HttpClientRequest.basicAuth(
        request,
        target.credentials.accountSid,
        Redacted.value(target.credentials.authToken)
      )
    ).pipe(
      Effect.mapError(() => new Lost()),
      Effect.flatMap(read),
      Effect.catchIf(
        (failure) => attempt < attempts && isRetried(failure),
        (failure) =>
          Effect.andThen(
            wait(failure._tag === "Refused" ? failure.wait : backOff),
            send(request, isRetried, attempt + 1)
          )
      )
    )

  const get = (url: string) => send(HttpClientRequest.get(target.baseUrl + url), retries)

  const path = "/v1/SenderPools/Operations"

  const pages = (followed: ReadonlyArray<string>): Stream.Stream<typeof Operation.Type, unknown> => {
    const token = followed.at(-1)
    return Stream.unwrap(Effect.map(
      Effect.flatMap(
        get(token === undefined ? path : `${path}?pageToken=${encodeURIComponent(token)}`),
        Schema.decodeUnknownEffect(Page)
      ),
      ({ operations, pagination: { next } }) => {
        const here = Stream.fromIterable(operations)
        if (next === null || (stopsAtEmptyPage && operations.length === 0)) return here
        if (remembers(followed).includes(next)) return Stream.concat(here, onLoop)
        return Stream.concat(here, Stream.suspend(() => pages([...followed, next])))
      }
    ))
  }

  return {
    fetchOperation: (id) =>
      Effect.flatMap(get(`${path}/${id}`), (value) =>
        Option.match(Schema.decodeUnknownOption(Operation)(value), {
          onNone: () => Effect.succeed({ id: "" }),
          onSome: (operation) => knows(operation.status) ? Effect.succeed(operation) : Effect.fail(new Broken())
        })),
    listOperations: () => pages([]),
    createSenderPool: (name) =>
      send(
        HttpClientRequest.post(`${target.baseUrl}/v1/SenderPools`).pipe(HttpClientRequest.bodyJsonUnsafe({ name })),
        (failure) => retriesWrite(failure)
      )
  }
}

const asking = [
  "retryAfter429",
  "retryAfter503",
  "retryAfter409",
  "retryAfter12"
] as const

const creating = ["createRetryAfter429", "createRetryAfter409", "createRetryAfter503"] as const

const lost = ["createNotReceived", "createLost"] as const

const broken = ["createBroken", "createTruncated"] as const

const dates = ["retryAfterDate", "retryAfterDateFast", "retryAfterDateSlow"] as const

const nonsense = ["retryAfterNegative", "retryAfterText", "retryAfterPast"] as const

const also = (status: number): Partial<Habits> => ({
  retries: (failure) => good.retries(failure) || (failure._tag === "Refused" && failure.status === status)
})

const never = (status: number): Partial<Habits> => ({
  retries: (failure) => good.retries(failure) && !(failure._tag === "Refused" && failure.status === status)
})

const asked = (change: (millis: number) => number): Partial<Habits> => ({
  asked: (headers, now) => {
    const millis = byServersClock(headers, now)
    return millis === undefined ? undefined : change(millis)
  }
})

// A client that keeps to every rule, but whose calls know nothing of each other, passes all but one.
const alone = every.filter((scenario) => scenario !== "sixtyAtOnce")

const habits: ReadonlyArray<readonly [habit: string, Partial<Habits>, deserves: ReadonlyArray<Grader.Scenario>]> = [
  ["does everything well", {}, []],
  ["retries 500", also(500), ["internalServerError"]],
  ["retries 400", also(400), ["badRequest"]],
  ["retries 404", also(404), ["notFound"]],
  ["retries a gateway's 502", also(502), []],
  ["does not retry 409", never(409), ["retryAfter409"]],
  ["does not retry 503", never(503), ["retryAfter503"]],
  ["retries nothing", { retries: () => false }, [...asking, ...dates, "retryAfterNone", ...nonsense, "dropped"]],
  [
    "does not retry a lost answer",
    { retries: (failure) => failure._tag !== "Lost" && good.retries(failure) },
    ["dropped"]
  ],
  ["retries half a second early", asked((millis) => millis - 500), [...asking, ...dates, ...creating]],
  ["waits a quarter of Retry-After", asked((millis) => millis / 4), [...asking, "retryAfter90", ...dates, ...creating]],
  ["waits at most 8 seconds", asked((millis) => Math.min(millis, 8000)), ["retryAfter12", "retryAfter90"]],
  ["waits a minute longer", asked((millis) => millis + 60_000), [...asking, ...dates, "outage", ...creating]],
  ["reads dates by its own clock", { asked: byOwnClock }, ["retryAfterDateFast", "retryAfterDateSlow"]],
  [
    "retries at once on an invalid Retry-After",
    { asked: (headers, now) => byServersClock(headers, now) ?? ("retry-after" in headers ? 0 : undefined) },
    nonsense
  ],
  ["does not back off", { backOff: 0 }, ["retryAfterNone", ...nonsense]],
  ["retries without end", { attempts: Number.POSITIVE_INFINITY }, ["outage"]],
  ["cannot be interrupted", { wait: (millis) => Effect.uninterruptible(Effect.sleep(millis)) }, ["interrupted"]],
  ["accepts a broken answer", { onBroken: Effect.succeed({}) }, ["truncated"]],
  ["hangs on a broken answer", { onBroken: Effect.never }, ["truncated", ...broken]],
  ["refuses an undocumented status", { knows: (status) => status === "COMPLETED" }, ["unknownStatus"]],
  ["follows any token", { remembers: () => [] }, ["sameToken", "tokenCycle"]],
  ["remembers the last token only", { remembers: (followed) => followed.slice(-1) }, ["tokenCycle"]],
  ["treats a loop as the end", { onLoop: Stream.empty }, ["sameToken", "tokenCycle"]],
  ["hangs in a loop", { onLoop: Stream.never }, ["sameToken", "tokenCycle"]],
  ["retries no write", { retriesWrite: () => false }, creating],
  [
    "retries a write whose answer was lost",
    { retriesWrite: (failure) => failure._tag === "Lost" || good.retriesWrite(failure) },
    lost
  ],
  ["retries a write after 500", {
    retriesWrite: (failure) => good.retriesWrite(failure) || (failure._tag === "Refused" && failure.status === 500)
  }, ["createInternalServerError"]],
  ["retries a write after a gateway's 502", {
    retriesWrite: (failure) => good.retriesWrite(failure) || (failure._tag === "Refused" && failure.status === 502)
  }, ["createGatewayPage"]],
  ["retries a write with a broken answer", {
    retriesWrite: (failure) => failure._tag === "Broken" || good.retriesWrite(failure)
  }, broken],
  ["stops at an empty page", { stopsAtEmptyPage: true }, ["emptyPage"]]
]

describe("the project's own client", () => {
  it.effect.each(["process", "port"] as const)("passes every row: %s", (transport) =>
    Effect.gen(function*() {
      const graded = yield* grade(ownClient, { transport })
      for (const row of graded.rows) assert.isTrue(row.passed, `${row.scenario}: ${row.observed}`)
      assert.deepStrictEqual(graded.rows.map(({ scenario }) => scenario), every)
      const observed = ["createNotReceived", "createLost", "createBroken"] as const
      assert.deepStrictEqual(observed.map((name) => observedOf(graded, name)), [
        "failed with OutcomeUnknown, 0 pools",
        "failed with OutcomeUnknown, 1 pool",
        "failed with OutcomeUnknown, 1 pool"
      ])
      assert.deepStrictEqual({ passed: graded.passed, failed: graded.failed }, {
        passed: every.length,
        failed: 0
      })
    }))
})

const readOnly = (): Grader.Calls => ({
  fetchOperation: () => Effect.fail("no"),
  listOperations: () => Stream.fail("no")
})

/** Looks for the pool when its creation fails. */
const lookingFor = (isFound: (names: string) => boolean) => (target: Grader.Target): Grader.Calls => {
  const { createSenderPool, ...calls } = clientWith({})(target)
  const list = Effect.flatMap(
    target.httpClient.execute(
      HttpClientRequest.basicAuth(
        HttpClientRequest.get(`${target.baseUrl}/v1/SenderPools`),
        target.credentials.accountSid,
        Redacted.value(target.credentials.authToken)
      )
    ),
    ({ text }) => text
  )
  const create = (name: string, signal: AbortSignal) => {
    const created = createSenderPool?.(name, signal)
    return Effect.isEffect(created)
      ? Effect.catch(
        created,
        (error) => Effect.flatMap(list, (names) => isFound(names) ? Effect.void : Effect.fail(error))
      )
      : Effect.die("no effect")
  }
  return { ...calls, createSenderPool: create }
}

describe("a client with a habit", () => {
  it.effect.each(habits)("%s", ([, habits, deserves]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(failedOf(yield* grade(clientWith(habits), { scenarios: alone })), deserves)
    }))

  it.effect("without a back-off is reported as such", () =>
    Effect.gen(function*() {
      const graded = yield* grade(clientWith({ backOff: 0 }), { scenarios: ["retryAfterNone", "retryAfterPast"] })
      assert.deepStrictEqual(graded.rows.map(({ observed }) => observed), ["retried at once", "retried at once"])
    }))

  it.effect("whose calls retry independently wastes requests at a shared limit", () =>
    Effect.gen(function*() {
      const graded = yield* grade(clientWith({}), { scenarios: ["sixtyAtOnce"] })
      assert.strictEqual(
        observedOf(graded, "sixtyAtOnce"),
        "60 succeeded, 0 failed, 150 answers of 429, 5.00 s"
      )
      assert.strictEqual(graded.failed, 1)
    }))

  it.effect("fails on a port as well", () =>
    Effect.gen(function*() {
      const graded = yield* grade(clientWith({ ...also(500), remembers: () => [] }), {
        transport: "port",
        scenarios: alone
      })
      assert.deepStrictEqual(failedOf(graded), ["internalServerError", "sameToken", "tokenCycle"])
    }))

  it.effect("that hangs fails every scenario", () =>
    Effect.gen(function*() {
      const graded = yield* grade(() => ({
        fetchOperation: () => Effect.never,
        listOperations: () => Stream.never,
        createSenderPool: () => Effect.never
      }))
      assert.deepStrictEqual(failedOf(graded), every)
    }))

  it.effect("that fails without a request fails every scenario", () =>
    Effect.gen(function*() {
      const graded = yield* grade(() => ({
        fetchOperation: () => Effect.fail("no"),
        listOperations: () => Stream.fail("no"),
        createSenderPool: () => Effect.fail("no")
      }))
      assert.deepStrictEqual(failedOf(graded), every)
      assert.strictEqual(observedOf(graded, "notFound"), "failed with string, and sent nothing")
    }))

  it.effect("that returns other values fails every scenario", () =>
    Effect.gen(function*() {
      const graded = yield* grade(() => ({
        fetchOperation: () => Effect.succeed({ id: "another" }),
        listOperations: () => Stream.empty,
        createSenderPool: () => Effect.succeed({ operationId: "made up" })
      }))
      assert.deepStrictEqual(failedOf(graded), every)
    }))

  it.effect("that cannot write has no scenarios of writes, and fails those that are named", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(failedOf(yield* grade(readOnly)), reads)
      const named = yield* grade(readOnly, { scenarios: ["createLost"] })
      assert.strictEqual(observedOf(named, "createLost"), "has no call that creates a pool")
    }))

  it.effect("that finds the pool whose answer was lost passes, and one that only says so does not", () =>
    Effect.gen(function*() {
      const finding = yield* grade(lookingFor((names) => names.includes(`"Graded"`)), { scenarios: creates })
      assert.deepStrictEqual(failedOf(finding), [])
      assert.strictEqual(observedOf(finding, "createLost"), "succeeded, 1 pool")
      assert.strictEqual(observedOf(finding, "createNotReceived"), "failed with Lost, 0 pools")
      const hopeful = yield* grade(lookingFor(() => true), { scenarios: creates })
      assert.deepStrictEqual(failedOf(hopeful), ["createNotReceived"])
    }))
})

/** Begins two minutes late, and is said to have ended two minutes late. */
const byHand = (target: Grader.Target): Grader.Calls => {
  const { fetchOperation } = clientWith({})(target)
  return {
    fetchOperation: (id, signal) => {
      const fetched = fetchOperation(id, signal)
      return Effect.isEffect(fetched)
        ? fetched.pipe(Effect.delay("2 minutes"), Effect.exit, Effect.tap(Effect.sleep("2 minutes")), Effect.flatten)
        : fetched
    },
    listOperations: () => Effect.succeed(target.operationIds.map((id) => ({ id })))
  }
}

describe("attended calls", () => {
  const scenarios = ["retryAfter429", "retryAfter90", "notFound", "outage"] as const

  it.effect("have no time limit", () =>
    Effect.gen(function*() {
      const attended = yield* grade(byHand, { scenarios, attended: true })
      assert.deepStrictEqual(failedOf(attended), [])
      assert.strictEqual(observedOf(attended, "retryAfter90"), "still waits after 30.00 s")
      assert.deepStrictEqual(failedOf(yield* grade(byHand, { scenarios })), [...scenarios])
    }))

  it.effect("receive the ids of all operations", () =>
    Effect.gen(function*() {
      const { rows: [row] } = yield* grade(byHand, { scenarios: ["emptyPage"], attended: true })
      assert.strictEqual(row?.observed, "listed all in 0 requests: pages of 50 are needed")
    }))
})

describe("a client that starts slowly", () => {
  it.effect("has the same grade, because times count from its first request", () =>
    Effect.gen(function*() {
      const graded = yield* grade((target) =>
        Effect.map(ownClient(target), ({ fetchOperation, listOperations }) => ({
          fetchOperation: (id: string) => Effect.delay(fetchOperation(id), "50 seconds"),
          listOperations: () => Stream.unwrap(Effect.delay(Effect.sync(listOperations), "50 seconds"))
        }))
      )
      for (const row of graded.rows) assert.isTrue(row.passed, `${row.scenario}: ${row.observed}`)
    }))
})

const waiting = <A>(signal: AbortSignal) =>
  new Promise<A>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")))
  })

/** A client of promises, without retries, whose calls come to what is given when they are refused. */
const promises =
  (refused: (signal: AbortSignal) => Promise<Grader.Identified>) =>
  ({ baseUrl, credentials, fetch }: Grader.Target): Grader.Calls => {
    const authorization = `Basic ${btoa(`${credentials.accountSid}:${Redacted.value(credentials.authToken)}`)}`
    const path = `${baseUrl}/v1/SenderPools/Operations`
    const get = async (url: string, signal: AbortSignal) => {
      const response = await fetch(url, { signal, headers: { authorization } })
      return response.status === 200 ? response.json() : refused(signal)
    }
    return {
      fetchOperation: (id, signal) => get(`${path}/${id}`, signal),
      listOperations: async function*(signal) {
        let token: string | null = null
        do {
          const query: string = token === null ? "" : `?pageToken=${encodeURIComponent(token)}`
          const page: typeof Page.Type = await get(`${path}${query}`, signal)
          yield* page.operations
          token = page.pagination.next
        } while (token !== null)
      }
    }
  }

describe("a client that returns promises", () => {
  const rows: Grader.Options = { scenarios: ["retryAfter90", "interrupted", "notFound", "sameToken", "emptyPage"] }

  it.effect.each(["process", "port"] as const)(
    "that waits until it is aborted: %s",
    (transport) =>
      Effect.gen(function*() {
        const graded = yield* grade(promises(waiting), { ...rows, transport })
        assert.deepStrictEqual(failedOf(graded), ["notFound", "sameToken"])
        assert.strictEqual(observedOf(graded, "interrupted"), "ended in 0.00 s")
      })
  )

  it.effect("that throws", () =>
    Effect.gen(function*() {
      const graded = yield* grade(promises(() => Promise.reject(new RangeError("secret"))), rows)
      assert.deepStrictEqual(failedOf(graded), ["sameToken"])
      assert.strictEqual(observedOf(graded, "notFound"), "failed with RangeError")
      assert.strictEqual(observedOf(graded, "interrupted"), "failed with RangeError: no wait to interrupt")
    }))

  it.effect("that ignores the signal", () =>
    Effect.gen(function*() {
      const graded = yield* grade(promises(() => new Promise(() => {})), rows)
      assert.deepStrictEqual(failedOf(graded), ["interrupted", "notFound", "sameToken"])
      assert.strictEqual(observedOf(graded, "interrupted"), "did not end")
    }))

  it.effect("that throws before it returns a promise", () =>
    Effect.gen(function*() {
      const graded = yield* grade(() => ({
        fetchOperation: () => {
          throw new RangeError("secret")
        },
        listOperations: () => Promise.resolve([])
      }), rows)
      assert.strictEqual(observedOf(graded, "notFound"), "died with RangeError, and sent nothing")
      assert.strictEqual(observedOf(graded, "emptyPage"), "ended with 0 of 150")
    }))
})

describe("a grade", () => {
  it.effect("has the observed retry", () =>
    Effect.gen(function*() {
      const { rows: [row] } = yield* grade(clientWith({}), { scenarios: ["retryAfter12"] })
      assert.deepStrictEqual(
        row,
        new Grader.Row({
          scenario: "retryAfter12",
          given: "429, Retry-After: 12",
          expected: "retried, after 12 s or more",
          passed: true,
          observed: "retried",
          after: Duration.seconds(12),
          requests: 2
        })
      )
    }))

  it.effect("describes its scenarios", () =>
    Effect.sync(() => {
      assert.deepStrictEqual(Grader.describe("internalServerError"), { given: "500", expected: "fails, not retried" })
    }))

  it.effect("encodes to JSON and decodes to the same grade", () =>
    Effect.gen(function*() {
      const graded = yield* grade(clientWith(also(500)))
      const text = yield* Schema.encodeEffect(Grader.GradeFromJson)(graded)
      assertEquals(yield* Schema.decodeEffect(Grader.GradeFromJson)(text), graded)
    }))

  it.effect("formats as a table", () =>
    Effect.gen(function*() {
      const graded = yield* grade(clientWith(also(500)), { scenarios: ["retryAfter429", "internalServerError"] })
      assert.strictEqual(
        Grader.toTable(graded),
        [
          "      given                expected                    observed  after   requests",
          "pass  429, Retry-After: 2  retried, after 2 s or more  retried   2.00 s  2",
          "FAIL  500                  fails, not retried          retried   0.50 s  2",
          "",
          "1 of 2 passed"
        ].join("\n")
      )
    }))

  it.effect("fails when the client cannot be made", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Effect.flip(grade(() => Effect.fail("no client" as const))), "no client")
    }))

  it.effect("keeps the client's scope open until its scenario ends", () =>
    Effect.gen(function*() {
      const open = yield* Ref.make(0)
      const client = (target: Grader.Target) =>
        Effect.as(
          Effect.acquireRelease(Ref.update(open, (open) => open + 1), () => Ref.update(open, (open) => open - 1)),
          clientWith({})(target)
        )
      assert.strictEqual((yield* grade(client, { scenarios: ["retryAfter429", "notFound"] })).failed, 0)
      assert.strictEqual(yield* Ref.get(open), 0)
    }))

  it.effect("runs scenarios one after another with concurrency 1", () =>
    Effect.gen(function*() {
      const options = { scenarios: ["retryAfter12", "retryAfter429", "retryAfter503"], concurrency: 1 } as const
      const start = Date.UTC(2026, 10, 22, 12, 0, 0, 250)
      yield* grade(clientWith({}), options)
      assert.isAtLeast((yield* Clock.currentTimeMillis) - start, 16_000)
    }))
})
