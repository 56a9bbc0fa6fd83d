import { type CommsError, TwilioClient, type TwilioClientOptions } from "@effect-comms/promise"
import { Emulator } from "@effect-comms/testing"
import { assert, vi } from "@effect/vitest"
import { ManagedRuntime, Redacted } from "effect"

export const credentials = {
  accountId: Emulator.defaultCredentials.accountSid,
  authToken: Redacted.value(Emulator.defaultCredentials.authToken)
}

export const unknownOperation = "comms_operation_00000000000000000000000000"

/** An emulator in this process, a client of it, and the requests so far. */
export const start = async (emulatorOptions?: Emulator.Options, options?: TwilioClientOptions) => {
  const runtime = ManagedRuntime.make(Emulator.layer(emulatorOptions))
  const emulator = await runtime.runPromise(Emulator.Emulator)
  const answer = await runtime.runPromise(Emulator.fetch)
  const requests: Array<{ readonly method: string; readonly path: string; readonly signal: AbortSignal | undefined }> =
    []
  const fetch: typeof globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    requests.push({
      method: init?.method ?? "GET",
      path: url.pathname + url.search,
      signal: init?.signal ?? undefined
    })
    return answer(input, init)
  }
  return { emulator, requests, fetch, client: new TwilioClient({ ...credentials, fetch, ...options }) }
}

/** A client whose requests get these answers in turn, the last one for all others. */
export const script = (answers: ReadonlyArray<() => Response | Promise<Response>>, options?: TwilioClientOptions) => {
  const requests: Array<{ readonly url: string; readonly init: RequestInit | undefined }> = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    requests.push({ url: String(input instanceof Request ? input.url : input), init })
    const next = answers[Math.min(requests.length, answers.length) - 1]
    return next === undefined ? Response.error() : next()
  }
  return { requests, client: new TwilioClient({ ...credentials, fetch, ...options }) }
}

export const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}) => () =>
  Response.json(body, { status, headers })

/** A request that ends when its signal aborts it. */
export const silent = (signal: AbortSignal | null | undefined) =>
  new Promise<Response>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)))

export const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Awaits a promise, moving the clock whenever nothing else moves. */
export const moving = async <A>(promise: Promise<A>, step = 50): Promise<A> => {
  let isSettled = false
  const end = () => {
    isSettled = true
  }
  promise.then(end, end)
  for (;;) {
    await settle()
    if (isSettled) return promise
    await vi.advanceTimersByTimeAsync(step)
  }
}

export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  return assert.fail("Expected a rejection")
}

/** The error, if it has the class. */
export const assertError = <E extends CommsError>(error: unknown, Class: abstract new(...args: Array<never>) => E): E =>
  error instanceof Class ? error : assert.fail(`Expected ${Class.name}, got ${String(error)}`)

export const fakeTime = () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance", "hrtime"] })
}
