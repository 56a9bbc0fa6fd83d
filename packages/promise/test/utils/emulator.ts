import { type CommsError, TwilioClient, type TwilioClientOptions } from "@effect-comms/promise"
import { Emulator } from "@effect-comms/testing"
import { assert } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as Bridge from "../../src/internal/bridge.ts"
import { makeLayer } from "../../src/internal/layer.ts"
import { makeResources } from "../../src/internal/resources.ts"

export const credentials = {
  accountId: Emulator.defaultCredentials.accountSid,
  authToken: Redacted.value(Emulator.defaultCredentials.authToken)
}

export const unknownOperation = "comms_operation_00000000000000000000000000"

export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: string
  readonly signal: AbortSignal
}

type Answer = (request: Request) => Response | Promise<Response>

/** A `fetch` that records its requests. */
export const recording = (answer: Answer) => {
  const sent: Array<Sent> = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const { pathname, search } = new URL(request.url)
    sent.push({
      method: request.method,
      path: pathname + search,
      headers: request.headers,
      body: await request.clone().text(),
      signal: request.signal
    })
    return answer(request)
  }
  return { sent, fetch }
}

/** A client of the emulator in this process, and its requests. */
export const clientOf = Effect.fnUntraced(function*(options?: TwilioClientOptions) {
  const { fetch, sent } = recording(yield* Emulator.fetch)
  return { sent, fetch, client: new TwilioClient({ ...credentials, fetch, ...options }) }
})

/** A client whose requests get these answers in turn, the last one for all others. */
export const script = (answers: readonly [Answer, ...Array<Answer>], options?: TwilioClientOptions) => {
  const { fetch, sent } = recording((request) =>
    (answers[sent.length - 1] ?? answers[answers.length - 1] ?? json({}))(request)
  )
  return { sent, client: new TwilioClient({ ...credentials, fetch, ...options }) }
}

/** The methods of a client on the test's clock. */
export const connect = Effect.fnUntraced(function*(options: TwilioClientOptions) {
  const clock = yield* Clock.Clock
  return makeResources(
    Bridge.make(Layer.merge(makeLayer({ ...credentials, ...options }), Layer.succeed(Clock.Clock, clock)))
  )
})

export const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer => () =>
  Response.json(body, { status, headers })

/** A request that ends when its signal aborts it. */
export const silent: Answer = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))

const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Lets promises do what they can without time. */
export const settle = Effect.repeat(turn, { times: 20 })

/** Awaits a promise, moving the clock whenever nothing else moves. */
export const moving = Effect.fnUntraced(function*<A>(run: () => Promise<A>) {
  const fiber = yield* Effect.forkChild(Effect.promise(run))
  for (;;) {
    yield* settle
    if (fiber.pollUnsafe() !== undefined) return yield* Fiber.join(fiber)
    yield* TestClock.adjust("50 millis")
  }
})

export const call = <A>(run: () => PromiseLike<A>) => Effect.promise(run)

/** Resolves to the error of a promise. */
export const rejected = async (run: () => PromiseLike<unknown>): Promise<unknown> => {
  try {
    await run()
  } catch (error) {
    return error
  }
  return assert.fail("Expected a rejection")
}

/** The error of a promise. */
export const rejection = (run: () => PromiseLike<unknown>) => Effect.promise(() => rejected(run))

/** The error, if it has the class. */
export const assertError = <E extends CommsError>(
  error: unknown,
  Class: abstract new(name: string, message: string) => E
): E => error instanceof Class ? error : assert.fail(`Expected ${Class.name}, got ${String(error)}`)
