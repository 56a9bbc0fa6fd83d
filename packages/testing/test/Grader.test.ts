import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
import { Grader } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Data, DateTime, Duration, Effect, Fiber, Layer, Option, Redacted, Result, Schema, Stream } from "effect"
import { Headers, HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"

// What this project's own client does not pass. Empty it as soon as it does.
const notYet: ReadonlyArray<Grader.Scenario> = ["sixtyAtOnce"]

const scenarios = Grader.Scenario.literals.filter((scenario) => !notYet.includes(scenario))

const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Grades with the clock let run: requests on a port get several turns of the event loop for every step of it. */
const grade = Effect.fnUntraced(function*<E, R>(
  makeClient: (target: Grader.Target) => Grader.Calls | Effect.Effect<Grader.Calls, E, R>,
  options?: Grader.Options
) {
  yield* TestClock.setTime(Date.UTC(2026, 10, 22, 12, 0, 0, 250))
  const fiber = yield* Effect.forkChild(Grader.gradeClient(makeClient, { scenarios, ...options }))
  while (fiber.pollUnsafe() === undefined) {
    yield* Effect.repeat(turn, { times: 10 })
    yield* TestClock.adjust("100 millis")
  }
  return yield* Fiber.join(fiber)
})

const failedOf = (grade: Grader.Grade) => grade.rows.filter(({ passed }) => !passed).map(({ scenario }) => scenario)

const observedOf = (grade: Grader.Grade, scenario: Grader.Scenario) =>
  grade.rows.find((row) => row.scenario === scenario)?.observed

const ownClient = ({ baseUrl, credentials, httpClient }: Grader.Target) =>
  Effect.map(SenderPoolOperations.SenderPoolOperations, (operations): Grader.Calls => ({
    fetchOperation: operations.fetch,
    listOperations: () => operations.stream()
  })).pipe(Effect.provide(
    SenderPoolOperations.layer.pipe(
      Layer.provide(CommsClient.layer({ baseUrl, credentials })),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, httpClient))
    )
  ))

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
  readonly repeats: (failure: Failure) => boolean
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
  repeats: (failure) =>
    failure._tag === "Lost" || (failure._tag === "Refused" && [409, 429, 503].includes(failure.status)),
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
  const { asked, attempts, backOff, knows, onBroken, onLoop, remembers, repeats, stopsAtEmptyPage, wait } = {
    ...good,
    ...habits
  }

  const read = Effect.fnUntraced(function*(response: HttpClientResponse.HttpClientResponse) {
    if (response.status === 200) return yield* Effect.catch(response.json, () => onBroken)
    const now = yield* Clock.currentTimeMillis
    return yield* new Refused({ status: response.status, wait: asked(response.headers, now) ?? backOff })
  })

  const get = (url: string, attempt = 1): Effect.Effect<unknown, Failure> =>
    target.httpClient.execute(
      HttpClientRequest.get(target.baseUrl + url).pipe(
        HttpClientRequest.basicAuth(target.credentials.accountSid, Redacted.value(target.credentials.authToken))
      )
    ).pipe(
      Effect.mapError(() => new Lost()),
      Effect.flatMap(read),
      Effect.catch((failure): Effect.Effect<unknown, Failure> =>
        attempt < attempts && repeats(failure)
          ? Effect.andThen(wait(failure._tag === "Refused" ? failure.wait : backOff), get(url, attempt + 1))
          : Effect.fail(failure)
      )
    )

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
    listOperations: () => pages([])
  }
}

const asking = [
  "retryAfter429",
  "retryAfter503",
  "retryAfter409",
  "retryAfter12"
] as const

const dates = ["retryAfterDate", "retryAfterDateFast", "retryAfterDateSlow"] as const

const nonsense = ["retryAfterNegative", "retryAfterText", "retryAfterPast"] as const

const also = (status: number): Partial<Habits> => ({
  repeats: (failure) => good.repeats(failure) || (failure._tag === "Refused" && failure.status === status)
})

const never = (status: number): Partial<Habits> => ({
  repeats: (failure) => good.repeats(failure) && !(failure._tag === "Refused" && failure.status === status)
})

const asked = (change: (millis: number) => number): Partial<Habits> => ({
  asked: (headers, now) => {
    const millis = byServersClock(headers, now)
    return millis === undefined ? undefined : change(millis)
  }
})

const habits: ReadonlyArray<readonly [habit: string, Partial<Habits>, deserves: ReadonlyArray<Grader.Scenario>]> = [
  ["does everything well", {}, []],
  ["repeats 500", also(500), ["internalServerError"]],
  ["repeats 400", also(400), ["badRequest"]],
  ["repeats 404", also(404), ["notFound"]],
  ["repeats a gateway's 502", also(502), []],
  ["does not repeat 409", never(409), ["retryAfter409"]],
  ["does not repeat 503", never(503), ["retryAfter503"]],
  ["repeats nothing", { repeats: () => false }, [...asking, ...dates, "retryAfterNone", ...nonsense, "dropped"]],
  [
    "does not repeat what was lost",
    { repeats: (failure) => failure._tag !== "Lost" && good.repeats(failure) },
    ["dropped"]
  ],
  ["repeats a little early", asked((millis) => millis - 50), [...asking, ...dates]],
  ["waits a quarter of what is asked", asked((millis) => millis / 4), [...asking, "retryAfter90", ...dates]],
  ["waits 8 seconds at most", asked((millis) => Math.min(millis, 8000)), ["retryAfter12", "retryAfter90"]],
  ["waits a minute longer", asked((millis) => millis + 60_000), [...asking, ...dates]],
  ["takes a date by its own clock", { asked: byOwnClock }, ["retryAfterDateFast", "retryAfterDateSlow"]],
  [
    "takes nonsense for no wait",
    { asked: (headers, now) => byServersClock(headers, now) ?? ("retry-after" in headers ? 0 : undefined) },
    nonsense
  ],
  ["does not back off", { backOff: 0 }, ["retryAfterNone", ...nonsense]],
  ["repeats for ever", { attempts: Number.POSITIVE_INFINITY }, ["outage"]],
  ["cannot be interrupted", { wait: (millis) => Effect.uninterruptible(Effect.sleep(millis)) }, ["interrupted"]],
  ["takes what is broken for an answer", { onBroken: Effect.succeed({}) }, ["truncated"]],
  ["hangs on what is broken", { onBroken: Effect.never }, ["truncated"]],
  ["refuses a status it does not know", { knows: (status) => status === "COMPLETED" }, ["unknownStatus"]],
  ["follows any token", { remembers: () => [] }, ["sameToken", "tokenCycle"]],
  ["remembers the last token only", { remembers: (followed) => followed.slice(-1) }, ["tokenCycle"]],
  ["takes a loop for the end", { onLoop: Stream.empty }, ["sameToken", "tokenCycle"]],
  ["hangs in a loop", { onLoop: Stream.never }, ["sameToken", "tokenCycle"]],
  ["stops at an empty page", { stopsAtEmptyPage: true }, ["emptyPage"]]
]

describe("the project's own client", () => {
  it.effect.each(["process", "port"] as const)("passes every row: %s", (transport) =>
    Effect.gen(function*() {
      const graded = yield* grade(ownClient, { transport })
      for (const row of graded.rows) assert.isTrue(row.passed, `${row.scenario}: ${row.observed}`)
      assert.deepStrictEqual(graded.rows.map(({ scenario }) => scenario), scenarios)
      assert.deepStrictEqual({ passed: graded.passed, failed: graded.failed }, { passed: scenarios.length, failed: 0 })
    }))
})

describe("a client with habits", () => {
  it.effect.each(habits)("%s", ([, habits, deserves]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(failedOf(yield* grade(clientWith(habits))), deserves)
    }))

  it.effect("is failed on a port as well", () =>
    Effect.gen(function*() {
      const graded = yield* grade(clientWith({ ...also(500), remembers: () => [] }), { transport: "port" })
      assert.deepStrictEqual(failedOf(graded), ["internalServerError", "sameToken", "tokenCycle"])
    }))

  it.effect("of hanging fails everything", () =>
    Effect.gen(function*() {
      const graded = yield* grade(() => ({ fetchOperation: () => Effect.never, listOperations: () => Stream.never }))
      assert.deepStrictEqual(failedOf(graded), scenarios)
    }))

  it.effect("of giving something else fails everything that should succeed", () =>
    Effect.gen(function*() {
      const graded = yield* grade(() => ({
        fetchOperation: () => Effect.succeed({ id: "another" }),
        listOperations: () => Stream.empty
      }))
      assert.deepStrictEqual(failedOf(graded), scenarios.filter((scenario) => scenario !== "retryAfter90"))
    }))
})
