/**
 * Grades how well a client, this one or any other, handles the faults of the API.
 *
 * **Details**
 *
 * A scenario is an emulator with a plan of faults, one call, and a verdict on the client's requests and on the result.
 * Time is Effect's `Clock`, so `TestClock` removes the waiting of clients that use it too. On the real clock a grade
 * takes 33 seconds, the time of its longest scenario.
 *
 * @module
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Calls, Scenario, type Target, WriteScenario } from "./internal/grader/model.ts"
import { scenarios } from "./internal/grader/scenarios.ts"
import * as Stage from "./internal/grader/stage.ts"
import { pad, seconds } from "./internal/table.ts"

export {
  type Calls,
  type Identified,
  ReadScenario,
  Scenario,
  type Target,
  WriteScenario
} from "./internal/grader/model.ts"

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
 * - `given`: what the server does. `expected`: what a client should do. `observed`: what the client did.
 * - `after`: the time from the first answer to its retry, if that matters.
 * - `requests`: the number of requests that the client sent.
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
 * The verdicts on a client, and the numbers of those that passed and failed.
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
 * How a client is graded. Every option has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How the client reaches the emulator. `port` needs `@effect/platform-node`. Default `process`. */
  readonly transport?: "process" | "port" | undefined
  /** How many scenarios run at once. Default `unbounded`. Range from 1. */
  readonly concurrency?: number | "unbounded" | undefined
  /** The scenarios to run. Default all, without those of writes for a client that has no `createSenderPool`. */
  readonly scenarios?: ReadonlyArray<Scenario> | undefined
  /**
   * Whether a person makes the calls, so that they have no time limit. The scenarios `interrupted` and `sixtyAtOnce`
   * cannot be attended. Default false.
   */
  readonly attended?: boolean | undefined
}

/**
 * Grades a client.
 *
 * **Details**
 *
 * Each scenario gets its own client, and all clients are made before the first scenario. An effect can make the client,
 * in a scope that lasts as long as the grading: build its layers in that scope. A call that does not end in time fails
 * its scenario, unless it is attended. Times count from the client's first request, which it must send within a minute.
 *
 * **Example** (Grading a client)
 *
 * ```ts
 * import { CommsClient, SenderPoolOperations, SenderPools } from "@effect-comms/client"
 * import { Grader } from "@effect-comms/testing"
 * import { Console, Context, Effect, Layer } from "effect"
 * import { HttpClient } from "effect/http"
 *
 * const makeClient = Effect.fnUntraced(function*({ baseUrl, credentials, httpClient }: Grader.Target) {
 *   const context = yield* Layer.build(
 *     Layer.merge(SenderPoolOperations.layer, SenderPools.layer).pipe(
 *       Layer.provide(CommsClient.layer({ baseUrl, credentials })),
 *       Layer.provide(Layer.succeed(HttpClient.HttpClient, httpClient))
 *     )
 *   )
 *   const operations = Context.get(context, SenderPoolOperations.SenderPoolOperations)
 *   const pools = Context.get(context, SenderPools.SenderPools)
 *   return {
 *     fetchOperation: operations.fetch,
 *     listOperations: () => operations.stream(),
 *     createSenderPool: (name: string) => pools.create({ name })
 *   }
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
    const run = options?.scenarios === undefined
      ? staged.filter(({ name, stage }) => !isWrite(name) || stage.createSenderPool !== undefined)
      : staged
    return yield* Effect.forEach(
      run,
      Effect.fnUntraced(function*({ name, stage }, index) {
        const { expected, given, run } = scenarios[name]
        const now = yield* Clock.currentTimeMillis
        yield* Effect.sleep(Math.max(0, start + index * stagger - now))
        const verdict = yield* Effect.scoped(run(stage))
        const requests = stage.seen.length
        // A client that sends nothing would pass every scenario that forbids something.
        const isIdle = verdict.passed && requests === 0
        return new Row({
          scenario: name,
          given,
          expected,
          passed: verdict.passed && !isIdle,
          observed: isIdle ? `${verdict.observed}, and sent nothing` : verdict.observed,
          ...(verdict.after === undefined ? {} : { after: Duration.millis(verdict.after) }),
          requests
        })
      }),
      { concurrency }
    )
  }))
  const passed = rows.filter((row) => row.passed).length
  return new Grade({ rows, passed, failed: rows.length - passed })
})

const isWrite = Schema.is(WriteScenario)

// In milliseconds. First requests at the same time would slow each other down, which would look like a back-off.
const stagger = 20

/**
 * A grade as a text table: one line for each scenario, and the totals.
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
