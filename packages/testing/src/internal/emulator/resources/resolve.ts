// The best ways to reach a person, from any Senders.
import * as Sender from "@effect-comms/domain/Sender"
import * as Arr from "effect/Array"
import * as Order from "effect/Order"

// How many Senders of a channel are considered, and how many results there are at most.
const most = 10

const channelsOf: { readonly [Channel in typeof Sender.RecipientChannel.Type]: ReadonlyArray<Sender.Channel> } = {
  PHONE: ["SMS", "RCS"],
  WHATSAPP: ["WHATSAPP"],
  EMAIL: ["EMAIL"]
}

const byPriority = Order.mapInput(Order.Number, ({ priority }: Sender.Resolution) => priority)

/** Channels without a priority come last. */
export const resolve = (
  { channels = {}, recipientAddresses }: typeof Sender.endpoints.resolve.payload.Type,
  senders: Iterable<Sender.Sender>
): Sender.Resolutions => {
  const { filterIn, priority: priorities = [] } = channels
  const last = Math.max(0, ...priorities.map(({ priority }) => priority)) + 1
  const priorityOf = (channel: Sender.Channel): number =>
    priorities.find((given) => given.channel === channel)?.priority ?? last
  const reachable = new Set(recipientAddresses.flatMap(({ channel }) => channelsOf[channel]))
  const found = new Map<Sender.Channel, Array<Sender.Sender>>()
  for (const channel of reachable) {
    if (filterIn === undefined || filterIn.some((given) => given === channel)) found.set(channel, [])
  }
  let missing = found.size * most
  for (const sender of missing === 0 ? [] : senders) {
    const others = found.get(sender.channel)
    if (others === undefined || others.length === most || sender.status !== "ACTIVATED") continue
    others.push(sender)
    missing--
    if (missing === 0) break
  }
  const results = recipientAddresses.flatMap((to) =>
    channelsOf[to.channel].flatMap((channel) =>
      (found.get(channel) ?? []).map(({ address, channel, displayName, id }) =>
        new Sender.Resolution({
          from: { senderId: id, displayName, channel, address },
          to,
          priority: priorityOf(channel)
        }, { disableChecks: true })
      )
    )
  )
  return { results: Arr.sort(results, byPriority).slice(0, most) }
}
