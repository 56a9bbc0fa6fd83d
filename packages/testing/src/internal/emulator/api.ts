// The contract that the emulator serves, and what its resources share.
import * as CommsApi from "@effect-comms/domain/CommsApi"
import * as CommsError from "@effect-comms/domain/CommsError"
import type { PageToken, PaginationMetadata } from "@effect-comms/domain/Pagination"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import type * as Option from "effect/Option"
import { currentMillis } from "../currentMillis.ts"
import { twilioError } from "../errors.ts"
import type { Family } from "../family.ts"
import type { Slice, Window } from "../listing.ts"
import type { Writes } from "./model.ts"
import type { Stores } from "./stores.ts"

/** What the handlers of a resource need. */
export interface Resources extends Stores {
  readonly writes: Writes
  readonly api: Api
  /** Reads one page of the list with this name. Its filters are the rest of the query. */
  readonly page: <Q extends { readonly pageToken?: PageToken; readonly pageSize?: number }, A>(
    list: string,
    query: Q,
    slice: (query: Omit<Q, "pageToken" | "pageSize"> & Window, now: number) => Slice<A>
  ) => Effect.Effect<
    { readonly items: ReadonlyArray<A>; readonly pagination: PaginationMetadata },
    CommsError.BadRequest
  >
}

// `/v1/Messages/Operations` belongs to the group `Messages`.
const group = (family: Family) =>
  CommsApi.operationsGroup(family.resource, family.path.split("/")[2] ?? family.title, family)

export const make = (served: Stores["served"]) =>
  HttpApi.make("comms")
    .add(...Arr.map(served, ({ family }) => group(family)))
    .add(CommsApi.senderPools, CommsApi.senders)
    .annotateMerge(CommsApi.CommsApi.annotations)

export type Api = ReturnType<typeof make>

/** What is there now, or 404. */
export const orNotFound = <A>(find: (now: number) => Option.Option<A>): Effect.Effect<A, CommsError.NotFound> =>
  Effect.flatMap(currentMillis, (now) =>
    Effect.mapError(
      Effect.fromOption(find(now)),
      () => new CommsError.NotFound({ errors: [twilioError(404)] })
    ))
