/**
 * Senders: the phone numbers, email addresses and other identities that an account sends from.
 *
 * Twilio makes them from the account's inventory, and the API cannot change them.
 *
 * @module
 * @see https://www.twilio.com/docs/bulk-messaging/api/sender-resource
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.ts"
import * as Body from "./internal/body.ts"
import * as Listing from "./internal/listing.ts"
import * as Ids from "./internal/senderIds.ts"
import { unknownText } from "./internal/unknownText.ts"
import * as Page from "./Page.ts"
import { PageSize, PageToken } from "./Pagination.ts"
import { Tags } from "./Tags.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * The id of a Sender, as callers give it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SenderId = Ids.sender.fromCaller.pipe(Schema.brand("SenderId"))

export type SenderId = typeof SenderId.Type

/**
 * The id of a Sender as the server sends it: any text that is not empty.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SenderIdFromServer = Ids.sender.fromServer.pipe(Schema.brand("SenderId"))

/**
 * The channels that the API documents for Senders.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KnownChannel = Schema.Literals(["SMS", "RCS", "EMAIL", "WHATSAPP", "PUSH"]).annotate({
  title: "Channel",
  expected: "SMS, RCS, EMAIL, WHATSAPP or PUSH"
})

export type KnownChannel = typeof KnownChannel.Type

/**
 * The channel of a Sender: a documented channel, or any other text from the API.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Channel = Schema.Union([
  KnownChannel,
  unknownText(KnownChannel.literals, "a channel that is not documented").pipe(Schema.brand("UnknownChannel"))
])

export type Channel = typeof Channel.Type

/**
 * The statuses that the API documents for Senders: able, or not able, to send and receive.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KnownSenderStatus = Schema.Literals(["ACTIVATED", "DEACTIVATED"]).annotate({
  title: "SenderStatus",
  expected: "ACTIVATED or DEACTIVATED"
})

export type KnownSenderStatus = typeof KnownSenderStatus.Type

/**
 * The status of a Sender: a documented status, or any other text from the API.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SenderStatus = Schema.Union([
  KnownSenderStatus,
  unknownText(KnownSenderStatus.literals, "a status that is not documented").pipe(Schema.brand("UnknownSenderStatus"))
])

export type SenderStatus = typeof SenderStatus.Type

/**
 * A Sender.
 *
 * **Details**
 *
 * - `address`: a phone number, an email address, an RCS agent or a device token, as the channel has it.
 * - `displayName`: the name that recipients see, or `null`.
 *
 * @category models
 * @since 0.1.0
 */
export class Sender extends Schema.Class<Sender>("Sender")({
  id: SenderIdFromServer,
  displayName: Schema.NullOr(Schema.String),
  address: Schema.String,
  channel: Channel,
  status: SenderStatus,
  tags: Tags,
  createdAt: Timestamp,
  updatedAt: Timestamp
}, { description: "An identity that an account sends from." }) {}

/**
 * One page of Senders.
 *
 * @category models
 * @since 0.1.0
 */
export const SenderPage = Page.make({
  key: "senders",
  item: Sender,
  identifier: "SenderPage",
  description: "One page of Senders."
})

export type SenderPage = Page.Page<"senders", Sender>

/**
 * The filters and paging of a list of Senders.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListParams extends Listing.Range {
  /** List Senders of this channel. Default every channel. */
  readonly channel?: KnownChannel | undefined
  /** List Senders with this status. Default every status. */
  readonly status?: KnownSenderStatus | undefined
}

/**
 * The filters of a list of Senders.
 *
 * @category schemas
 * @stability unstable
 * @since 0.1.0
 */
export const filters = { channel: KnownChannel, status: KnownSenderStatus }

/**
 * Checks the parameters of a list and turns them into its query.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ListParams = Listing.Params(filters, {})

/**
 * The parameters of a search. The paging travels in the body.
 *
 * @category models
 * @since 0.1.0
 */
export interface SearchParams {
  /** The exact address. */
  readonly address: string
  /** The channel of the address. */
  readonly channel: KnownChannel
  readonly status?: KnownSenderStatus | undefined
  readonly pageToken?: string | undefined
  /** The number of Senders in a page. Default 50. Range 1 to 1000. */
  readonly pageSize?: number | undefined
}

const Address = Schema.NonEmptyString.annotate({ expected: "an address that is not empty" })

const searchBody = Body.make({ address: Address, channel: KnownChannel }, {
  status: KnownSenderStatus,
  pageToken: PageToken,
  pageSize: PageSize
})

/**
 * Checks the parameters of a search and turns them into its body.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SearchParams = searchBody.input

/**
 * The channels of recipients that the documentation shows.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RecipientChannel = Schema.Literals(["PHONE", "WHATSAPP", "EMAIL"]).annotate({
  title: "RecipientChannel",
  expected: "PHONE, WHATSAPP or EMAIL"
})

/**
 * The addresses of one person, and the Senders to choose from.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResolveInput {
  /** The pool whose Senders are considered. Default every Sender of the account. */
  readonly senderPoolId?: string | undefined
  /** The addresses of one person. Range 1 to 100. */
  readonly recipientAddresses: ReadonlyArray<{
    readonly address: string
    readonly channel: typeof RecipientChannel.Type
  }>
  /** The channels to consider, and their priorities, of which the lowest number is the best. */
  readonly channels?: {
    readonly filterIn?: ReadonlyArray<KnownChannel>
    readonly priority?: ReadonlyArray<{ readonly channel: KnownChannel; readonly priority: number }>
  } | undefined
}

const maxRecipients = 100

const resolveBody = Body.make({
  recipientAddresses: Schema.Array(Schema.Struct({ address: Address, channel: RecipientChannel })).check(
    Schema.makeFilter(({ length }: ReadonlyArray<unknown>) =>
      length >= 1 && length <= maxRecipients ? undefined : `Expected 1 to ${maxRecipients} addresses, got ${length}`
    )
  )
}, {
  senderPoolId: Ids.senderPool.fromCaller.pipe(Schema.brand("SenderPoolId")),
  channels: Schema.Struct({
    filterIn: Schema.optionalKey(Schema.Array(KnownChannel)),
    priority: Schema.optionalKey(Schema.Array(Schema.Struct({ channel: KnownChannel, priority: Schema.Int })))
  })
})

/**
 * A way to reach a person: from a Sender to one of the addresses. The lower the `priority`, the better.
 *
 * @category models
 * @since 0.1.0
 */
export class Resolution extends Schema.Class<Resolution>("Resolution")({
  from: Schema.Struct({
    senderId: SenderIdFromServer,
    displayName: Schema.NullOr(Schema.String),
    channel: Channel,
    address: Schema.String
  }),
  to: Schema.Struct({ address: Schema.String, channel: Schema.String }),
  priority: Schema.Finite
}, { description: "A way to reach a person." }) {}

/**
 * The best ways to reach a person, at most ten.
 *
 * @category models
 * @since 0.1.0
 */
export const Resolutions = Schema.Struct({ results: Schema.Array(Resolution) }).annotate({
  identifier: "Resolutions",
  title: "Resolutions",
  description: "The best ways to reach a person."
})

/**
 * The type of the schema `Resolutions`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resolutions extends Schema.Schema.Type<typeof Resolutions> {}

/**
 * Checks a {@link ResolveInput} and turns it into its body.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ResolveInput = resolveBody.input

const reads = { readOnly: true, params: Schema.Struct({}), query: Schema.Struct({}), payload: Schema.Void } as const

/**
 * The endpoints of Senders. They only read.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const endpoints = {
  list: Endpoint.make({
    ...reads,
    call: "Senders.list",
    operationId: "listSenders",
    description: "List the Senders of the account, page by page.",
    method: "GET",
    path: "/v1/Senders",
    query: Listing.Query(filters),
    success: SenderPage,
    errors: Listing.errors
  }),
  fetch: Endpoint.make({
    ...reads,
    call: "Senders.fetch",
    operationId: "fetchSender",
    description: "Fetch a Sender by its id.",
    method: "GET",
    path: "/v1/Senders/:senderId",
    params: Schema.Struct({ senderId: SenderId }),
    success: Sender,
    errors: Listing.errorsOfOne,
    answers: ({ senderId }, { id }) => id === senderId
  }),
  search: Endpoint.make({
    ...reads,
    call: "Senders.search",
    operationId: "searchSenders",
    description: "Find Senders by their address, page by page.",
    method: "POST",
    path: "/v1/Senders/Search",
    payload: searchBody.payload,
    success: SenderPage,
    errors: Listing.errorsOfOne
  }),
  resolve: Endpoint.make({
    ...reads,
    call: "Senders.resolve",
    operationId: "resolveSenders",
    description: "Find the best ways to reach a person, at most ten.",
    method: "POST",
    path: "/v1/Senders/Resolve",
    payload: resolveBody.payload,
    success: Resolutions,
    errors: Listing.errorsOfOne
  })
}
