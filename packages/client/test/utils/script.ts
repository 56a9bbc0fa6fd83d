import { Comms, type CommsClient, RetryPolicy, SenderPoolOperations } from "@effect-comms/client"
import { assert } from "@effect/vitest"
import { Clock, Context, type Duration, Effect, Layer, Random, Redacted, Ref, Tracer } from "effect"
import { type Headers, HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"

export const id = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"

export const operation = {
  id,
  status: "COMPLETED",
  stats: { total: 1, queued: 0, created: 1, failed: 0 },
  createdAt: "2024-04-05T06:20:00Z",
  updatedAt: "2024-04-05T06:20:00Z"
}

export const credentials = { accountSid: "AC0123456789", authToken: Redacted.make("s3cr3t-t0ken") }

export const url = `https://comms.twilio.com/v1/SenderPools/Operations/${id}`

/** The server's response to one request. */
export type Answer = (
  request: HttpClientRequest.HttpClientRequest
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

export const answer = (
  status: number,
  body?: ConstructorParameters<typeof Response>[0],
  headers?: Readonly<Record<string, string>>
): Answer =>
(request) =>
  Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(body ?? null, { status, headers: headers ?? {} })))

export const json = (body: unknown, status = 200, headers?: Readonly<Record<string, string>>): Answer =>
  answer(status, JSON.stringify(body), { "content-type": "application/json", ...headers })

export const html = (status: number, body: string, headers?: Readonly<Record<string, string>>): Answer =>
  answer(status, body, { "content-type": "text/html; charset=utf-8", ...headers })

export const refused = (status: number, headers?: Readonly<Record<string, string>>): Answer =>
  json({ errors: [{ code: 20000 + status, message: "No.", infoUrl: "/docs", context: null }] }, status, headers)

export const page = (ids: ReadonlyArray<string>, next: string | null, self = "self"): Answer =>
  json({ operations: ids.map((id) => ({ ...operation, id })), pagination: { next, self } })

export const lost = (cause: unknown): Answer => (request) =>
  Effect.fail(
    new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
  )

export const silent: Answer = () => Effect.never

/** A response whose body does not end. */
export const endless: Answer = (request) =>
  answer(200, new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([123])) }))(request)

export interface SentRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers.Headers
  /** The text of the body, absent if there is none. */
  readonly body?: string
  readonly at: number
}

export class Sent extends Context.Service<Sent, Ref.Ref<ReadonlyArray<SentRequest>>>()(
  "@effect-comms/client/test/Sent"
) {}

export const sent = Effect.flatMap(Sent, Ref.get)

export const sentCount = Effect.map(sent, (sent) => sent.length)

export const sentAt = Effect.map(sent, (sent) => sent.map(({ at }) => at))

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest) =>
  body._tag === "Uint8Array" ? { body: new TextDecoder().decode(body.body) } : {}

/** An `HttpClient` that sends answer n to request n, and dies on a request beyond the script. */
export const layerHttp = (answers: ReadonlyArray<Answer>): Layer.Layer<HttpClient.HttpClient | Sent> =>
  Layer.effectContext(Effect.gen(function*() {
    const sent = yield* Ref.make<ReadonlyArray<SentRequest>>([])
    const client = HttpClient.make((request, url) =>
      Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const { length } = yield* Ref.getAndUpdate(
          sent,
          (sent) => [...sent, { method: request.method, url, headers: request.headers, ...bodyOf(request), at }]
        )
        const answer = answers[length]
        return yield* answer === undefined ? Effect.die(`Request ${length + 1} is not in the script`) : answer(request)
      })
    )
    return Context.make(HttpClient.HttpClient, client).pipe(Context.add(Sent, sent))
  }))

export const layerScriptWith = (options: Partial<CommsClient.Options>) => (...answers: ReadonlyArray<Answer>) =>
  Layer.provideMerge(Comms.layer({ credentials, ...options }), layerHttp(answers))

/** Every service with a client on a scripted `HttpClient`. */
export const layerScript = layerScriptWith({})

export const fetch = Effect.flatMap(SenderPoolOperations.SenderPoolOperations, ({ fetch }) => fetch(id))

/** The error of one call without retries. */
export const errorOf = (...answers: ReadonlyArray<Answer>) =>
  Effect.flip(fetch).pipe(
    Effect.provideService(RetryPolicy.CurrentRetryPolicy, RetryPolicy.none),
    Effect.provide(layerScript(...answers))
  )

/** No jitter: every random number is in the middle of its range. */
export const even = Layer.succeed(Random.Random, { nextDoubleUnsafe: () => 0.5, nextIntUnsafe: () => 0 })

/** A tracer that adds each span to an array. */
export const collect = (spans: Array<Tracer.NativeSpan>) =>
  Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })

/** Runs everything that does not wait for the clock. Reading a body takes several turns of the event loop. */
export const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

export const advance = (duration: Duration.Input) =>
  settle.pipe(Effect.andThen(TestClock.adjust(duration)), Effect.andThen(settle))

export const assertTag = <E extends { readonly _tag: string }, Tag extends E["_tag"]>(
  error: E,
  tag: Tag
): Extract<E, { readonly _tag: Tag }> => {
  const isTagged = (error: E): error is Extract<E, { readonly _tag: Tag }> => error._tag === tag
  if (isTagged(error)) return error
  return assert.fail(`Expected ${tag}, got ${error._tag}`)
}
