// The Senders of the account: an inventory that a seed determines, and that never changes.
//
// Senders are computed on request and never stored.
import * as Sender from "@effect-comms/domain/Sender"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { Slice, Window } from "../../listing.ts"
import { hash, uint32, unit } from "../../seeded.ts"
import * as Ids from "./ids.ts"
import * as Positions from "./positions.ts"

export interface Options {
  readonly seed: number
  /** The number of Senders. */
  readonly senders: number
  /** The creation time of the newest Sender, in epoch milliseconds. */
  readonly newest: number
  /** The period over which they were created. */
  readonly span: Duration.Duration
}

type SearchQuery = typeof Sender.endpoints.search.payload.Type

/** The filters of a list, without its paging. */
export type Filters = Omit<typeof Sender.endpoints.list.query.Type, "pageToken" | "pageSize">

/** A store of Senders. */
export interface SenderStore {
  readonly size: number
  readonly at: (position: number) => Sender.Sender
  readonly all: () => Iterable<Sender.Sender>
  /** The position of a Sender. Undefined for any other id. */
  readonly positionOf: (id: string) => number | undefined
  /** The Senders that match the filters, in the order of creation. */
  readonly list: (query: Filters & Window) => Slice<Sender.Sender>
  /** The Senders with an address. */
  readonly search: (query: Omit<SearchQuery, "pageToken" | "pageSize"> & Window) => Slice<Sender.Sender>
}

/** Whether a Sender matches the filters of a list, except its range of time. */
export const matches =
  (channel: Sender.Channel | undefined, status: Sender.SenderStatus | undefined) => (sender: Sender.Sender): boolean =>
    (channel === undefined || sender.channel === channel) && (status === undefined || sender.status === status)

// Every address holds a position, so that a search need not look at every Sender.
const addresses: { readonly [Channel in Sender.KnownChannel]: (position: string) => string } = {
  SMS: (position) => `+1555${position}`,
  WHATSAPP: (position) => `+1777${position}`,
  RCS: (position) => `rcs-agent-${position}`,
  EMAIL: (position) => `team-${position}@example.com`,
  PUSH: (position) => `device-${position}`
}

// The email Senders of such a block share one address, so that a search can have several pages.
const block = 100

const positionDigits = 7

const positionIn = (address: string): number => Number(/\d{7}(?=@|$)/.exec(address)?.[0] ?? NaN)

const addressAt = (channel: Sender.KnownChannel, position: number): string => {
  const shown = channel === "EMAIL" ? position - position % block : position
  return addresses[channel](String(shown).padStart(positionDigits, "0"))
}

const regions = ["us-east-1", "eu-west-1", "ap-southeast-2"] as const

// Most Senders are phone numbers, and one in twenty is deactivated.
const channelAt = (seed: number, position: number): Sender.KnownChannel => {
  const kind = unit(seed, position, 20)
  if (kind < 0.6) return "SMS"
  if (kind < 0.75) return "WHATSAPP"
  if (kind < 0.85) return "EMAIL"
  return kind < 0.95 ? "RCS" : "PUSH"
}

export const make = (options: Options): SenderStore => {
  const { newest, senders: size, span } = options
  const seed = options.seed + hash("Senders")
  const ids = Ids.make("sender", seed)
  const createdAtOf = Positions.seededTimes({ newest, span: Duration.toMillis(span), size })

  const at = (position: number): Sender.Sender => {
    const channel = channelAt(seed, position)
    const createdAt = createdAtOf(position)
    const region = regions[uint32(seed, position, 23) % regions.length]
    return new Sender.Sender({
      id: Sender.SenderId.make(ids.at(position), { disableChecks: true }),
      displayName: unit(seed, position, 21) < 0.25 ? null : `Sender ${position}`,
      address: addressAt(channel, position),
      channel,
      status: unit(seed, position, 22) < 0.05 ? "DEACTIVATED" : "ACTIVATED",
      tags: region === undefined ? {} : { region },
      createdAt: DateTime.makeUnsafe(createdAt),
      updatedAt: DateTime.makeUnsafe(createdAt)
    }, { disableChecks: true })
  }

  return {
    size,
    at,
    all: function*() {
      for (let position = 0; position < size; position++) yield at(position)
    },
    positionOf: (id) => {
      const position = ids.positionOf(id)
      return position < size && ids.at(position) === id ? position : undefined
    },
    list: ({ channel, status, ...range }) => {
      const isMatch = matches(channel, status)
      return Positions.slice(range, { size: () => size, createdAtOf }, (position) => {
        const sender = at(position)
        return isMatch(sender) ? sender : undefined
      })
    },
    search: ({ address, channel, status, ...window }) => {
      const first = positionIn(address)
      const start = Number.isNaN(first) ? size : first
      const isMatch = matches(channel, status)
      return Positions.fill(window, { start, end: Math.min(size, start + block) }, (position) => {
        const sender = at(position)
        return sender.address === address && isMatch(sender) ? sender : undefined
      })
    }
  }
}
