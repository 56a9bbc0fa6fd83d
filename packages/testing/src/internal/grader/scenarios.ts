// The scenarios: what the server does, and the verdict on what the client did.
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
  /** The milliseconds from the first answer to its retry. */
  readonly after?: number | undefined
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

type FetchExit = Exit.Exit<boolean, unknown>

// Timers count whole milliseconds.
const tolerance = 2

// The shortest wait that counts as a back-off.
const leastBackOff = 50

// How long a client may take for its next step, beyond the wait that it was asked for.
const patience = 10_000

const pageSize = 50

const textOf = (millis: number): string => seconds(Duration.millis(millis))

// Messages of errors can hold secrets, so only the name is shown.
const nameOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag)) return error._tag
  return error instanceof Error ? error.constructor.name : typeof error
}

const failedWith = (cause: Cause.Cause<unknown>): string =>
  `${Cause.hasFails(cause) ? "failed" : "died"} with ${nameOf(cause)}`

const describeFetch = (exit: FetchExit | undefined): string => {
  if (exit === undefined) return "did not end"
  if (Exit.isFailure(exit)) return failedWith(exit.cause)
  return exit.value ? "succeeded" : "returned something else than the operation"
}

const isGoodOrFailure = (exit: FetchExit): boolean => Exit.isFailure(exit) || exit.value

const isGood = (exit: FetchExit | undefined): boolean => exit !== undefined && Exit.isSuccess(exit) && exit.value

const endless = (stage: Stage.Stage): string => `did not end within ${stage.seen.length} requests`

/** The milliseconds from the first answer to the request that retries it. */
const retriedAfter = ({ seen: [first, second] }: Stage.Stage): number | undefined =>
  first === undefined || second === undefined ? undefined : second.at - first.answeredAt

const once = (fault: FaultPlan.Fault, nth = 1): Rules => [{ when: { nth: [nth] }, do: fault }]

const always = (fault: FaultPlan.Fault): Rules => [{ do: fault }]

type Rules = ReadonlyArray<FaultPlan.Rule>

type Judge = (stage: Stage.Stage, call: Stage.Begun<boolean>) => Effect.Effect<Verdict>

const fetching = (given: string, expected: string, rules: Rules, judge: Judge): Scenario => ({
  operations: 1,
  requests: 30,
  given,
  expected,
  rules,
  run: (stage) => Effect.flatMap(stage.begin(stage.fetchOperation(stage.ids[0] ?? "")), (call) => judge(stage, call))
})

/** The client must retry the first answer, not before the wait that it asks for, and not before `least`. */
const retried = (
  given: string,
  expected: string,
  rules: Rules,
  { least = 0, wait = 0 }: { readonly least?: number; readonly wait?: number } = {}
): Scenario => {
  const judge: Judge = Effect.fnUntraced(function*(stage, call) {
    const end = yield* call.watch(wait + patience)
    const after = retriedAfter(stage)
    const outcome = describeFetch(call.exit())
    if (after === undefined) {
      const missing = end === "late" ? `not retried in ${textOf(wait + patience)}` : `not retried: ${outcome}`
      return { passed: false, observed: missing }
    }
    const { requests: [first] } = yield* stage.report
    const asked = Duration.toMillis(first?.asked ?? Duration.zero)
    const early = Math.max(asked, least) - after
    const isEarly = early > tolerance
    const when = isEarly ? asked === 0 ? "retried at once" : `retried ${textOf(early)} too early` : "retried"
    const isRight = isGood(call.exit())
    return {
      passed: !isEarly && isRight,
      observed: end === "flood" ? `${when}, ${endless(stage)}` : isRight ? when : `${when}, ${outcome}`,
      after
    }
  })
  return fetching(given, expected, rules, judge)
}

const asked = (status: number, retryAfter: number): Scenario =>
  retried(
    `${status}, Retry-After: ${retryAfter}`,
    `retried, after ${retryAfter} s or more`,
    once({ _tag: "Status", status, retryAfter }),
    { wait: retryAfter * 1000 }
  )

const askedByDate = (given: string, by: number): Scenario =>
  retried(
    given,
    "retried, not before that date by the server's clock",
    [...always({ _tag: "ClockSkew", by }), ...once({ _tag: "Status", status: 429, retryAfter: { date: 3 } })],
    { wait: 3000 }
  )

const askedNothing = (given: string, retryAfter?: FaultPlan.RetryAfter): Scenario =>
  retried(
    given,
    "retried, after a back-off of the client's own",
    once({ _tag: "Status", status: 429, ...(retryAfter === undefined ? {} : { retryAfter }) }),
    { least: leastBackOff }
  )

const notRetried = (status: number): Scenario =>
  fetching(
    String(status),
    "fails, not retried",
    once({ _tag: "Status", status }),
    Effect.fnUntraced(function*(stage, call) {
      yield* call.watch(patience)
      const exit = call.exit()
      const after = retriedAfter(stage)
      if (after !== undefined) return { passed: false, observed: "retried", after }
      return { passed: exit !== undefined && Exit.isFailure(exit), observed: describeFetch(exit) }
    })
  )

/** The call must end, and its result must pass. */
const ends = (
  given: string,
  expected: string,
  rules: Rules,
  limit: number,
  passes: (exit: FetchExit) => boolean
): Scenario => {
  const judge: Judge = Effect.fnUntraced(function*(stage, call) {
    const end = yield* call.watch(limit)
    const exit = call.exit()
    const observed = end === "late" ? `did not end in ${textOf(limit)}` : describeFetch(exit)
    return {
      passed: end === "ended" && exit !== undefined && passes(exit),
      observed: end === "flood" ? endless(stage) : observed,
      after: retriedAfter(stage)
    }
  })
  return fetching(given, expected, rules, judge)
}

/** The client must list everything, or fail. */
const lists = (given: string, rules: Rules, passes: "all" | "failure"): Scenario => ({
  operations: 3 * pageSize,
  requests: 30,
  given,
  expected: passes === "all" ? "lists all" : "fails",
  rules,
  run: Effect.fnUntraced(function*(stage) {
    const call = yield* stage.begin(stage.listOperations)
    const end = yield* call.watch(patience)
    const exit = call.exit()
    if (end === "flood") return { passed: false, observed: endless(stage) }
    if (exit === undefined) return { passed: false, observed: `did not end in ${textOf(patience)}` }
    if (Exit.isFailure(exit)) return { passed: passes === "failure", observed: failedWith(exit.cause) }
    const listed = stage.ids.filter((id) => exit.value.has(id)).length
    const isAll = passes === "all" && listed === stage.ids.length
    // One request for each page, and one for the page of the fault.
    if (isAll && stage.seen.length < 4) {
      return { passed: false, observed: `listed all in ${stage.seen.length} requests: pages of ${pageSize} are needed` }
    }
    return { passed: isAll, observed: `ended with ${listed} of ${stage.ids.length}` }
  })
})

const longWait = fetching(
  "429, Retry-After: 90",
  "waits, or fails at once; never retried early",
  once({ _tag: "Status", status: 429, retryAfter: 90 }),
  Effect.fnUntraced(function*(stage, call) {
    const limit = 30_000
    const end = yield* call.watchWait(limit)
    const after = retriedAfter(stage)
    if (after !== undefined) return { passed: false, observed: `retried ${textOf(90_000 - after)} too early`, after }
    return end === "late"
      ? { passed: true, observed: `still waits after ${textOf(limit)}` }
      : { passed: !isGood(call.exit()), observed: describeFetch(call.exit()) }
  })
)

const interrupted = fetching(
  "interrupted in the wait of a Retry-After: 30",
  "ends at once, and sends nothing afterwards",
  always({ _tag: "Status", status: 429, retryAfter: 30 }),
  Effect.fnUntraced(function*(stage, call) {
    const end = yield* call.watchWait("7 seconds")
    if (end === "ended") return { passed: true, observed: `${describeFetch(call.exit())}: no wait to interrupt` }
    const sent = stage.seen.length
    const start = yield* Clock.currentTimeMillis
    const returned = Option.isSome(yield* Effect.timeoutOption(call.interrupt, "25 seconds"))
    const took = (yield* Clock.currentTimeMillis) - start
    // Until shortly after the end of the wait that was asked for.
    yield* Effect.sleep(25_000 - took)
    const later = stage.seen.length - sent
    const observed = returned ? `ended in ${textOf(took)}` : "did not end"
    return {
      passed: returned && took <= 100 && later === 0,
      observed: later === 0 ? observed : `${observed}, sent ${later} more`
    }
  })
)

const sixty: Scenario = {
  operations: 60,
  requests: 1000,
  given: "60 calls at once, and a limit of 10 requests a second",
  expected: "60 succeed in 9 s, with 12 answers of 429 or fewer",
  rules: always({ _tag: "RateLimit", limit: 10, window: Duration.seconds(1) }),
  run: Effect.fnUntraced(function*(stage) {
    const exits: Array<FetchExit> = []
    const call = yield* stage.begin((controller) =>
      Effect.forEach(
        stage.ids,
        (id) => Effect.map(Effect.exit(stage.fetchOperation(id)(controller)), (exit) => exits.push(exit)),
        { concurrency: "unbounded", discard: true }
      )
    )
    yield* call.watch("30 seconds")
    const now = yield* Clock.currentTimeMillis
    const took = now - (stage.seen[0]?.at ?? now)
    const { summary: { tooManyRequests } } = yield* stage.report
    const ok = exits.filter(isGood).length
    const open = stage.ids.length - exits.length
    return {
      passed: ok === stage.ids.length && tooManyRequests <= 12 && took <= 9000,
      observed: `${ok} succeeded, ${exits.length - ok} failed${open === 0 ? "" : `, ${open} did not end`}, ` +
        `${tooManyRequests} answers of 429, ${textOf(took)}`
    }
  })
}

/** A pool must be made once at most. */
const creating = (
  given: string,
  expected: string,
  rules: Rules,
  judge: (stage: Stage.Stage, exit: Exit.Exit<unknown, unknown>, pools: number) => Effect.Effect<Verdict>
): Scenario => ({
  operations: 0,
  requests: 30,
  given: `a pool is created: ${given}`,
  expected,
  rules,
  run: Effect.fnUntraced(function*(stage) {
    if (stage.createSenderPool === undefined) return { passed: false, observed: "has no call that creates a pool" }
    const call = yield* stage.begin(stage.createSenderPool)
    const end = yield* call.watch(patience)
    const exit = call.exit()
    const pools = yield* stage.countPools
    if (pools > 1) return { passed: false, observed: `made ${pools} pools` }
    if (end === "flood") return { passed: false, observed: endless(stage) }
    if (exit === undefined) return { passed: false, observed: `did not end in ${textOf(patience)}` }
    return yield* judge(stage, exit, pools)
  })
})

const describeCreated = (exit: Exit.Exit<unknown, unknown>, pools: number): string =>
  `${Exit.isFailure(exit) ? failedWith(exit.cause) : "succeeded"}, ${pools === 1 ? "1 pool" : `${pools} pools`}`

const createsAfter = (status: number): Scenario =>
  creating(
    `${status}, Retry-After: 2`,
    "retried, after 2 s or more",
    once({ _tag: "Status", status, retryAfter: 2 }),
    (stage, exit, pools) =>
      Effect.sync(() => {
        const after = retriedAfter(stage)
        if (after === undefined) return { passed: false, observed: `not retried: ${describeCreated(exit, pools)}` }
        const isEarly = 2000 - after > tolerance
        const isRight = Exit.isSuccess(exit) && pools === 1
        return {
          passed: !isEarly && isRight,
          observed: `${isEarly ? `retried ${textOf(2000 - after)} too early` : "retried"}, ${
            describeCreated(exit, pools)
          }`,
          after
        }
      })
  )

/** The client cannot know whether the pool was made. Success is right if the client has found out. */
const createsOnce = (given: string, expected: string, rule: FaultPlan.Rule): Scenario =>
  creating(
    given,
    expected,
    [{ ...rule, when: { call: "SenderPools.create", ...rule.when } }],
    (stage, exit, pools) =>
      Effect.sync(() => {
        const sent = stage.seen.filter(({ creates }) => creates).length
        const observed = describeCreated(exit, pools)
        return sent > 1
          ? { passed: false, observed: `sent ${sent} times: ${observed}`, after: retriedAfter(stage) }
          : { passed: Exit.isFailure(exit) || pools === 1, observed }
      })
  )

const made: FaultPlan.Condition = { status: 202 }

const html = { body: "<html><h1>502</h1></html>", mediaType: "text/html" }

const gateway = once({ _tag: "Status", status: 502, ...html })

const outage = always({ _tag: "Status", status: 503, retryAfter: 1 })

const truncated = always({ _tag: "Truncate", bytes: 40 })

const paused = always({ _tag: "UnknownStatus", status: "PAUSED" })

export const scenarios: { readonly [name in Grader.Scenario]: Scenario } = {
  retryAfter429: asked(429, 2),
  retryAfter503: asked(503, 2),
  retryAfter409: asked(409, 2),
  retryAfter12: asked(429, 12),
  retryAfter90: longWait,
  retryAfterDate: askedByDate("429, Retry-After: a date in 3 s", 0),
  retryAfterDateFast: askedByDate("the same, the server's clock 90 s fast", 90_000),
  retryAfterDateSlow: askedByDate("the same, the server's clock 90 s slow", -90_000),
  retryAfterNone: askedNothing("429, no Retry-After"),
  retryAfterNegative: askedNothing("429, Retry-After: -1", -1),
  retryAfterText: askedNothing("429, Retry-After: soon", { text: "soon" }),
  retryAfterPast: askedNothing("429, Retry-After: a date 30 s ago", { date: -30 }),
  interrupted,
  internalServerError: notRetried(500),
  badRequest: notRetried(400),
  notFound: notRetried(404),
  dropped: retried("a connection closed before the answer", "retried, since it only reads", once({ _tag: "Drop" })),
  gatewayPage: ends("502, an HTML page", "retried, or fails", gateway, 20_000, isGoodOrFailure),
  outage: ends("503, Retry-After: 1, without end", "fails in the end", outage, 30_000, Exit.isFailure),
  truncated: ends("200, truncated JSON", "fails", truncated, 20_000, Exit.isFailure),
  unknownStatus: ends("an operation with an undocumented status", "succeeds", paused, patience, isGood),
  sameToken: lists("a list whose pages give one token", always({ _tag: "SameToken", token: "same" }), "failure"),
  tokenCycle: lists("a list whose pages give two tokens in turn", always({ _tag: "TokenCycle", length: 2 }), "failure"),
  emptyPage: lists("a list with an empty page in the middle", once({ _tag: "EmptyPage" }, 2), "all"),
  repeatedPage: lists("a list in which a page comes twice", once({ _tag: "RepeatPage" }, 2), "all"),
  sixtyAtOnce: sixty,
  createRetryAfter429: createsAfter(429),
  createRetryAfter409: createsAfter(409),
  createRetryAfter503: createsAfter(503),
  createInternalServerError: createsOnce("500 after the pool was made", "fails, or finds the pool; not sent again", {
    when: made,
    do: { _tag: "Status", status: 500 }
  }),
  createNotReceived: createsOnce("a connection closed before the request was processed", "fails, not sent again", {
    do: { _tag: "Drop" }
  }),
  createLost: createsOnce("a connection closed before the answer", "fails, or finds the pool; not sent again", {
    when: made,
    do: { _tag: "Drop" }
  }),
  createBroken: createsOnce("a connection closed within the answer", "fails, or finds the pool; not sent again", {
    do: { _tag: "Drop", afterBytes: 20 }
  }),
  createGatewayPage: createsOnce("502 after the pool was made", "fails, or finds the pool; not sent again", {
    when: made,
    do: { _tag: "Status", status: 502, ...html }
  }),
  createTruncated: createsOnce("202, truncated JSON", "ends, not sent again", { do: { _tag: "Truncate", bytes: 20 } })
}
