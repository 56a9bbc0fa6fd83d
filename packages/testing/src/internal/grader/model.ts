// The types that the scenarios and the stage share with `Grader`.
import type * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"

/**
 * The server that a graded client calls.
 *
 * **Details**
 *
 * In process, only `fetch` and `httpClient` reach the emulator, for any host. On a port, they are the platform's own,
 * and `baseUrl` is enough.
 *
 * @category models
 * @since 0.1.0
 */
export interface Target {
  /** The URL to which paths such as `/v1/...` are appended. */
  readonly baseUrl: string
  readonly credentials: {
    readonly accountSid: string
    readonly authToken: Redacted.Redacted<string>
  }
  readonly fetch: typeof globalThis.fetch
  readonly httpClient: HttpClient.HttpClient
  /** The ids of all operations: those that are fetched, and those that a list must return. */
  readonly operationIds: ReadonlyArray<string>
}

/**
 * The part of a client's operation that the grader reads.
 *
 * @category models
 * @since 0.1.0
 */
export interface Identified {
  readonly id: string
}

/**
 * The calls of a graded client.
 *
 * **Details**
 *
 * Each may return an effect, which can be interrupted, or a promise, whose signal can be aborted and which ends when it
 * settles. A call that throws has failed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Calls {
  /** Fetches one operation. */
  readonly fetchOperation: (
    id: string,
    signal: AbortSignal
  ) => Effect.Effect<Identified, unknown> | PromiseLike<Identified>
  /** Lists all operations, in pages of 50, the API's default. */
  readonly listOperations: (signal: AbortSignal) =>
    | Stream.Stream<Identified, unknown>
    | Effect.Effect<ReadonlyArray<Identified>, unknown>
    | AsyncIterable<Identified>
    | PromiseLike<ReadonlyArray<Identified>>
  /**
   * Creates a SenderPool with this name and without Senders. Default none, and then the scenarios of writes are left
   * out. The call may read to find out what became of a lost answer.
   */
  readonly createSenderPool?:
    | ((name: string, signal: AbortSignal) => Effect.Effect<unknown, unknown> | PromiseLike<unknown>)
    | undefined
}

/**
 * The names of the scenarios that only read. `Grader.describe` explains each.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ReadScenario = Schema.Literals([
  "retryAfter429",
  "retryAfter503",
  "retryAfter409",
  "retryAfter12",
  "retryAfter90",
  "retryAfterDate",
  "retryAfterDateFast",
  "retryAfterDateSlow",
  "retryAfterNone",
  "retryAfterNegative",
  "retryAfterText",
  "retryAfterPast",
  "interrupted",
  "internalServerError",
  "badRequest",
  "notFound",
  "dropped",
  "gatewayPage",
  "outage",
  "truncated",
  "unknownStatus",
  "sameToken",
  "tokenCycle",
  "emptyPage",
  "repeatedPage",
  "sixtyAtOnce"
])

/**
 * The names of the scenarios that create a SenderPool. `Grader.describe` explains each.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WriteScenario = Schema.Literals([
  "createRetryAfter429",
  "createRetryAfter409",
  "createRetryAfter503",
  "createInternalServerError",
  "createNotReceived",
  "createLost",
  "createBroken",
  "createGatewayPage",
  "createTruncated"
])

/**
 * The names of all scenarios.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Scenario = Schema.Literals([...ReadScenario.literals, ...WriteScenario.literals])

/**
 * @category models
 * @since 0.1.0
 */
export type Scenario = typeof Scenario.Type
