/**
 * How the emulator misbehaves, as data that is checked, can be written as JSON, and does the same for the same seed.
 *
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { intFrom, makeDecoder } from "@effect-comms/domain/Input"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { notNegative } from "./internal/notNegative.ts"

const Milliseconds = Schema.DurationFromMillis.check(notNegative)

const Count = intFrom(1)

/**
 * What an answer says in `Retry-After`: a number of seconds, a date so many seconds from now, or any text.
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
 * What is done to an answer.
 *
 * **Details**
 *
 * - `Status`: the request is not processed, and this is answered. Without a `body`, the documented envelope.
 * - `RateLimit`: so many requests of an account in a window are let through; the others get a 429 that says when the
 *   window is over, in whole seconds. `retryAfter` says something else instead.
 * - `Delay`: the answer comes later. `SlowBody`: its body comes in so many pieces over a time.
 * - `Drop`: the connection is closed, before the answer or after so many bytes of its body.
 * - `Body`: the answer has another body. `Truncate`: only so many bytes of it, as if they were all.
 * - `UnknownStatus`: operations have this status. `WrongShape`: a field of each is of another type.
 * - `SameToken`: every page gives this next token. `TokenCycle`: they give so many in turn.
 * - `EmptyPage`: the page has nothing in it, and the next one what it had. `RepeatPage`: the page comes once more.
 * - `ClockSkew`: the server's clock, as `Date` and dates in `Retry-After` tell, is off by a time.
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
  WrongShape: {},
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
 * Which requests a rule is for. Every condition that is given must hold.
 *
 * **Details**
 *
 * - `path`: the path begins with it.
 * - `call`: the method that the request is from, such as `SenderPoolOperations.list`.
 * - `status`: what the answer would be without faults.
 * - `nth`: the so-manieth requests that the conditions above let through, counted from 1. `every`: each so-manieth.
 * - `after`, `before`: the time since the emulator started, in milliseconds when it is JSON.
 * - `probability`: that share of the requests that are left, at random by the plan's seed.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Condition = Schema.Struct({
  path: Schema.optionalKey(Schema.String),
  call: Schema.optionalKey(Schema.Literals(["SenderPoolOperations.fetch", "SenderPoolOperations.list"])),
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
 * A rule: for which requests, and what is done. Of the rules that hold for a request, all do their part, in order; the
 * first that answers it in the server's stead is the last to be asked.
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
 * A plan as JSON text, as in a file.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FaultPlanFromJson = Schema.fromJsonString(Schema.toCodecJson(FaultPlan))

/**
 * Reads a plan from JSON text, such as a file's.
 *
 * **Details**
 *
 * Durations are in milliseconds. What is wrong fails with `InvalidInput`, which names the path; so does a field that is
 * not known, since a condition with a typing error would hold for every request.
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
 * Nothing goes wrong.
 *
 * @category presets
 * @since 0.1.0
 */
export const calm: FaultPlan = { rules: [] }

/**
 * Ten requests a second for each account; the others get 429 and a Retry-After of the seconds that are left.
 *
 * @category presets
 * @since 0.1.0
 */
export const rateLimited: FaultPlan = {
  rules: [{ name: "ten a second", do: { _tag: "RateLimit", limit: 10, window: Duration.seconds(1) } }]
}

/**
 * One request in ten gets a 429, 409 or 503 with Retry-After, one in fifty a broken connection or a gateway's 502.
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
 * From the tenth second to the seventieth every request gets a 503, with a Retry-After of five seconds.
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
 * What {@link flaky} does, with a clock that is wrong, a Retry-After that makes no sense, empty and repeated pages, and
 * statuses that the contract does not know. A client that retries and skips duplicates still gets everything.
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
 * The presets by the names that a command line or a file gives them.
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

/**
 * The documented text and code of a status, for an answer that stands in for the server's own.
 *
 * @category constants
 * @since 0.1.0
 */
export const documentedErrors: { readonly [status in CommsError.StatusError["status"]]: readonly [number, string] } = {
  400: [20001, "Bad request."],
  401: [20003, "Authenticate."],
  403: [20403, "Forbidden."],
  404: [20404, "The resource was not found."],
  409: [77701, "Account not ready. Please retry according to the Retry-After response header."],
  429: [20429, "Too many requests. Please retry according to the Retry-After response header."],
  500: [20500, "Internal server error."],
  503: [20503, "Service unavailable."]
}
