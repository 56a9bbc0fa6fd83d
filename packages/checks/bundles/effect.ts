// Streams operations with Effect alone: decoded pages, retries, and credentials from the environment.
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const Page = Schema.Struct({
  operations: Schema.Array(Schema.Struct({ id: Schema.String, createdAt: Schema.DateTimeUtcFromString })),
  pagination: Schema.Struct({ next: Schema.NullOr(Schema.String) })
})

const program = Effect.gen(function*() {
  const accountSid = yield* Config.String("TWILIO_ACCOUNT_SID")
  const authToken = yield* Config.Redacted("TWILIO_AUTH_TOKEN")
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest(HttpClientRequest.prependUrl("https://comms.twilio.com/preview")),
    HttpClient.mapRequest(HttpClientRequest.basicAuth(accountSid, authToken)),
    HttpClient.filterStatusOk,
    HttpClient.retryTransient({ schedule: Schedule.exponential("500 millis"), times: 5 })
  )
  const operations = Stream.paginate(
    "",
    (pageToken) =>
      client.get("/SenderPools/Operations", { urlParams: { pageToken } }).pipe(
        Effect.flatMap(HttpClientResponse.schemaBodyJson(Page)),
        Effect.map(({ operations, pagination }) => [operations, Option.fromNullishOr(pagination.next)] as const)
      )
  )
  yield* Stream.runForEach(operations, ({ id }) => Console.log(id))
})

Effect.runFork(Effect.provide(program, FetchHttpClient.layer))
