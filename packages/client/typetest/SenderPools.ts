import type { Comms, Paging, SenderPoolChanges, SenderPoolOperations, SenderPools, Senders } from "@effect-comms/client"
import type { Accepted, CommsError, SenderPool } from "@effect-comms/domain"
import { Effect, type Layer, Stream } from "effect"
import type { Equal, Expect } from "./utils/expect.ts"

type Reads =
  | CommsError.CallError
  | InstanceType<
    | typeof CommsError.BadRequest
    | typeof CommsError.Conflict
    | typeof CommsError.TooManyRequests
    | typeof CommsError.InternalServerError
    | typeof CommsError.ServiceUnavailable
  >

export const withoutOutcomeUnknown = (pools: SenderPools.Service) =>
  pools.create({}).pipe(Effect.catchTag("OutcomeUnknown", ({ check, reason }) => Effect.succeed([check, reason._tag])))

export const aReadHasAnOutcome = (pools: SenderPools.Service) =>
  pools.list().pipe(
    // @ts-expect-error only a write can have an unknown outcome
    Effect.catchTag("OutcomeUnknown", () => Effect.succeed(undefined))
  )

export const aSearchOnlyReads = (senders: Senders.Service) =>
  senders.search({ address: "a", channel: "SMS" }).pipe(
    // @ts-expect-error a search is a POST that only reads
    Effect.catchTag("OutcomeUnknown", () => Effect.succeed(undefined))
  )

export const plainStream = (pools: SenderPools.Service) => pools.stream({ operationId: "o" })

export const resumed = (pools: SenderPools.Service) =>
  pools.streamSenders({ senderPoolId: "p" }).pipe(Stream.catch(({ position }) => pools.streamSenders(position)))

// @ts-expect-error the channel is one of the documented ones
export const strictChannel = (pools: SenderPools.Service) => pools.listSenders({ senderPoolId: "p", channel: "FAX" })

// @ts-expect-error an accepted change has no operation
export const noOperation = ({ operationId }: Accepted.AcceptedChange) => operationId

export type Tests = [
  Expect<Equal<SenderPools.Errors["list"], Reads>>,
  Expect<Equal<SenderPools.Errors["create"], Reads | CommsError.OutcomeUnknown>>,
  Expect<Equal<SenderPools.Errors["delete"], Reads | CommsError.NotFound | CommsError.OutcomeUnknown>>,
  Expect<Equal<Senders.Errors["resolve"], Reads | CommsError.NotFound>>,
  Expect<
    Equal<
      ReturnType<SenderPools.Service["create"]>,
      Effect.Effect<Accepted.AcceptedOperation, Reads | CommsError.OutcomeUnknown>
    >
  >,
  Expect<
    Equal<
      Effect.Services<ReturnType<typeof SenderPoolChanges.ensure>>,
      SenderPools.SenderPools | SenderPoolOperations.SenderPoolOperations
    >
  >,
  Expect<
    Equal<
      ReturnType<typeof plainStream>,
      Stream.Stream<SenderPool.SenderPool, Paging.StreamError<Reads>>
    >
  >,
  Expect<Equal<Layer.Success<ReturnType<typeof Comms.layer>>, Comms.Comms>>
]
