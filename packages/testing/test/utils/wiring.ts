import { CommsClient, RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import type { CommsError } from "@effect-comms/domain"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { assert } from "@effect/vitest"
import { Context, type Duration, Effect, Fiber, Layer, Redacted } from "effect"
import { FetchHttpClient, HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import "./limits.ts"

/** Where the emulator under test answers. */
export class Target extends Context.Service<Target, { readonly url: string }>()("@effect-comms/testing/test/Target") {}

export type Services =
  | Emulator.Emulator
  | Target
  | HttpClient.HttpClient
  | SenderPoolOperations.SenderPoolOperations

/** An emulator, and the client wired to it in one of the ways. */
export type Wiring = (
  options?: Emulator.Options,
  emulator?: Layer.Layer<Emulator.Emulator, CommsError.InvalidInput>
) => Layer.Layer<Services, CommsError.InvalidInput>

/** A client with the digests of its identity. They take real time, in which a test would move its clock too far. */
export const withIdentity = <E, R>(client: Layer.Layer<CommsClient.CommsClient, E, R>) =>
  Layer.tap(client, (context) => Context.get(context, CommsClient.CommsClient).identity)

const operations = SenderPoolOperations.layer.pipe(
  Layer.provide(
    Layer.unwrap(
      Effect.map(
        Target,
        ({ url }) => withIdentity(CommsClient.layer({ baseUrl: url, credentials: Emulator.defaultCredentials }))
      )
    )
  )
)

export const inProcess: Wiring = (options, emulator = Emulator.layer(options)) =>
  operations.pipe(
    Layer.provideMerge([Emulator.layerHttpClient, Layer.succeed(Target, { url: Emulator.baseUrl })]),
    Layer.provideMerge(emulator)
  )

export const onPort: Wiring = (options, emulator = Emulator.layer(options)) =>
  operations.pipe(
    Layer.provideMerge([
      FetchHttpClient.layer,
      Layer.effect(Target, Effect.map(Emulator.Address, ({ url }) => ({ url }))).pipe(
        Layer.provide(Emulator.layerServer())
      )
    ]),
    Layer.provideMerge(emulator)
  )

export const rules = (...rules: ReadonlyArray<FaultPlan.Rule>): Emulator.Options => ({ faults: { rules } })

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export const get = Effect.fnUntraced(function*(path: string, options?: {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
  /** The media type of the body. Default `application/json`. Null sends none. */
  readonly mediaType?: string | null | undefined
  readonly anonymous?: boolean | undefined
}) {
  const { url } = yield* Target
  const { accountSid, authToken } = Emulator.defaultCredentials
  const bare = HttpClientRequest.make(options?.method ?? "GET")(url + path, { headers: options?.headers })
  const request = options?.body === undefined
    ? bare
    : options.mediaType === null
    ? HttpClientRequest.setBody(bare, HttpBody.raw(new Blob([options.body])))
    : HttpClientRequest.bodyText(bare, options.body, options.mediaType ?? "application/json")
  const response = yield* HttpClient.execute(
    options?.anonymous === true ? request : HttpClientRequest.basicAuth(
      request,
      options?.username ?? accountSid,
      options?.password ?? Redacted.value(authToken)
    )
  )
  const answer: Answer = {
    status: response.status,
    headers: Object.fromEntries(Object.entries(response.headers)),
    body: yield* response.text
  }
  return answer
})

export const listPath = "/v1/SenderPools/Operations"

export const fetchPath = (id: string) => `${listPath}/${id}`

const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Lets sockets do what they can without time. */
export const settle = Effect.repeat(turn, { times: 20 })

/** Runs an effect to its end, moving the clock whenever nothing else moves. */
export const moving = <A, E, R>(effect: Effect.Effect<A, E, R>, step: Duration.Input = "50 millis") =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    for (;;) {
      yield* settle
      if (fiber.pollUnsafe() !== undefined) return yield* Fiber.join(fiber)
      yield* TestClock.adjust(step)
    }
  })

/** Calls are made once. */
export const once = Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none)

export const assertTag = <E extends { readonly _tag: string }, Tag extends E["_tag"]>(
  error: E,
  tag: Tag
): Extract<E, { readonly _tag: Tag }> => {
  const isTagged = (error: E): error is Extract<E, { readonly _tag: Tag }> => error._tag === tag
  if (isTagged(error)) return error
  return assert.fail(`Expected ${tag}, got ${error._tag}`)
}
