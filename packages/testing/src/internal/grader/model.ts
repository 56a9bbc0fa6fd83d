// The types that the scenarios and the stage share with `Grader`.
import type * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"

/**
 * What a client is given to talk to an emulator. It takes what it can use.
 *
 * **Details**
 *
 * In process, the emulator answers `fetch` and `httpClient`, whatever the host, and nobody else. On a port, they are the
 * platform's own, and `baseUrl` is enough.
 *
 * @category models
 * @since 0.1.0
 */
export interface Target {
  /** Without a path and a slash at its end: `/v1` comes after it. */
  readonly baseUrl: string
  readonly credentials: {
    readonly accountSid: string
    readonly authToken: Redacted.Redacted<string>
  }
  readonly fetch: typeof globalThis.fetch
  readonly httpClient: HttpClient.HttpClient
  /** The ids of the operations that there are: those that are fetched, and those that a list should give. */
  readonly operationIds: ReadonlyArray<string>
}

/**
 * What is looked at of an operation that a client gives.
 *
 * @category models
 * @since 0.1.0
 */
export interface Identified {
  readonly id: string
}

/**
 * The calls of a client that is graded.
 *
 * **Details**
 *
 * Each may give an effect, which is interrupted, or a promise, whose signal is aborted: it counts as ended when it
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
  /** Lists all operations, in pages of 50, which is what the API gives when no size is asked for. */
  readonly listOperations: (signal: AbortSignal) =>
    | Stream.Stream<Identified, unknown>
    | Effect.Effect<ReadonlyArray<Identified>, unknown>
    | AsyncIterable<Identified>
    | PromiseLike<ReadonlyArray<Identified>>
}

/**
 * The scenarios by name.
 *
 * **Details**
 *
 * - `retryAfter429`, `retryAfter503`, `retryAfter409`, `retryAfter12`: the wait is kept, and then it is repeated.
 * - `retryAfter90`: it waits, or fails at once, and retries nothing early.
 * - `retryAfterDate`, `retryAfterDateFast`, `retryAfterDateSlow`: a date is kept, also when the server's clock is off.
 * - `retryAfterNone`, `retryAfterNegative`, `retryAfterText`, `retryAfterPast`: what asks for no wait, or for none that
 *   makes sense, is repeated after one of the client's own.
 * - `interrupted`: a wait ends at once when it is interrupted, and nothing is sent after it.
 * - `internalServerError`, `badRequest`, `notFound`: not repeated.
 * - `dropped`, `gatewayPage`, `truncated`, `unknownStatus`: broken answers are repeated or fail, and an operation whose
 *   status is not documented is still an operation.
 * - `outage`: repeating has an end.
 * - `sameToken`, `tokenCycle`: a list that cannot end is noticed. `emptyPage`, `repeatedPage`: one that can is listed.
 * - `sixtyAtOnce`: sixty calls at once share a limit of ten a second.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Scenario = Schema.Literals([
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
 * @category models
 * @since 0.1.0
 */
export type Scenario = typeof Scenario.Type
