// The handlers of the families of operations.
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { orNotFound, type Resources } from "../api.ts"

export const handlers = ({ api, page, served }: Resources) =>
  Arr.map(served, ({ family, store }) =>
    HttpApiBuilder.group(api, family.resource, (handlers) =>
      handlers.handleAll({
        fetch: ({ params }) => orNotFound((now) => store.get(params.operationId, now)),
        list: ({ query }) =>
          Effect.map(
            page(family.resource, query, store.list),
            ({ items, pagination }) => ({ operations: items, pagination })
          )
      })))
