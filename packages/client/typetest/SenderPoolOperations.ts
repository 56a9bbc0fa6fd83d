import { CommsClient, type Operations, type Paging, type SenderPoolOperations } from "@effect-comms/client"
import type {
  Checkpoint,
  CommsError,
  Operation,
  OperationFamily,
  Pagination,
  SenderPoolOperation
} from "@effect-comms/domain"
import { Config, Console, Duration, Effect, type Layer, Schema, Stream } from "effect"
import type { HttpClient } from "effect/http"
import type { Equal, Expect } from "./utils/expect.ts"

type ListFailure =
  | CommsError.BadRequest
  | CommsError.Unauthorized
  | CommsError.Forbidden
  | CommsError.Conflict
  | CommsError.TooManyRequests
  | CommsError.InternalServerError
  | CommsError.ServiceUnavailable
  | CommsError.UnexpectedStatus
  | CommsError.TransportFailure
  | CommsError.InvalidResponse
  | CommsError.InvalidInput
  | CommsError.CoolingDown

type Service = SenderPoolOperations.Service

type Page = OperationFamily.Page<SenderPoolOperation.SenderPoolOperation>

type ListParams = OperationFamily.ListParams<Operation.KnownOperationStatus>

type StreamFailure = Paging.Paged<
  ListFailure | CommsError.PaginationLoop | CommsError.PaginationLimit | CommsError.InvalidItem
>

export const withoutNotFound = (operations: Service) =>
  operations.fetch("").pipe(Effect.catchTag("NotFound", () => Effect.succeed("none" as const)))

export const withoutThree = (operations: Service) =>
  operations.fetch("").pipe(
    Effect.catchTags({
      NotFound: () => Effect.succeed(null),
      TooManyRequests: ({ retryAfter }) => Effect.succeed(retryAfter),
      UnexpectedStatus: ({ status }) => Effect.succeed(status)
    })
  )

export const listCannotBeNotFound = (operations: Service) =>
  operations.list().pipe(
    // @ts-expect-error a list has no NotFound
    Effect.catchTag("NotFound", () => Effect.succeed("none" as const))
  )

export const plainStream = (operations: Service) => operations.stream()

export const plainPages = (operations: Service) => operations.streamPages()

export const withoutLoop = (operations: Service) =>
  operations.stream().pipe(Stream.catchTag("PaginationLoop", () => Stream.empty))

export const withoutTwo = (operations: Service) =>
  operations.stream().pipe(
    Stream.runDrain,
    Effect.catchTags({
      PaginationLimit: ({ limit, position }) => Effect.succeed([limit, position.items] as const),
      InternalServerError: ({ position, status }) => Effect.succeed([status, position.pageToken] as const)
    })
  )

export const goOn = (operations: Service) =>
  operations.stream({ status: "PROCESSING" }).pipe(Stream.catch((error) => operations.stream(error.position)))

export const goOnByHand = (operations: Service) =>
  operations.stream().pipe(
    Stream.catchTag(
      "TransportFailure",
      ({ position }) => operations.stream({ ...position.filters, pageToken: position.pageToken })
    )
  )

export const goOnWithPages = (operations: Service) =>
  operations.streamPages().pipe(Stream.catchTag("InvalidResponse", ({ position }) => operations.streamPages(position)))

class Full extends Schema.TaggedError<Full>()("Full", {}) {}

export const saved = (operations: Service) =>
  operations.stream({}, {
    checkpoint: ({ items }) => items > 9 ? Effect.fail(new Full({})) : Console.log(items)
  })

export const resumed = (operations: Service, checkpoint: Checkpoint.ListCheckpoint) =>
  operations.stream(checkpoint, { maxAge: "1 day" }).pipe(Stream.catchTag("CheckpointMismatch", () => Stream.empty))

export const positionOf = ({ position }: StreamFailure): Pagination.Position => position

export const aPageHasNoPosition = (operations: Service) =>
  operations.list().pipe(
    // @ts-expect-error only a stream knows where it was
    Effect.catchTag("Conflict", ({ position }) => Effect.succeed(position.pages))
  )

export const exhaustive = (error: Operations.FetchError): number => {
  switch (error._tag) {
    case "BadRequest":
    case "Unauthorized":
    case "Forbidden":
    case "NotFound":
    case "Conflict":
    case "TooManyRequests":
    case "InternalServerError":
    case "ServiceUnavailable":
    case "UnexpectedStatus":
      return error.status
    case "InvalidResponse":
      return error.problem.length
    case "TransportFailure":
      return error.reason === "Timeout" ? 1 : 2
    case "CoolingDown":
      return Duration.toMillis(error.retryAfter)
    case "InvalidInput":
      return error.issues.length
  }
}

// @ts-expect-error credentials are not optional
CommsClient.layer({})

// @ts-expect-error a secret is not plain text
CommsClient.layer({ credentials: { accountSid: "AC1", authToken: "t0ken" } })

export const configured = [
  CommsClient.layerConfig(),
  CommsClient.layerConfig({ baseUrl: Config.URL("URL"), retry: { attemptTimeout: Config.Duration("TIMEOUT") } }),
  CommsClient.layerConfig({
    retry: { maxAttempts: Config.Int("ATTEMPTS") },
    flowControl: Config.succeed({ quota: 9 })
  }),
  CommsClient.layerConfig({ flowControl: { limit: { requests: Config.Int("R"), window: Config.Duration("W") } } }),
  CommsClient.layerConfig({
    credentials: Config.all({ accountSid: Config.String("SID"), authToken: Config.Redacted("TOKEN") })
  }),
  CommsClient.layerConfig(Config.all({ maxBodySize: Config.Int("SIZE") }))
]

// @ts-expect-error a value is not a Config
CommsClient.layerConfig({ retry: { maxAttempts: 1 } })

// @ts-expect-error a configured secret is not plain text
CommsClient.layerConfig({ credentials: Config.all({ apiKey: Config.String("A"), apiSecret: Config.String("B") }) })

// @ts-expect-error an option that is not given is absent
CommsClient.layerConfig({ retry: undefined })

export type Tests = [
  Expect<
    Equal<
      ReturnType<Service["fetch"]>,
      Effect.Effect<SenderPoolOperation.SenderPoolOperation, ListFailure | CommsError.NotFound>
    >
  >,
  Expect<
    Equal<ReturnType<Service["list"]>, Effect.Effect<Page, ListFailure>>
  >,
  Expect<
    Equal<
      ReturnType<typeof plainStream>,
      Stream.Stream<SenderPoolOperation.SenderPoolOperation, StreamFailure>
    >
  >,
  Expect<
    Equal<
      ReturnType<typeof plainPages>,
      Stream.Stream<Page, StreamFailure>
    >
  >,
  Expect<
    Equal<
      ReturnType<typeof withoutNotFound>,
      Effect.Effect<SenderPoolOperation.SenderPoolOperation | "none", ListFailure>
    >
  >,
  Expect<
    Equal<
      Effect.Error<ReturnType<typeof withoutThree>>,
      Exclude<ListFailure, CommsError.TooManyRequests | CommsError.UnexpectedStatus>
    >
  >,
  Expect<
    Equal<
      Stream.Error<ReturnType<typeof withoutLoop>>,
      Exclude<StreamFailure, { readonly _tag: "PaginationLoop" }>
    >
  >,
  Expect<
    Equal<
      Effect.Success<ReturnType<typeof withoutTwo>>,
      | void
      | readonly ["maxPages" | "maxItems", number]
      | readonly [500, Pagination.PageToken | undefined]
    >
  >,
  Expect<
    Equal<
      Effect.Error<ReturnType<typeof withoutTwo>>["_tag"],
      Exclude<StreamFailure["_tag"], "PaginationLimit" | "InternalServerError">
    >
  >,
  Expect<Equal<Extract<StreamFailure, { readonly _tag: "PaginationLimit" }>["limit"], "maxPages" | "maxItems">>,
  Expect<Equal<Stream.Error<ReturnType<typeof goOn>>, StreamFailure>>,
  Expect<Equal<Stream.Error<ReturnType<typeof saved>>, StreamFailure | Full>>,
  Expect<Equal<Stream.Error<ReturnType<typeof resumed>>, StreamFailure>>,
  Expect<Equal<Operations.FetchError, ListFailure | CommsError.NotFound>>,
  Expect<Equal<Operations.ListError, ListFailure>>,
  Expect<Equal<Operations.StreamError, StreamFailure>>,
  Expect<Equal<Parameters<Service["list"]>, [params?: ListParams | undefined]>>,
  Expect<
    Equal<
      typeof SenderPoolOperations.layer,
      Layer.Layer<SenderPoolOperations.SenderPoolOperations, never, CommsClient.CommsClient>
    >
  >,
  Expect<
    Equal<
      ReturnType<typeof CommsClient.layer>,
      Layer.Layer<CommsClient.CommsClient, CommsError.InvalidInput, HttpClient.HttpClient>
    >
  >,
  Expect<
    Equal<
      ReturnType<typeof CommsClient.layerConfig>,
      Layer.Layer<CommsClient.CommsClient, CommsError.InvalidInput | Config.ConfigError, HttpClient.HttpClient>
    >
  >
]
