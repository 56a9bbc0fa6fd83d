// Makes the methods of a service from the endpoints of its resource.
import type * as CommsError from "@effect-comms/domain/CommsError"
import type * as Endpoint from "@effect-comms/domain/Endpoint"
import { makeDecoder } from "@effect-comms/domain/Input"
import type * as Pagination from "@effect-comms/domain/Pagination"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as CommsClient from "../CommsClient.ts"
import * as Paging from "../Paging.ts"
import type { AnyPage } from "./paging/walk.ts"

/** Makes a method: it checks its arguments by name, and sends the request that they make. */
export const method = <E extends Endpoint.Any, const A extends Endpoint.Fields>(
  client: CommsClient.Service,
  endpoint: E,
  args: A,
  toRequest: (args: Schema.Struct.Type<A>) => CommsClient.Request<E>
) => {
  const decode = makeDecoder(endpoint.call, "arguments", Schema.Struct(args))
  const send = client.endpoint(endpoint)
  return Effect.fn(endpoint.call)((args: { readonly [K in keyof A]: unknown }) =>
    Effect.flatMap(decode(args), (args) => send(toRequest(args)))
  )
}

/** Makes the list of one page and the streams of all pages. */
export const pages = <
  Params extends object,
  Query extends { readonly pageToken?: Pagination.PageToken },
  Page extends AnyPage,
  Item extends { readonly id: string },
  E extends CommsError.CommsError
>(
  source: Paging.Source<Query, Page, Item, E> & {
    /** The name of the method that lists one page. */
    readonly call: string
  }
): Paging.Streams<Params, Page, Item, E> & {
  readonly list: (params: Params) => Effect.Effect<Page, E | CommsError.InvalidInput>
} => {
  const decode = makeDecoder(source.call, "params", source.params)
  const fetchPage = Effect.fn(source.call)(source.fetchPage)
  return { list: (params) => Effect.flatMap(decode(params), fetchPage), ...Paging.make({ ...source, fetchPage }) }
}
