/**
 * Puts a client, this project's or any other, through what an API does to it, and says what it did well and what not.
 *
 * **Details**
 *
 * A scenario is an emulator with a plan of faults, a call, and a verdict on the requests that came and on what the call
 * ended with. Time is Effect's `Clock`: for a client that keeps to it too, `TestClock` makes hours of waiting take
 * milliseconds. On the real clock a grade takes 33 seconds, which is its longest scenario.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Calls, Scenario, type Target } from "./internal/grader/model.ts"
import { scenarios } from "./internal/grader/scenarios.ts"
import * as Stage from "./internal/grader/stage.ts"
import { pad, seconds } from "./internal/table.ts"

export { type Calls, type Identified, Scenario, type Target } from "./internal/grader/model.ts"

/**
 * What the server does in a scenario, and what a client should do.
 *
 * @category scenarios
 * @since 0.1.0
 */
export const describe = (scenario: Scenario): { readonly given: string; readonly expected: string } => {
  const { expected, given } = scenarios[scenario]
  return { given, expected }
}

/**
 * The verdict on one scenario.
 *
 * **Details**
 *
 * - `given`: what the server does. `expected`: what a client should do. `observed`: what it did, in words.
 * - `after`: the time from the first answer to its repeat, where there was one and it matters.
 * - `requests`: how many the client sent.
 *
 * @category models
 * @since 0.1.0
 */
export class Row extends Schema.Class<Row>("@effect-comms/testing/Grader/Row")({
  scenario: Scenario,
  given: Schema.String,
  expected: Schema.String,
  passed: Schema.Boolean,
  observed: Schema.String,
  after: Schema.optionalKey(Schema.DurationFromMillis),
  requests: Schema.Int
}) {}

/**
 * The verdicts on a client, and how many of them are good and bad.
 *
 * @category models
 * @since 0.1.0
 */
export class Grade extends Schema.Class<Grade>("@effect-comms/testing/Grader/Grade")({
  rows: Schema.Array(Row),
  passed: Schema.Int,
  failed: Schema.Int
}) {}

/**
 * A grade as JSON text.
 *
 * @category schemas
 * @since 0.1.0
 */
export const GradeFromJson = Schema.fromJsonString(Schema.toCodecJson(Grade))

/**
 * How a client is graded; every field has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * How the client reaches the emulator: in process, or on a port of the loopback interface, which needs
   * `@effect/platform-node`. Default `process`.
   */
  readonly transport?: "process" | "port" | undefined
  /** How many scenarios run at once. Default `unbounded`. */
  readonly concurrency?: number | "unbounded" | undefined
  /** Which scenarios. Default all of them. */
  readonly scenarios?: ReadonlyArray<Scenario> | undefined
  /**
   * Whether somebody makes the calls by hand, and takes the time that this takes: a call is waited for until its effect or
   * promise ends, and a wait is measured from the first request on. `interrupted` and `sixtyAtOnce` are not for hands.
   * Default false.
   */
  readonly attended?: boolean | undefined
}

/**
 * Grades a client.
 *
 * **Details**
 *
 * The client is made anew for each scenario, before any of them begins. It may be made by an effect, whose scope ends
 * with the grading: build a layer in it, since one that is provided ends before the first call. A call that does not end is
 * given up, and is a bad verdict: the grader itself ends always, but for calls that are attended to and never end.
 *
 * **Example** (Grading a client)
 *
 * ```ts
 * import { CommsClient, SenderPoolOperations } from "@effect-comms/client"
 * import { Grader } from "@effect-comms/testing"
 * import { Console, Context, Effect, Layer } from "effect"
 * import { HttpClient } from "effect/http"
 *
 * const makeClient = Effect.fnUntraced(function*({ baseUrl, credentials, httpClient }: Grader.Target) {
 *   const context = yield* Layer.build(
 *     SenderPoolOperations.layer.pipe(
 *       Layer.provide(CommsClient.layer({ baseUrl, credentials })),
 *       Layer.provide(Layer.succeed(HttpClient.HttpClient, httpClient))
 *     )
 *   )
 *   const operations = Context.get(context, SenderPoolOperations.SenderPoolOperations)
 *   return { fetchOperation: operations.fetch, listOperations: () => operations.stream() }
 * })
 *
 * export const program = Grader.gradeClient(makeClient).pipe(
 *   Effect.flatMap((grade) => Console.log(Grader.toTable(grade)))
 * )
 * ```
 *
 * @category grading
 * @since 0.1.0
 */
export const gradeClient = Effect.fnUntraced(function*<E = never, R = never>(
  makeClient: (target: Target) => Calls | Effect.Effect<Calls, E, R>,
  options?: Options
): Effect.fn.Return<Grade, E, Exclude<R, Scope.Scope>> {
  const { attended = false, concurrency = "unbounded", transport = "process" } = options ?? {}
  const names = options?.scenarios ?? Scenario.literals
  const rows = yield* Effect.scoped(Effect.gen(function*() {
    const staged = yield* Effect.forEach(names, (name) => {
      const { operations, requests, rules } = scenarios[name]
      return Effect.map(
        Stage.make(makeClient, { attended, faults: { rules }, operations, requests, transport }),
        (stage) => ({ name, stage })
      )
    })
    const start = yield* Clock.currentTimeMillis
    return yield* Effect.forEach(
      staged,
      Effect.fnUntraced(function*({ name, stage }, index) {
        const { expected, given, run } = scenarios[name]
        const now = yield* Clock.currentTimeMillis
        yield* Effect.sleep(Math.max(0, start + index * stagger - now))
        const verdict = yield* Effect.scoped(run(stage))
        const requests = stage.seen.length
        // What never asks the server does none of what it should not do.
        const idle = verdict.passed && requests === 0
          ? { passed: false, observed: `${verdict.observed}, and sent nothing` }
          : {}
        return new Row({ scenario: name, given, expected, ...verdict, ...idle, requests })
      }),
      { concurrency }
    )
  }))
  const passed = rows.filter((row) => row.passed).length
  return new Grade({ rows, passed, failed: rows.length - passed })
})

// In milliseconds. First requests that begin together slow each other down, and what is slow looks like a back-off.
const stagger = 20

/**
 * A grade as a table for people: a line a scenario, and the sum below.
 *
 * @category formatting
 * @since 0.1.0
 */
export const toTable = ({ failed, passed, rows }: Grade): string =>
  [
    pad([
      ["", "given", "expected", "observed", "after", "requests"],
      ...rows.map((row) => [
        row.passed ? "pass" : "FAIL",
        row.given,
        row.expected,
        row.observed,
        seconds(row.after),
        String(row.requests)
      ])
    ]),
    "",
    `${passed} of ${passed + failed} passed`
  ].join("\n")
