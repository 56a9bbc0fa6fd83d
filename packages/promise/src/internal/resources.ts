// The methods of the documentation's client, each from the method of a service.
import type { Comms } from "@effect-comms/client/Comms"
import { EmailOperations } from "@effect-comms/client/EmailOperations"
import { MessageOperations } from "@effect-comms/client/MessageOperations"
import type * as Services from "@effect-comms/client/Operations"
import { SenderPoolOperations } from "@effect-comms/client/SenderPoolOperations"
import { SenderPools } from "@effect-comms/client/SenderPools"
import { Senders } from "@effect-comms/client/Senders"
import type { KnownCommunicationOperationStatus, Operation } from "@effect-comms/domain/Operation"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { ListParams, Resources } from "../models.ts"
import type { CallOptions, WaitOptions } from "../options.ts"
import type { Bridge } from "./bridge.ts"
import type { Plain } from "./plain.ts"

export const makeResources = ({ context, list, run, wait }: Bridge<Comms>): Resources => {
  const operations = <A extends Operation, Status extends KnownCommunicationOperationStatus>(
    service: Services.Operations<A, Status>
  ) => ({
    listOperations: (params: ListParams<{ status: Status }> = {}, options?: CallOptions) =>
      list(service.list(params), service.stream(params), options),
    fetchOperation: (id: string, options?: CallOptions) => run(service.fetch(id), options),
    waitForOperation: (id: string, options?: WaitOptions<Plain<A>>) => wait(service, id, options)
  })
  const pools = Context.get(context, SenderPools)
  const senders = Context.get(context, Senders)

  return {
    senderPools: {
      ...operations(Context.get(context, SenderPoolOperations)),
      list: (params = {}, options) => list(pools.list(params), pools.stream(params), options),
      create: (input, options) => run(pools.create(input), options),
      fetch: (id, options) => run(pools.fetch(id), options),
      update: (id, input, options) => run(pools.update(id, input), options),
      delete: (id, options) => run(pools.delete(id), options),
      listSenders: (senderPoolId, params, options) => {
        const all = { ...params, senderPoolId }
        return list(pools.listSenders(all), pools.streamSenders(all), options)
      },
      addSender: (id, senders, options) => run(pools.addSenders(id, senders), options),
      removeSender: (id, senderId, options) => run(pools.removeSender(id, senderId), options)
    },
    senders: {
      list: (params = {}, options) => list(senders.list(params), senders.stream(params), options),
      fetch: (id, options) => run(senders.fetch(id), options),
      search: (params, options) => list(senders.search(params), senders.streamSearch(params), options),
      resolve: (input, options) => run(Effect.map(senders.resolve(input), (results) => ({ results })), options)
    },
    messages: operations(Context.get(context, MessageOperations)),
    emails: operations(Context.get(context, EmailOperations))
  }
}
