// The handlers of Senders.
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import { orNotFound, type Resources } from "../api.ts"
import { resolve } from "./resolve.ts"

export const handlers = ({ api, page, senderPools, senders }: Resources) =>
  HttpApiBuilder.group(api, "senders", (handlers) =>
    handlers.handleAll({
      list: ({ query }) =>
        Effect.map(page("Senders", query, senders.list), ({ items, pagination }) => ({ senders: items, pagination })),
      fetch: ({ params }) =>
        orNotFound(() => Option.map(Option.fromUndefinedOr(senders.positionOf(params.senderId)), senders.at)),
      search: ({ payload }) =>
        Effect.map(
          page("Senders.search", payload, senders.search),
          ({ items, pagination }) => ({ senders: items, pagination })
        ),
      resolve: ({ payload }) =>
        orNotFound((now) =>
          Option.map(
            payload.senderPoolId === undefined
              ? Option.some(senders.all())
              : senderPools.members(payload.senderPoolId, now),
            (candidates) => resolve(payload, candidates)
          )
        )
    }))
