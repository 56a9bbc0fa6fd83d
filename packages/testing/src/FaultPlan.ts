/**
 * Plans of the faults that the emulator injects: validated data that can be JSON, and deterministic by its seed.
 *
 * @module
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { intFrom, makeDecoder } from "@effect-comms/domain/Input"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Milliseconds } from "./internal/milliseconds.ts"

const Count = intFrom(1)

/**
 * A `Retry-After` header: a number of seconds, a date that many seconds from now, or any text.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RetryAfter = Schema.Union([
  Schema.Finite,
  Schema.Struct({ date: Schema.Finite }),
  Schema.Struct({ text: Schema.String })
])

/**
 * @category models
 * @since 0.1.0
 */
export type RetryAfter = typeof RetryAfter.Type

/**
 * A fault: what happens to an answer. Durations are milliseconds in JSON, from 0.
 *
 * **Details**
 *
 * - `Status`: answers instead of the server. `status`: range 200 to 599. `body`: default the documented envelope of the
 *   status, and for 401 and 403 the body that the emulator's `authErrors` selects. `mediaType`: default
 *   `application/json`, or that of the default body. `retryAfter`, `headers`: default none.
 * - `RateLimit`: lets `limit` requests of an account through in each `window`, and answers 429 to the others. `limit`:
 *   range from 1. `retryAfter`: default the rest of the window, in whole seconds.
 * - `Delay`: sends the answer `duration` later.
 * - `SlowBody`: sends the body in `pieces` over `duration`. `pieces`: range from 1.
 * - `Drop`: closes the connection. `afterBytes`: how much of the body is sent first. Default nothing, no header either,
 *   and then the server has processed the request only if a condition read its `status`.
 * - `Body`: replaces the body. `mediaType`: default `application/json`.
 * - `Truncate`: ends the body after `bytes` characters, as if it were complete.
 * - `UnknownStatus`: replaces the `status` of each item that has one.
 * - `WrongShape`: gives one field of each item another type: its first object, or else its id or first field. `index`:
 *   only for the item at this index of each page. Default every item. Range from 0.
 * - `SameToken`: every page names `token` as its next page, and that is the first page.
 * - `TokenCycle`: every page names the first page as its next, by `length` tokens in turn. Range from 1.
 * - `EmptyPage`: replaces a page with an empty one. The next page has its items.
 * - `RepeatPage`: makes the next page the same page again, with another token.
 * - `ClockSkew`: moves the server's clock by `by` milliseconds, in `Date` and in dates of `Retry-After`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Fault = Schema.TaggedUnion({
  Status: {
    status: intFrom(200, 599),
    body: Schema.optionalKey(Schema.String),
    mediaType: Schema.optionalKey(Schema.String),
    retryAfter: Schema.optionalKey(RetryAfter),
    headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
  },
  RateLimit: {
    limit: Count,
    window: Milliseconds,
    retryAfter: Schema.optionalKey(RetryAfter)
  },
  Delay: { duration: Milliseconds },
  SlowBody: { duration: Milliseconds, pieces: Count },
  Drop: { afterBytes: Schema.optionalKey(Schema.Natural) },
  Body: { body: Schema.String, mediaType: Schema.optionalKey(Schema.String) },
  Truncate: { bytes: Schema.Natural },
  UnknownStatus: { status: Schema.String },
  WrongShape: { index: Schema.optionalKey(Schema.Natural) },
  SameToken: { token: Schema.NonEmptyString },
  TokenCycle: { length: Count },
  EmptyPage: {},
  RepeatPage: {},
  ClockSkew: { by: Schema.Finite.annotate({ expected: "a number of milliseconds" }) }
})

/**
 * @category models
 * @since 0.1.0
 */
export type Fault = typeof Fault.Type

/**
 * The requests that a rule applies to: those that meet every condition. Each condition defaults to any request.
 *
 * **Details**
 *
 * - `path`: the beginning of the path.
 * - `call`: the call that the request belongs to, such as `MessageOperations.list`. The emulator refuses names of
 *   calls that it does not serve.
 * - `status`: the status of the server's answer. The server processes a request to know it, so a `Drop` of 202 loses
 *   the answer to a write. Put it after rules that answer instead of the server.
 * - `nth`: which of the requests that meet the conditions above, counted from 1.
 * - `every`: every nth of these requests. Range from 1.
 * - `after`, `before`: the time since the start of the emulator, in milliseconds in JSON. Range from 0.
 * - `probability`: the share of the remaining requests, picked by the seed. Range 0 to 1.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Condition = Schema.Struct({
  path: Schema.optionalKey(Schema.String),
  call: Schema.optionalKey(Schema.TemplateLiteral([Schema.String, ".", Schema.String])),
  status: Schema.optionalKey(Schema.Int),
  nth: Schema.optionalKey(Schema.Array(Count)),
  every: Schema.optionalKey(Count),
  after: Schema.optionalKey(Milliseconds),
  before: Schema.optionalKey(Milliseconds),
  probability: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }, { expected: "a probability from 0 to 1" }))
  )
})

/**
 * @category models
 * @since 0.1.0
 */
export interface Condition extends Schema.Schema.Type<typeof Condition> {}

/**
 * A rule: a fault, and the requests it applies to.
 *
 * **Details**
 *
 * All rules that apply to a request take effect, in order. One that answers instead of the server, or closes the
 * connection before an answer, is the last. The server has not processed its request, unless a condition read `status`.
 *
 * - `name`: how reports name the rule. Default the tag of its fault.
 * - `when`: default every request.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rule = Schema.Struct({
  name: Schema.optionalKey(Schema.String),
  when: Schema.optionalKey(Condition),
  do: Fault
})

/**
 * @category models
 * @since 0.1.0
 */
export interface Rule extends Schema.Schema.Type<typeof Rule> {}

/**
 * A plan of faults.
 *
 * **Details**
 *
 * The emulator and {@link fromJson} refuse unknown fields, because a misspelled condition would apply to every request.
 *
 * - `seed`: determines the requests that `probability` picks. Default 0. Range: safe integers.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FaultPlan = Schema.Struct({
  seed: Schema.optionalKey(Schema.Int),
  rules: Schema.Array(Rule)
})

/**
 * @category models
 * @since 0.1.0
 */
export interface FaultPlan extends Schema.Schema.Type<typeof FaultPlan> {}

/**
 * A plan as JSON text.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FaultPlanFromJson = Schema.fromJsonString(Schema.toCodecJson(FaultPlan))

/**
 * Reads a plan from JSON text.
 *
 * **Details**
 *
 * A mistake, which can be an unknown field, fails with `InvalidInput`, which names the field.
 *
 * **Example** (Read the plan of a file)
 *
 * ```ts
 * import { FaultPlan } from "@effect-comms/testing"
 * import { Effect } from "effect"
 *
 * export const plan = Effect.runSync(FaultPlan.fromJson(`{
 *   "rules": [{ "when": { "every": 3 }, "do": { "_tag": "Status", "status": 429, "retryAfter": 2 } }]
 * }`))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromJson: (text: string) => Effect.Effect<FaultPlan, CommsError.InvalidInput> = makeDecoder(
  "FaultPlan.fromJson",
  "plan",
  FaultPlanFromJson,
  "error"
)

/**
 * No faults.
 *
 * @category presets
 * @since 0.1.0
 */
export const calm: FaultPlan = { rules: [] }

/**
 * Lets ten requests a second of each account through. The others get 429 with `Retry-After`.
 *
 * @category presets
 * @since 0.1.0
 */
export const rateLimited: FaultPlan = {
  rules: [{ name: "ten a second", do: { _tag: "RateLimit", limit: 10, window: Duration.seconds(1) } }]
}

/**
 * One request in ten gets 429, 409 or 503 with `Retry-After`, and one in fifty a dropped connection or a gateway's 502.
 * One in twenty is slow.
 *
 * @category presets
 * @since 0.1.0
 */
export const flaky: FaultPlan = {
  rules: [
    { name: "busy", when: { probability: 0.04 }, do: { _tag: "Status", status: 429, retryAfter: 1 } },
    { name: "conflict", when: { probability: 0.03 }, do: { _tag: "Status", status: 409, retryAfter: 1 } },
    { name: "unavailable", when: { probability: 0.03 }, do: { _tag: "Status", status: 503, retryAfter: { date: 2 } } },
    { name: "broken", when: { probability: 0.01 }, do: { _tag: "Drop" } },
    { name: "broken body", when: { probability: 0.005 }, do: { _tag: "Drop", afterBytes: 20 } },
    {
      name: "gateway",
      when: { probability: 0.005 },
      do: { _tag: "Status", status: 502, body: "<html><h1>502 Bad Gateway</h1></html>", mediaType: "text/html" }
    },
    { name: "slow", when: { probability: 0.05 }, do: { _tag: "Delay", duration: Duration.millis(250) } }
  ]
}

/**
 * Answers 503 with `Retry-After: 5` to every request from the 10th second to the 70th.
 *
 * @category presets
 * @since 0.1.0
 */
export const outage: FaultPlan = {
  rules: [{
    name: "outage",
    when: { after: Duration.seconds(10), before: Duration.seconds(70) },
    do: { _tag: "Status", status: 503, retryAfter: 5 }
  }]
}

/**
 * {@link flaky} with a wrong clock, invalid `Retry-After` headers, empty pages, undocumented statuses and slow bodies.
 * A client that retries still gets everything.
 *
 * @category presets
 * @since 0.1.0
 */
export const hostile: FaultPlan = {
  rules: [
    { name: "skewed", do: { _tag: "ClockSkew", by: -90_000 } },
    ...flaky.rules,
    {
      name: "nonsense",
      when: { probability: 0.02 },
      do: { _tag: "Status", status: 503, retryAfter: { text: "soon" } }
    },
    { name: "negative", when: { probability: 0.02 }, do: { _tag: "Status", status: 429, retryAfter: -1 } },
    { name: "empty page", when: { probability: 0.05 }, do: { _tag: "EmptyPage" } },
    { name: "unknown status", when: { probability: 0.05 }, do: { _tag: "UnknownStatus", status: "PAUSED" } },
    {
      name: "slow body",
      when: { probability: 0.05 },
      do: { _tag: "SlowBody", duration: Duration.millis(200), pieces: 4 }
    }
  ]
}

/**
 * The presets by name.
 *
 * @category presets
 * @since 0.1.0
 */
export const presets: { readonly [name in Preset]: FaultPlan } = {
  calm,
  "rate-limited": rateLimited,
  flaky,
  outage,
  hostile
}

/**
 * The names of the presets.
 *
 * @category presets
 * @since 0.1.0
 */
export const presetNames = ["calm", "rate-limited", "flaky", "outage", "hostile"] as const

/**
 * The name of a preset.
 *
 * @category presets
 * @since 0.1.0
 */
export type Preset = (typeof presetNames)[number]
