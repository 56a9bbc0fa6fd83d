// What a fault plan does to a request and its answer.
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as FaultPlan from "../../FaultPlan.ts"
import { unit } from "../seeded.ts"
import * as Token from "./token.ts"

export interface Request {
  /** Epoch milliseconds. */
  readonly now: number
  readonly path: string
  readonly account: string | undefined
}

/** An answer as it goes out: its body whole, and what becomes of it on the way. */
export interface Wire {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What is to be done: the answer, or none, and how. */
export interface Outcome {
  readonly wire: Wire
  readonly faults: ReadonlyArray<string>
  readonly delay: number
  readonly slow: { readonly duration: Duration.Duration; readonly pieces: number } | undefined
  /** After how many bytes of the body the connection closes; -1 is before the answer. */
  readonly dropAfter: number | undefined
  /** The wait that the answer asks for, when it makes sense. */
  readonly asked: Duration.Duration | undefined
}

export interface Engine {
  /** The tokens that the plan makes up. Each stands for the first page. */
  readonly tokens: ReadonlySet<string>
  readonly apply: <E, R>(request: Request, answer: Effect.Effect<Wire, E, R>) => Effect.Effect<Outcome, E, R>
}

const json = "application/json"

const Operation = Schema.Record(Schema.String, Schema.Json)

const Page = Schema.Struct({
  operations: Schema.Array(Operation),
  pagination: Schema.Struct({ next: Schema.NullOr(Schema.String), self: Schema.String })
})

const PageText = Schema.fromJsonString(Page)

const OperationText = Schema.fromJsonString(Operation)

const decodePage = Schema.decodeOption(PageText)

const encodePage = Schema.encodeSync(PageText)

const decodeOperation = Schema.decodeOption(OperationText)

const encodeOperation = Schema.encodeSync(OperationText)

const mapPage = (wire: Wire, f: (page: typeof Page.Type) => typeof Page.Type): Wire =>
  wire.status !== 200 ? wire : Option.match(decodePage(wire.body), {
    onNone: () => wire,
    onSome: (page) => ({ ...wire, body: encodePage(f(page)) })
  })

const mapOperations = (wire: Wire, f: (operation: typeof Operation.Type) => typeof Operation.Type): Wire =>
  wire.status !== 200 ? wire : Option.match(decodePage(wire.body), {
    onSome: (page) => ({ ...wire, body: encodePage({ ...page, operations: page.operations.map(f) }) }),
    onNone: () =>
      Option.match(decodeOperation(wire.body), {
        onNone: () => wire,
        onSome: (operation) => ({ ...wire, body: encodeOperation(f(operation)) })
      })
  })

// The copies that tokens of a cycle carry, far above those of pages that come once more.
const cycleCopy = 1_000_000

// A token of the same list that never ends.
const cycleToken = (page: typeof Page.Type, length: number): string =>
  Option.match(Token.decode(page.pagination.self), {
    onNone: () => page.pagination.self,
    onSome: (self) => {
      const step = self.copy < cycleCopy ? 0 : (self.copy - cycleCopy + 1) % length
      return Token.encode({ ...self, at: 0, given: null, copy: cycleCopy + step })
    }
  })

// A token of the very page, other than the one it has.
const copyToken = (page: typeof Page.Type): string =>
  Option.match(Token.decode(page.pagination.self), {
    onNone: () => page.pagination.self,
    onSome: (self) => Token.encode({ ...self, copy: self.copy + 1 })
  })

const withNext = (page: typeof Page.Type, next: string): typeof Page.Type => ({
  ...page,
  pagination: { ...page.pagination, next }
})

const documentedBody = (status: number): string => {
  const [code, message] = status in FaultPlan.documentedErrors
    ? FaultPlan.documentedErrors[status as keyof typeof FaultPlan.documentedErrors]
    : [20000 + status, "An error that is not documented."]
  return JSON.stringify({ errors: [{ code, message, infoUrl: `/docs/api/errors/${code}`, context: "null" }] })
}

const retryAfterHeaders = (
  retryAfter: FaultPlan.RetryAfter | undefined,
  now: number
): { readonly "retry-after"?: string } => {
  if (retryAfter === undefined) return {}
  if (typeof retryAfter === "number") return { "retry-after": String(retryAfter) }
  if ("text" in retryAfter) return { "retry-after": retryAfter.text }
  return { "retry-after": Headers.formatHttpDate(DateTime.makeUnsafe(now + retryAfter.date * 1000)) }
}

const askedBy = (wire: Wire, now: number): Duration.Duration | undefined => {
  const header = wire.headers["retry-after"]
  if (header === undefined) return undefined
  return Option.match(Option.getSuccess(Headers.parseRetryAfter(header)), {
    onNone: () => undefined,
    onSome: (value) => Headers.retryAfterDelay(value, now)
  })
}

/** Whether a rule's conditions hold, but for those that count, draw or look at the answer. */
const holds = (when: FaultPlan.Condition, request: Request, elapsed: number): boolean =>
  (when.path === undefined || request.path.startsWith(when.path)) &&
  (when.call === undefined || when.call === callOf(request.path)) &&
  (when.after === undefined || elapsed >= Duration.toMillis(when.after)) &&
  (when.before === undefined || elapsed < Duration.toMillis(when.before))

const callOf = (path: string): string | undefined =>
  path === "/v1/SenderPools/Operations"
    ? "SenderPoolOperations.list"
    : path.startsWith("/v1/SenderPools/Operations/")
    ? "SenderPoolOperations.fetch"
    : undefined

/** Puts a plan to work. It counts, so a plan that is set anew begins anew. */
export const make = (plan: FaultPlan.FaultPlan, startedAt: number): Engine => {
  const { rules, seed = 0 } = plan
  const tokens = new Set(rules.flatMap((rule) => rule.do._tag === "SameToken" ? [rule.do.token] : []))
  const counts = rules.map(() => 0)
  const windows = new Map<string, { readonly start: number; count: number }>()

  // Whether a rate limit lets a request through, else how many milliseconds its window still lasts.
  const admit = (
    rule: number,
    account: string,
    { limit, window }: { limit: number; window: Duration.Duration },
    now: number
  ) => {
    const key = `${rule} ${account}`
    const length = Duration.toMillis(window)
    const current = windows.get(key)
    if (current === undefined || now >= current.start + length) {
      windows.set(key, { start: now, count: 1 })
      return 0
    }
    if (current.count < limit) {
      current.count++
      return 0
    }
    return current.start + length - now
  }

  const apply: Engine["apply"] = Effect.fnUntraced(function*(request, answer) {
    const faults: Array<string> = []
    let skew = 0
    let delay = 0
    let slow: Outcome["slow"]
    let dropAfter: number | undefined
    let wire: Wire | undefined
    rules: for (const [i, rule] of rules.entries()) {
      const when = rule.when ?? {}
      if (!holds(when, request, request.now - startedAt)) continue
      if (when.status !== undefined) {
        wire ??= yield* answer
        if (wire.status !== when.status) continue
      }
      const count = (counts[i] ?? 0) + 1
      counts[i] = count
      if (when.nth !== undefined && !when.nth.includes(count)) continue
      if (when.every !== undefined && count % when.every !== 0) continue
      if (when.probability !== undefined && unit(seed, i, count) >= when.probability) continue
      const name = rule.name ?? rule.do._tag
      const fault = rule.do
      switch (fault._tag) {
        case "Status": {
          wire = {
            status: fault.status,
            headers: {
              "content-type": fault.mediaType ?? json,
              ...retryAfterHeaders(fault.retryAfter, request.now + skew),
              ...Headers.fromInput(fault.headers)
            },
            body: fault.body ?? documentedBody(fault.status)
          }
          faults.push(name)
          break rules
        }
        case "RateLimit": {
          const left = admit(i, request.account ?? "", fault, request.now)
          if (left === 0) continue
          wire = {
            status: 429,
            headers: {
              "content-type": json,
              ...retryAfterHeaders(fault.retryAfter ?? Math.max(1, Math.ceil(left / 1000)), request.now + skew)
            },
            body: documentedBody(429)
          }
          faults.push(name)
          break rules
        }
        case "Drop": {
          faults.push(name)
          dropAfter = fault.afterBytes ?? -1
          if (fault.afterBytes === undefined) {
            wire ??= { status: 0, headers: {}, body: "" }
            break rules
          }
          continue
        }
        case "Delay": {
          delay += Duration.toMillis(fault.duration)
          break
        }
        case "SlowBody": {
          slow = fault
          break
        }
        case "ClockSkew": {
          skew = fault.by
          break
        }
        case "Body": {
          const whole: Wire = wire ?? (yield* answer)
          wire = {
            ...whole,
            headers: { ...whole.headers, "content-type": fault.mediaType ?? json },
            body: fault.body
          }
          break
        }
        case "Truncate": {
          const whole: Wire = wire ?? (yield* answer)
          wire = { ...whole, body: whole.body.slice(0, fault.bytes) }
          break
        }
        case "UnknownStatus": {
          wire = mapOperations(wire ?? (yield* answer), (operation) => ({ ...operation, status: fault.status }))
          break
        }
        case "WrongShape": {
          wire = mapOperations(wire ?? (yield* answer), (operation) => ({ ...operation, stats: "many" }))
          break
        }
        case "SameToken": {
          wire = mapPage(wire ?? (yield* answer), (page) => withNext(page, fault.token))
          break
        }
        case "TokenCycle": {
          wire = mapPage(wire ?? (yield* answer), (page) => withNext(page, cycleToken(page, fault.length)))
          break
        }
        case "EmptyPage": {
          wire = mapPage(wire ?? (yield* answer), (page) => ({ ...withNext(page, copyToken(page)), operations: [] }))
          break
        }
        case "RepeatPage": {
          wire = mapPage(wire ?? (yield* answer), (page) => withNext(page, copyToken(page)))
          break
        }
      }
      faults.push(name)
    }
    wire ??= yield* answer
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
