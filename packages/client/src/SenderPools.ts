/**
 * The service of SenderPools and their Senders.
 *
 * @module
 * @see https://www.twilio.com/docs/comms/sender-pools
 * @since 0.1.0
 */
import type * as Accepted from "@effect-comms/domain/Accepted"
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import * as Sender from "@effect-comms/domain/Sender"
import * as SenderPool from "@effect-comms/domain/SenderPool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CommsClient } from "./CommsClient.ts"
import { method, pages } from "./internal/service.ts"
import type * as Paging from "./Paging.ts"

const { endpoints } = SenderPool

/**
 * The errors of each method, by its name.
 *
 * @category errors
 * @since 0.1.0
 */
export type Errors = { readonly [Name in keyof typeof endpoints]: Endpoint.Error<(typeof endpoints)[Name]> }

/**
 * The interface of the service.
 *
 * **Details**
 *
 * Invalid input fails with `InvalidInput` before anything is sent. A write is retried only if the server did not
 * process it: after 429, and after 409 or 503 with `Retry-After`. A write whose response was lost fails with
 * `OutcomeUnknown`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service
  extends Paging.Streams<SenderPool.ListParams, SenderPool.SenderPoolPage, SenderPool.SenderPool, Errors["list"]>
{
  /** Creates a pool. Its id is not in the response: list the pools by `operationId` when the operation has ended. */
  readonly create: (input: SenderPool.CreateInput) => Effect.Effect<Accepted.AcceptedOperation, Errors["create"]>
  /** Fetches one pool. */
  readonly fetch: (senderPoolId: string) => Effect.Effect<SenderPool.SenderPool, Errors["fetch"]>
  /** Lists the first page, or the page of `pageToken`. */
  readonly list: (params?: SenderPool.ListParams) => Effect.Effect<SenderPool.SenderPoolPage, Errors["list"]>
  /** Changes the name or the tags. The API does not document when a fetch returns the change. */
  readonly update: (
    senderPoolId: string,
    input: SenderPool.UpdateInput
  ) => Effect.Effect<Accepted.AcceptedChange, Errors["update"]>
  /** Deletes a pool. */
  readonly delete: (senderPoolId: string) => Effect.Effect<Accepted.AcceptedChange, Errors["delete"]>
  /** Adds 1 to 1,000 Senders with one request. */
  readonly addSenders: (
    senderPoolId: string,
    senders: ReadonlyArray<SenderPool.SenderRef>
  ) => Effect.Effect<Accepted.AcceptedOperation, Errors["addSenders"]>
  /** Lists the first page of the Senders of a pool, or the page of `pageToken`. */
  readonly listSenders: (
    params: SenderPool.ListSendersParams
  ) => Effect.Effect<Sender.SenderPage, Errors["listSenders"]>
  /** Streams every Sender of a pool. */
  readonly streamSenders: Paging.ListStream<SenderPool.ListSendersParams, Sender.Sender, Errors["listSenders"]>
  /** Removes one Sender. */
  readonly removeSender: (
    senderPoolId: string,
    senderId: string
  ) => Effect.Effect<Accepted.AcceptedChange, Errors["removeSender"]>
}

/**
 * The service of SenderPools.
 *
 * **Example** (Rename a pool)
 *
 * ```ts
 * import { SenderPools } from "@effect-comms/client"
 * import { Effect } from "effect"
 *
 * export const rename = Effect.fn("rename")(function*(id: string, name: string) {
 *   const pools = yield* SenderPools.SenderPools
 *   yield* pools.update(id, { name })
 *   return yield* pools.fetch(id)
 * })
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class SenderPools extends Context.Service<SenderPools, Service>()("@effect-comms/client/SenderPools") {}

const make = Effect.map(CommsClient, (client): Service => {
  const { identity } = client
  const id = { senderPoolId: SenderPool.SenderPoolId }
  const create = method(
    client,
    endpoints.create,
    { input: SenderPool.CreateInput },
    ({ input }) => ({ payload: input })
  )
  const fetch = method(client, endpoints.fetch, id, (params) => ({ params }))
  const update = method(
    client,
    endpoints.update,
    { ...id, input: SenderPool.UpdateInput },
    ({ input, senderPoolId }) => ({ params: { senderPoolId }, payload: input })
  )
  const remove = method(client, endpoints.delete, id, (params) => ({ params }))
  const addSenders = method(
    client,
    endpoints.addSenders,
    { ...id, senders: SenderPool.AddSendersInput },
    ({ senderPoolId, senders }) => ({ params: { senderPoolId }, payload: senders })
  )
  const removeSender = method(
    client,
    endpoints.removeSender,
    { ...id, senderId: Sender.SenderId },
    (params) => ({ params })
  )
  const listPools = client.endpoint(endpoints.list)
  const pools = pages({
    call: endpoints.list.call,
    resource: "SenderPools",
    identity,
    params: SenderPool.ListParams,
    query: endpoints.list.query,
    fetchPage: (query) => listPools({ query }),
    items: ({ senderPools }) => senderPools
  })
  const listMembers = client.endpoint(endpoints.listSenders)
  const members = pages({
    call: endpoints.listSenders.call,
    resource: "SenderPools.senders",
    identity,
    params: SenderPool.ListSendersParams,
    query: SenderPool.ListSendersQuery,
    fetchPage: ({ senderPoolId, ...query }) => listMembers({ params: { senderPoolId }, query }),
    items: ({ senders }) => senders
  })
  return {
    ...pools,
    create: (input) => create({ input }),
    fetch: (senderPoolId) => fetch({ senderPoolId }),
    list: (params = {}) => pools.list(params),
    update: (senderPoolId, input) => update({ senderPoolId, input }),
    delete: (senderPoolId) => remove({ senderPoolId }),
    addSenders: (senderPoolId, senders) => addSenders({ senderPoolId, senders }),
    listSenders: members.list,
    streamSenders: members.stream,
    removeSender: (senderPoolId, senderId) => removeSender({ senderPoolId, senderId })
  }
})

/**
 * A layer of the service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<SenderPools, never, CommsClient> = Layer.effect(SenderPools, make)
