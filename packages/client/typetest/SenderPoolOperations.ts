import { CommsClient, type Paging, type SenderPoolOperations } from "@effect-comms/client"
import type { CommsError, SenderPoolOperation } from "@effect-comms/domain"
import { type Config, Duration, Effect, type Layer, Stream } from "effect"
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

export const withoutLoop = (operations: Service) =>
  operations.stream().pipe(Stream.catchTag("PaginationLoop", () => Stream.empty))

export const exhaustive = (error: SenderPoolOperations.FetchError): number => {
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

export type Tests = [
  Expect<
    Equal<
      ReturnType<Service["fetch"]>,
      Effect.Effect<SenderPoolOperation.SenderPoolOperation, ListFailure | CommsError.NotFound>
    >
  >,
  Expect<
    Equal<ReturnType<Service["list"]>, Effect.Effect<SenderPoolOperation.SenderPoolOperationPage, ListFailure>>
  >,
  Expect<
    Equal<
      ReturnType<Service["stream"]>,
      Stream.Stream<SenderPoolOperation.SenderPoolOperation, ListFailure | CommsError.PaginationLoop>
    >
  >,
  Expect<
    Equal<
      ReturnType<Service["streamPages"]>,
      Stream.Stream<SenderPoolOperation.SenderPoolOperationPage, ListFailure | CommsError.PaginationLoop>
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
  Expect<Equal<Stream.Error<ReturnType<typeof withoutLoop>>, ListFailure>>,
  Expect<Equal<SenderPoolOperations.FetchError, ListFailure | CommsError.NotFound>>,
  Expect<Equal<SenderPoolOperations.ListError, ListFailure>>,
  Expect<Equal<SenderPoolOperations.StreamError, ListFailure | CommsError.PaginationLoop>>,
  Expect<Equal<Parameters<Service["list"]>, [params?: SenderPoolOperation.ListParams | undefined]>>,
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
      typeof CommsClient.layerConfig,
      Layer.Layer<CommsClient.CommsClient, CommsError.InvalidInput | Config.ConfigError, HttpClient.HttpClient>
    >
  >,
  Expect<
    Equal<
      ReturnType<typeof Paging.paginate<SenderPoolOperation.SenderPoolOperationPage, string, CommsError.NotFound, 1>>,
      Stream.Stream<string, CommsError.NotFound | CommsError.PaginationLoop, 1>
    >
  >
]
