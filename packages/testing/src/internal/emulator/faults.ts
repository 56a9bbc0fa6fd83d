// What a fault plan does to a request and its answer.
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type * as FaultPlan from "../../FaultPlan.ts"
import { type AuthErrors, errorBody } from "../errors.ts"
import { unit } from "../seeded.ts"
import * as Token from "../token.ts"
import type { Wire } from "./model.ts"
import * as Pages from "./pages.ts"

export interface Request {
  /** Epoch milliseconds. */
  readonly now: number
  readonly path: string
  /** The call that the request belongs to, if any. */
  readonly call: () => string | undefined
  readonly account: string | undefined
}

/** What is sent: the answer, or none, and how. */
export interface Outcome {
  readonly wire: Wire
  readonly faults: ReadonlyArray<string>
  readonly delay: number
  readonly slow: { readonly duration: Duration.Duration; readonly pieces: number } | undefined
  /** The number of bytes of the body after which the connection closes; -1 closes it before the answer. */
  readonly dropAfter: number | undefined
  /** The wait that a valid `Retry-After` asks for. */
  readonly asked: Duration.Duration | undefined
}

const json = "application/json"

// Tokens of a cycle have copy numbers far above those of repeated pages.
const cycleCopy = 1_000_000

const withNext = (page: Pages.Page, next: (self: Token.Token) => Token.Token): Pages.Page => {
  const { self } = page.pagination
  const token = Option.match(Token.decode(self), { onNone: () => self, onSome: (self) => Token.encode(next(self)) })
  return { ...page, pagination: { self, next: token } }
}

// Another token of the same page.
const copied = (self: Token.Token): Token.Token => ({ ...self, copy: self.copy + 1 })

// A token of the first page, one of `length` that alternate without end.
const cycled = (length: number) => (self: Token.Token): Token.Token => {
  const step = self.copy < cycleCopy ? 0 : (self.copy - cycleCopy + 1) % length
  return { ...self, at: 0, given: null, copy: cycleCopy + step }
}

// The first object of a resource, or else its id or another field. None can be decoded from the type that replaces it.
const wrongShape = (item: Pages.Item): Pages.Item => {
  const names = Object.keys(item)
  const name = names.find((key) => Predicate.isObject(item[key])) ?? ("id" in item ? "id" : names[0])
  return name === undefined ? item : { ...item, [name]: Predicate.isString(item[name]) ? 0 : "many" }
}

type Fault<Tag extends FaultPlan.Fault["_tag"]> = Extract<FaultPlan.Fault, { readonly _tag: Tag }>

type Rewriting = Exclude<FaultPlan.Fault, Fault<"Status" | "RateLimit" | "Drop" | "Delay" | "SlowBody" | "ClockSkew">>

/** What a fault makes of a complete answer. */
const rewrite = (fault: Rewriting, wire: Wire): Wire => {
  switch (fault._tag) {
    case "Body":
      return { ...wire, headers: { ...wire.headers, "content-type": fault.mediaType ?? json }, body: fault.body }
    case "Truncate":
      return { ...wire, body: wire.body.slice(0, fault.bytes) }
    case "UnknownStatus":
      return Pages.mapItems(wire, (item) => "status" in item ? { ...item, status: fault.status } : item)
    case "WrongShape":
      return Pages.mapItems(
        wire,
        (item, index) => fault.index === undefined || fault.index === index ? wrongShape(item) : item
      )
    case "SameToken":
      return Pages.mapPage(wire, (page) => ({ ...page, pagination: { ...page.pagination, next: fault.token } }))
    case "TokenCycle":
      return Pages.mapPage(wire, (page) => withNext(page, cycled(fault.length)))
    case "EmptyPage":
      return Pages.mapPage(wire, (page) => ({ ...withNext(page, copied), items: [] }))
    case "RepeatPage":
      return Pages.mapPage(wire, (page) => withNext(page, copied))
  }
}

const retryAfterText = (retryAfter: FaultPlan.RetryAfter, now: number): string => {
  if (typeof retryAfter === "number") return String(retryAfter)
  return "text" in retryAfter
    ? retryAfter.text
    : Headers.formatHttpDate(DateTime.makeUnsafe(now + retryAfter.date * 1000))
}

/** The answer of a fault that answers instead of the server. */
const answerOf = (
  { headers, retryAfter, status, ...fault }: Omit<Fault<"Status">, "_tag">,
  now: number,
  authErrors: AuthErrors
): Wire => {
  const standard = errorBody(status, authErrors)
  const { body = standard.body, mediaType = fault.body === undefined ? standard.mediaType : json } = fault
  return {
    status,
    headers: {
      "content-type": mediaType,
      ...(retryAfter === undefined ? {} : { "retry-after": retryAfterText(retryAfter, now) }),
      ...Headers.fromInput(headers)
    },
    body
  }
}

const askedBy = ({ headers }: Wire, now: number): Duration.Duration | undefined =>
  Headers.parseRetryAfter(headers["retry-after"] ?? "").pipe(
    Result.map((value) => Headers.retryAfterDelay(value, now)),
    Result.getOrUndefined
  )

/** Whether the conditions hold that need neither the answer, a count nor chance. */
const holds = (when: FaultPlan.Condition, request: Request, elapsed: number): boolean =>
  (when.path === undefined || request.path.startsWith(when.path)) &&
  (when.call === undefined || when.call === request.call()) &&
  (when.after === undefined || elapsed >= Duration.toMillis(when.after)) &&
  (when.before === undefined || elapsed < Duration.toMillis(when.before))

/** Applies a plan. Its counts belong to the engine, so setting a plan again starts them at 0. */
export const make = (plan: FaultPlan.FaultPlan, startedAt: number, authErrors: AuthErrors) => {
  const { rules, seed = 0 } = plan
  // The made-up tokens of the plan. Each stands for the first page.
  const tokens: ReadonlySet<string> = new Set(
    rules.flatMap((rule) => rule.do._tag === "SameToken" ? [rule.do.token] : [])
  )
  const counts = rules.map(() => 0)
  const windows = new Map<string, { readonly end: number; readonly count: number }>()

  // The milliseconds left in the window of a rate limit that is exhausted, or 0.
  const admit = (key: string, { limit, window }: Fault<"RateLimit">, now: number): number => {
    const last = windows.get(key)
    const current = last !== undefined && now < last.end ? last : { end: now + Duration.toMillis(window), count: 0 }
    windows.set(key, { ...current, count: current.count + 1 })
    return current.count < limit ? 0 : current.end - now
  }

  const apply = Effect.fnUntraced(function*<E, R>(
    request: Request,
    answer: Effect.Effect<Wire, E, R>
  ): Effect.fn.Return<Outcome, E, R> {
    const faults: Array<string> = []
    let skew = 0
    let delay = 0
    let slow: Outcome["slow"]
    let dropAfter: number | undefined
    // The answer of a fault, instead of the server's.
    let wire: Wire | undefined
    // The server's answer, once it is needed. A rule that answers instead of the server leaves the request unprocessed.
    let answered: Wire | undefined
    const rewriting: Array<Rewriting> = []
    rules: for (const [i, rule] of rules.entries()) {
      const when = rule.when ?? {}
      if (!holds(when, request, request.now - startedAt)) continue
      if (when.status !== undefined) {
        answered ??= yield* answer
        if (answered.status !== when.status) continue
      }
      const count = (counts[i] ?? 0) + 1
      counts[i] = count
      if (when.nth !== undefined && !when.nth.includes(count)) continue
      if (when.every !== undefined && count % when.every !== 0) continue
      if (when.probability !== undefined && unit(seed, i, count) >= when.probability) continue
      const fault = rule.do
      const left = fault._tag === "RateLimit" ? admit(`${i} ${request.account ?? ""}`, fault, request.now) : undefined
      if (left === 0) continue
      faults.push(rule.name ?? fault._tag)
      switch (fault._tag) {
        case "Status":
          wire = answerOf(fault, request.now + skew, authErrors)
          break rules
        case "RateLimit": {
          const { retryAfter = Math.max(1, Math.ceil((left ?? 0) / 1000)) } = fault
          wire = answerOf({ status: 429, retryAfter }, request.now + skew, authErrors)
          break rules
        }
        case "Drop":
          dropAfter = fault.afterBytes ?? -1
          if (fault.afterBytes !== undefined) continue
          wire = { status: 0, headers: {}, body: "" }
          break rules
        case "Delay":
          delay += Duration.toMillis(fault.duration)
          continue
        case "SlowBody":
          slow = fault
          continue
        case "ClockSkew":
          skew = fault.by
          continue
        default:
          rewriting.push(fault)
      }
    }
    wire ??= rewriting.reduce((wire, fault) => rewrite(fault, wire), answered ?? (yield* answer))
    const date = Headers.formatHttpDate(DateTime.makeUnsafe(request.now + skew))
    return {
      wire: { ...wire, headers: { ...wire.headers, date } },
      faults,
      delay,
      slow,
      dropAfter,
      asked: askedBy(wire, request.now + skew)
    }
  })

  return { tokens, apply }
}
