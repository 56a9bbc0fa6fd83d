/**
 * The service of Senders. Every method only reads.
 *
 * @module
 * @see https://www.twilio.com/docs/bulk-messaging/api/sender-resource
 * @since 0.1.0
 */
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import * as Sender from "@effect-comms/domain/Sender"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CommsClient } from "./CommsClient.ts"
import { method, pages } from "./internal/service.ts"
import type * as Paging from "./Paging.ts"

const { endpoints } = Sender

/**
 * The errors of each method, by its name.
 *
 * @category errors
 * @since 0.1.0
 */
export type Errors = { readonly [Name in keyof typeof endpoints]: Endpoint.Error<(typeof endpoints)[Name]> }

/**
 * The interface of the service. Invalid input fails with `InvalidInput` before anything is sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Service extends Paging.Streams<Sender.ListParams, Sender.SenderPage, Sender.Sender, Errors["list"]> {
  /** Fetches one Sender. */
  readonly fetch: (senderId: string) => Effect.Effect<Sender.Sender, Errors["fetch"]>
  /** Lists the first page, or the page of `pageToken`. */
  readonly list: (params?: Sender.ListParams) => Effect.Effect<Sender.SenderPage, Errors["list"]>
  /** Finds the Senders with an address: the first page, or the page of `pageToken`. */
  readonly search: (params: Sender.SearchParams) => Effect.Effect<Sender.SenderPage, Errors["search"]>
  /** Streams every Sender with an address. */
  readonly streamSearch: Paging.ListStream<Sender.SearchParams, Sender.Sender, Errors["search"]>
  /** Finds the best ways to reach a person, at most ten. The lowest `priority` is the best. */
  readonly resolve: (input: Sender.ResolveInput) => Effect.Effect<ReadonlyArray<Sender.Resolution>, Errors["resolve"]>
}

/**
 * The service of Senders.
 *
 * **Example** (Find the best way to reach a person)
 *
 * ```ts
 * import { Senders } from "@effect-comms/client"
 * import { Effect } from "effect"
 *
 * export const bestWay = Effect.gen(function*() {
 *   const senders = yield* Senders.Senders
 *   const [best] = yield* senders.resolve({
 *     recipientAddresses: [
 *       { address: "+14153902337", channel: "PHONE" },
 *       { address: "person@example.com", channel: "EMAIL" }
 *     ]
 *   })
 *   return best
 * })
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Senders extends Context.Service<Senders, Service>()("@effect-comms/client/Senders") {}

const make = Effect.map(CommsClient, (client): Service => {
  const fetch = method(client, endpoints.fetch, { senderId: Sender.SenderId }, (params) => ({ params }))
  const resolve = method(client, endpoints.resolve, { input: Sender.ResolveInput }, ({ input }) => ({ payload: input }))
  const listSenders = client.endpoint(endpoints.list)
  const searchSenders = client.endpoint(endpoints.search)
  const common = { identity: client.identity, items: ({ senders }: Sender.SenderPage) => senders }
  const senders = pages({
    ...common,
    call: endpoints.list.call,
    resource: "Senders",
    params: Sender.ListParams,
    query: endpoints.list.query,
    fetchPage: (query) => listSenders({ query })
  })
  const found = pages({
    ...common,
    call: endpoints.search.call,
    resource: "Senders.search",
    params: Sender.SearchParams,
    query: endpoints.search.payload,
    fetchPage: (payload) => searchSenders({ payload })
  })
  return {
    ...senders,
    fetch: (senderId) => fetch({ senderId }),
    list: (params = {}) => senders.list(params),
    search: found.list,
    streamSearch: found.stream,
    resolve: (input) => Effect.map(resolve({ input }), ({ results }) => results)
  }
})

/**
 * A layer of the service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Senders, never, CommsClient> = Layer.effect(Senders, make)
