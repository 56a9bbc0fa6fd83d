// What a client is put through, and what is made of what it did.
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type * as FaultPlan from "../../FaultPlan.ts"
import { seconds } from "../table.ts"
import type * as Grader from "./model.ts"
import type * as Stage from "./stage.ts"

export interface Verdict {
  readonly passed: boolean
  readonly observed: string
  readonly after?: Duration.Duration
}

export interface Scenario {
  /** What the server does. */
  readonly given: string
  /** What a client should do. */
  readonly expected: string
  readonly rules: ReadonlyArray<FaultPlan.Rule>
  readonly operations: number
  readonly requests: number
  readonly run: (stage: Stage.Stage) => Effect.Effect<Verdict, never, Scope.Scope>
}

// Timers count whole milliseconds.
const tolerance = 2

// The least that can be called a back-off.
const leastBackOff = 50

// How long a client may take to do the next thing, above the wait that it was asked for.
const patience = 10_000

const pageSize = 50

const textOf = (millis: number): string => seconds(Duration.millis(millis))

// Only the name: messages may hold anything.
const nameOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag)) return error._tag
  return error instanceof Error ? error.constructor.name : typeof error
}

const failedWith = (cause: Cause.Cause<unknown>): string =>
  `${Cause.hasFails(cause) ? "failed" : "died"} with ${nameOf(cause)}`

const describeFetch = (exit: Exit.Exit<boolean, unknown> | undefined): string =>
  exit === undefined
    ? "did not end"
    : Exit.isFailure(exit)
    ? failedWith(exit.cause)
    : exit.value
    ? "succeeded"
    : "gave something that is not the operation"

const isGood = (exit: Exit.Exit<boolean, unknown> | undefined): boolean =>
  exit !== undefined && Exit.isSuccess(exit) && exit.value

const endless = (stage: Stage.Stage): string => `did not end, nor in ${stage.seen.length} requests`

const fetchOne = (stage: Stage.Stage) => stage.begin(stage.fetchOperation(stage.ids[0] ?? ""))

/** The time from the first answer to the request that retries it. */
const repeatedAfter = ({ seen: [first, second] }: Stage.Stage): number | undefined =>
  first === undefined || second === undefined ? undefined : second.at - first.answeredAt

const askedFirst = Effect.fnUntraced(function*(stage: Stage.Stage) {
  const { requests: [first] } = yield* stage.report
  return Duration.toMillis(first?.asked ?? Duration.zero)
})

const once = (fault: FaultPlan.Fault): ReadonlyArray<FaultPlan.Rule> => [{ when: { nth: [1] }, do: fault }]

const always = (fault: FaultPlan.Fault): ReadonlyArray<FaultPlan.Rule> => [{ do: fault }]

const fetching = { operations: 1, requests: 30 } as const

/** The first answer is to be repeated, after no less than it asks for, and no less than `least`. */
const repeated = (
  given: string,
  expected: string,
  rules: ReadonlyArray<FaultPlan.Rule>,
  options: { readonly least: number; readonly limit: number }
): Scenario => ({
  ...fetching,
  given,
  expected,
  rules,
  run: Effect.fnUntraced(function*(stage) {
    const call = yield* fetchOne(stage)
    const end = yield* call.watch(options.limit)
    const after = repeatedAfter(stage)
    const outcome = describeFetch(call.exit())
    if (after === undefined) {
      return {
        passed: false,
        observed: end === "late" ? `not repeated in ${textOf(options.limit)}` : `not repeated: ${outcome}`
      }
    }
    const asked = yield* askedFirst(stage)
    const early = Math.max(asked, options.least) - after
    const isEarly = early > tolerance
    return {
      passed: !isEarly && isGood(call.exit()),
      observed: [
        isEarly ? asked === 0 ? "repeated at once" : `repeated ${textOf(early)} too early` : "repeated",
        ...(end === "flood" ? [endless(stage)] : isGood(call.exit()) ? [] : [outcome])
      ].join(", "),
      after: Duration.millis(after)
    }
  })
})

const asked = (given: string, status: number, retryAfter: number): Scenario =>
  repeated(
    given,
    `repeated, after ${retryAfter} s or more`,
    once({ _tag: "Status", status, retryAfter }),
    { least: 0, limit: retryAfter * 1000 + patience }
  )

const askedByDate = (given: string, skew: number): Scenario =>
  repeated(
    given,
    "repeated, not before that date by the server's clock",
    [
      ...(skew === 0 ? [] : always({ _tag: "ClockSkew", by: skew })),
      ...once({ _tag: "Status", status: 429, retryAfter: { date: 3 } })
    ],
    { least: 0, limit: 3000 + patience }
  )

const askedNothing = (given: string, retryAfter?: FaultPlan.RetryAfter): Scenario =>
  repeated(
    given,
    "repeated, after a wait of the client's own",
    once({ _tag: "Status", status: 429, ...(retryAfter === undefined ? {} : { retryAfter }) }),
    { least: leastBackOff, limit: patience }
  )

const notRepeated = (given: string, status: number): Scenario => ({
  ...fetching,
  given,
  expected: "fails, not repeated",
  rules: once({ _tag: "Status", status }),
  run: Effect.fnUntraced(function*(stage) {
    const call = yield* fetchOne(stage)
    yield* call.watch(patience)
    const exit = call.exit()
    const after = repeatedAfter(stage)
    if (after !== undefined) return { passed: false, observed: "repeated", after: Duration.millis(after) }
    return { passed: exit !== undefined && Exit.isFailure(exit), observed: describeFetch(exit) }
  })
})

/** The call must end, and what it ends with is looked at. */
const ends = (
  given: string,
  expected: string,
  rules: ReadonlyArray<FaultPlan.Rule>,
  limit: number,
  passes: (exit: Exit.Exit<boolean, unknown>) => boolean
): Scenario => ({
  ...fetching,
  given,
  expected,
  rules,
  run: Effect.fnUntraced(function*(stage) {
    const call = yield* fetchOne(stage)
    const end = yield* call.watch(limit)
    const exit = call.exit()
    const after = repeatedAfter(stage)
    return {
      passed: end === "ended" && exit !== undefined && passes(exit),
      observed: end === "flood"
        ? endless(stage)
        : end === "late"
        ? `did not end in ${textOf(limit)}`
        : describeFetch(exit),
      ...(after === undefined ? {} : { after: Duration.millis(after) })
    }
  })
})

/** Everything is to be listed, or nothing but a failure to come of it. */
const lists = (
  given: string,
  expected: string,
  rules: ReadonlyArray<FaultPlan.Rule>,
  passes: "all" | "failure"
): Scenario => ({
  operations: 3 * pageSize,
  requests: 30,
  given,
  expected,
  rules,
  run: Effect.fnUntraced(function*(stage) {
    const call = yield* stage.begin(stage.listOperations)
    const end = yield* call.watch(patience)
    const exit = call.exit()
    if (end === "flood") return { passed: false, observed: endless(stage) }
    if (exit === undefined) return { passed: false, observed: `did not end in ${textOf(patience)}` }
    if (Exit.isFailure(exit)) return { passed: passes === "failure", observed: failedWith(exit.cause) }
    const listed = stage.ids.filter((id) => exit.value.has(id)).length
    // One request for each page, and one for that which came in its place.
    if (passes === "all" && listed === stage.ids.length && stage.seen.length < 4) {
      return { passed: false, observed: `listed all in ${stage.seen.length} requests: pages of ${pageSize} are needed` }
    }
    return {
      passed: passes === "all" && listed === stage.ids.length,
      observed: `ended with ${listed} of ${stage.ids.length}`
    }
  })
})

const longWait: Scenario = {
  ...fetching,
  given: "429, Retry-After: 90",
  expected: "waits, or fails at once; never repeated early",
  rules: once({ _tag: "Status", status: 429, retryAfter: 90 }),
  run: Effect.fnUntraced(function*(stage) {
    const limit = 30_000
    const call = yield* fetchOne(stage)
    const end = yield* call.watchWait(limit)
    const after = repeatedAfter(stage)
    if (after !== undefined) {
      return {
        passed: false,
        observed: `repeated ${textOf(90_000 - after)} too early`,
        after: Duration.millis(after)
      }
    }
    return end === "late"
      ? { passed: true, observed: `still waits after ${textOf(limit)}` }
      : { passed: !isGood(call.exit()), observed: describeFetch(call.exit()) }
  })
}

const interrupted: Scenario = {
  ...fetching,
  given: "interrupted in the wait of a Retry-After: 30",
  expected: "ends at once, and sends nothing afterwards",
  rules: always({ _tag: "Status", status: 429, retryAfter: 30 }),
  run: Effect.fnUntraced(function*(stage) {
    const call = yield* fetchOne(stage)
    const end = yield* call.watchWait("7 seconds")
    if (end === "ended") {
      return { passed: true, observed: `${describeFetch(call.exit())}: no wait to interrupt` }
    }
    const sent = stage.seen.length
    const start = yield* Clock.currentTimeMillis
    const returned = Option.isSome(yield* Effect.timeoutOption(call.interrupt, "25 seconds"))
    const took = (yield* Clock.currentTimeMillis) - start
    // Until what was asked for is over, and a little longer.
    yield* Effect.sleep(25_000 - took)
    const later = stage.seen.length - sent
    return {
      passed: returned && took <= 100 && later === 0,
      observed: [
        returned ? `ended in ${textOf(took)}` : "did not end",
        ...(later === 0 ? [] : [`sent ${later} more`])
      ].join(", ")
    }
  })
}

const sixty: Scenario = {
  operations: 60,
  requests: 1000,
  given: "60 calls at once, 10 a second are let through",
  expected: "60 succeed in 9 s, with 12 answers of 429 or fewer",
  rules: always({ _tag: "RateLimit", limit: 10, window: Duration.seconds(1) }),
  run: Effect.fnUntraced(function*(stage) {
    let ok = 0
    let failed = 0
    const start = yield* Clock.currentTimeMillis
    const call = yield* stage.begin((controller) =>
      Effect.forEach(stage.ids, (id) =>
        Effect.map(Effect.exit(stage.fetchOperation(id)(controller)), (exit) => {
          if (isGood(exit)) ok++
          else failed++
        }), { concurrency: "unbounded", discard: true })
    )
    yield* call.watch("30 seconds")
    const took = (yield* Clock.currentTimeMillis) - start
    const { summary: { tooManyRequests } } = yield* stage.report
    const open = stage.ids.length - ok - failed
    return {
      passed: ok === stage.ids.length && tooManyRequests <= 12 && took <= 9000,
      observed: `${ok} succeeded, ${failed} failed${open === 0 ? "" : `, ${open} did not end`}, ` +
        `${tooManyRequests} answers of 429, ${textOf(took)}`
    }
  })
}

const gatewayPage: FaultPlan.Fault = {
  _tag: "Status",
  status: 502,
  body: "<html><h1>502 Bad Gateway</h1></html>",
  mediaType: "text/html"
}

export const scenarios: { readonly [name in Grader.Scenario]: Scenario } = {
  retryAfter429: asked("429, Retry-After: 2", 429, 2),
  retryAfter503: asked("503, Retry-After: 2", 503, 2),
  retryAfter409: asked("409, Retry-After: 2", 409, 2),
  retryAfter12: asked("429, Retry-After: 12", 429, 12),
  retryAfter90: longWait,
  retryAfterDate: askedByDate("429, Retry-After: a date in 3 s", 0),
  retryAfterDateFast: askedByDate("the same, the server's clock 90 s fast", 90_000),
  retryAfterDateSlow: askedByDate("the same, the server's clock 90 s slow", -90_000),
  retryAfterNone: askedNothing("429, no Retry-After"),
  retryAfterNegative: askedNothing("429, Retry-After: -1", -1),
  retryAfterText: askedNothing("429, Retry-After: soon", { text: "soon" }),
  retryAfterPast: askedNothing("429, Retry-After: a date 30 s ago", { date: -30 }),
  interrupted,
  internalServerError: notRepeated("500", 500),
  badRequest: notRepeated("400", 400),
  notFound: notRepeated("404", 404),
  dropped: repeated(
    "the connection is closed before the answer",
    "repeated, for it only reads",
    once({ _tag: "Drop" }),
    { least: 0, limit: patience }
  ),
  gatewayPage: ends(
    "502, an HTML page",
    "repeated, or fails",
    once(gatewayPage),
    20_000,
    (exit) => Exit.isFailure(exit) || exit.value
  ),
  outage: ends(
    "503, Retry-After: 1, for ever",
    "fails in the end",
    always({ _tag: "Status", status: 503, retryAfter: 1 }),
    30_000,
    Exit.isFailure
  ),
  truncated: ends(
    "200, JSON that is cut off",
    "fails",
    always({ _tag: "Truncate", bytes: 40 }),
    20_000,
    Exit.isFailure
  ),
  unknownStatus: ends(
    "an operation with a status that is not documented",
    "succeeds",
    always({ _tag: "UnknownStatus", status: "PAUSED" }),
    patience,
    isGood
  ),
  sameToken: lists(
    "a list whose pages give the same token for ever",
    "fails",
    always({ _tag: "SameToken", token: "same" }),
    "failure"
  ),
  tokenCycle: lists(
    "a list whose pages give two tokens in turn",
    "fails",
    always({ _tag: "TokenCycle", length: 2 }),
    "failure"
  ),
  emptyPage: lists(
    "a list with an empty page in the middle",
    "lists all",
    [{ when: { nth: [2] }, do: { _tag: "EmptyPage" } }],
    "all"
  ),
  repeatedPage: lists(
    "a list in which a page comes twice",
    "lists all",
    [{ when: { nth: [2] }, do: { _tag: "RepeatPage" } }],
    "all"
  ),
  sixtyAtOnce: sixty
}
