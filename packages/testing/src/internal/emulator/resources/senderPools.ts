// The handlers of SenderPools and their members.
import { AcceptedChange, AcceptedOperation } from "@effect-comms/domain/Accepted"
import type { Operation } from "@effect-comms/domain/Operation"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import { currentMillis } from "../../currentMillis.ts"
import { orNotFound, type Resources } from "../api.ts"
import type { Deletion } from "../stores/senderPools.ts"

const base = "https://comms.twilio.com/v1/SenderPools"

// The documentation prints another path for added Senders than for a new pool.
const accepted = (path: string) => ({ id }: Operation) =>
  new AcceptedOperation({ operationId: id, operationLocation: `${base}${path}/Operations/${id}` })

const changed = (path: string, resourceId: string) =>
  new AcceptedChange({ resourceId, resourceLocation: `${base}/${path}` })

export const handlers = ({ api, page, senderPools: pools, writes }: Resources) => {
  const orNotDeleted = (path: string, resourceId: string, remove: (now: number) => Deletion) =>
    orNotFound((now) => {
      const deletion = remove(now)
      const isAccepted = deletion === "deleted" || (deletion === "deletedBefore" && writes.deleteTwice === 202)
      return isAccepted ? Option.some(changed(path, resourceId)) : Option.none()
    })

  return HttpApiBuilder.group(api, "senderPools", (handlers) =>
    handlers.handleAll({
      list: ({ query }) =>
        Effect.map(page("SenderPools", query, pools.list), ({ items, pagination }) => ({
          senderPools: items,
          pagination
        })),
      create: ({ payload }) => Effect.map(currentMillis, (now) => accepted("")(pools.create(payload, now))),
      fetch: ({ params }) => orNotFound((now) => pools.get(params.senderPoolId, now)),
      update: ({ params: { senderPoolId }, payload }) =>
        orNotFound((now) =>
          pools.update(senderPoolId, payload, now) ? Option.some(changed(senderPoolId, senderPoolId)) : Option.none()
        ),
      delete: ({ params: { senderPoolId } }) =>
        orNotDeleted(senderPoolId, senderPoolId, (now) => pools.delete(senderPoolId, now)),
      listSenders: ({ params: { senderPoolId }, query }) =>
        Effect.gen(function*() {
          yield* orNotFound((now) => pools.get(senderPoolId, now))
          const { items, pagination } = yield* page(
            `SenderPools.senders ${senderPoolId}`,
            query,
            (query, now) => pools.listSenders(senderPoolId, query, now)
          )
          return { senders: items, pagination }
        }),
      addSenders: ({ params: { senderPoolId }, payload }) =>
        orNotFound((now) =>
          Option.map(pools.addSenders(senderPoolId, payload, now), accepted(`/${senderPoolId}/Senders`))
        ),
      removeSender: ({ params: { senderId, senderPoolId } }) =>
        orNotDeleted(
          `${senderPoolId}/Senders/${senderId}`,
          senderId,
          (now) => pools.removeSender(senderPoolId, senderId, now)
        )
    }))
}
