/**
 * The data of the Comms API: times are `Date`s, and durations are milliseconds.
 *
 * @since 0.1.0
 */
import type { InvalidItemError } from "./errors.ts"
import type { CallOptions, WaitOptions } from "./options.ts"

/**
 * One of the documented texts, or any text that the API adds later.
 *
 * @category models
 * @since 0.1.0
 */
export type Open<Known extends string> = Known | (string & {})

/**
 * The documented statuses of operations. Only operations that send have `SCHEDULED`.
 *
 * @category models
 * @since 0.1.0
 */
export type OperationStatus = "PROCESSING" | "COMPLETED" | "CANCELED"

/**
 * The documented channels of Senders.
 *
 * @category models
 * @since 0.1.0
 */
export type Channel = "SMS" | "RCS" | "EMAIL" | "WHATSAPP" | "PUSH"

/**
 * The documented statuses of Senders.
 *
 * @category models
 * @since 0.1.0
 */
export type SenderStatus = "ACTIVATED" | "DEACTIVATED"

/**
 * Pairs of a key and a value that describe a SenderPool or a Sender.
 *
 * @category models
 * @since 0.1.0
 */
export type Tags = { readonly [key: string]: string }

interface Resource {
  readonly id: string
  readonly createdAt: Date
  readonly updatedAt: Date
}

/**
 * Asynchronous work. COMPLETED ends the processing, even if some items failed: see `stats`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Operation<Status extends string, Stats> extends Resource {
  readonly status: Open<Status>
  /** The number of items in each state. They need not add up to `total`. */
  readonly stats: Stats
}

/**
 * The work of creating a SenderPool or adding Senders to it.
 *
 * @category models
 * @since 0.1.0
 */
export type SenderPoolOperation = Operation<
  OperationStatus,
  { readonly [Name in "total" | "queued" | "created" | "failed"]: number }
>

type SendStatus = OperationStatus | "SCHEDULED"

type SendStats<Name extends string> =
  & {
    readonly [
      N in
        | "total"
        | "recipients"
        | "attempts"
        | "scheduled"
        | "queued"
        | "sent"
        | "delivered"
        | "undelivered"
        | "failed"
        | "canceled"
        | Name
    ]?: number
  }
  & { readonly [name: string]: number | undefined }

/**
 * The work of sending messages. Any counter can be absent, and the API can add others.
 *
 * @category models
 * @since 0.1.0
 */
export type MessageOperation = Operation<SendStatus, SendStats<"unaddressable" | "read">>

/**
 * The work of sending emails. Any counter can be absent, and the API can add others.
 *
 * @category models
 * @since 0.1.0
 */
export type EmailOperation = Operation<SendStatus, SendStats<"opened">>

/**
 * A named set of Senders.
 *
 * @category models
 * @since 0.1.0
 */
export interface SenderPool extends Resource {
  readonly name: string
  readonly tags: Tags
}

/**
 * An identity that an account sends from, such as a phone number.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sender extends Resource {
  readonly displayName: string | null
  readonly address: string
  readonly channel: Open<Channel>
  readonly status: Open<SenderStatus>
  readonly tags: Tags
}

/**
 * A way to reach a person. The lower the `priority`, the better.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resolution {
  readonly from: {
    readonly senderId: string
    readonly displayName: string | null
    readonly channel: Open<Channel>
    readonly address: string
  }
  readonly to: { readonly address: string; readonly channel: string }
  readonly priority: number
}

/**
 * The server accepted an operation. Wait for it with `waitForOperation`.
 *
 * @category models
 * @since 0.1.0
 */
export interface AcceptedOperation {
  readonly operationId: string
  readonly operationLocation?: string
}

/**
 * The server accepted a change that has no operation.
 *
 * @category models
 * @since 0.1.0
 */
export interface AcceptedChange {
  readonly resourceId?: string
  readonly resourceLocation?: string
}

/**
 * One page of a list, with its items under the name of their resource.
 *
 * @category models
 * @since 0.1.0
 */
export type Page<Key extends string, Item> = { readonly [K in Key]: ReadonlyArray<Item> } & {
  readonly pagination: { readonly next: string | null; readonly self: string }
  /** An error for each item that does not match its type. */
  readonly invalid: ReadonlyArray<InvalidItemError>
}

/**
 * A list. Awaiting it sends one request and gives one page. Iterating it gives every item of every page.
 *
 * @category models
 * @since 0.1.0
 */
export interface List<Key extends string, Item> extends Promise<Page<Key, Item>>, AsyncIterable<Item> {}

/**
 * The parameters of a list: its own filters, the period and the paging.
 *
 * @category models
 * @since 0.1.0
 */
export type ListParams<Filters> = { readonly [Name in keyof Filters]?: Filters[Name] | undefined } & {
  /** List resources created after this time. Default no limit. */
  readonly startDate?: Date | undefined
  /** List resources created before this time. Default no limit. */
  readonly endDate?: Date | undefined
  /** The token of the page to start with. Default the first page. */
  readonly pageToken?: string | undefined
  /** The number of resources in a page. Default 50. Range 1 to 1000. */
  readonly pageSize?: number | undefined
}

type SenderFilters = { readonly channel: Channel; readonly status: SenderStatus }

/**
 * The addresses of one person, and the Senders to choose from.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResolveInput {
  /** The addresses of one person. Range 1 to 100. */
  readonly recipientAddresses: ReadonlyArray<{
    readonly address: string
    readonly channel: "PHONE" | "WHATSAPP" | "EMAIL"
  }>
  /** Default every Sender of the account. */
  readonly senderPoolId?: string | undefined
  readonly channels?: {
    readonly filterIn?: ReadonlyArray<Channel>
    readonly priority?: ReadonlyArray<{ readonly channel: Channel; readonly priority: number }>
  } | undefined
}

/**
 * The changes of a SenderPool. A field that is absent stays as it is.
 *
 * @category models
 * @since 0.1.0
 */
export interface SenderPoolUpdate {
  readonly name?: string | undefined
  readonly tags?: Tags | undefined
}

/**
 * A new SenderPool.
 *
 * @category models
 * @since 0.1.0
 */
export interface SenderPoolCreate extends SenderPoolUpdate {
  readonly senders?: ReadonlyArray<{ readonly senderId: string }> | undefined
}

/**
 * The operations of a resource.
 *
 * @category models
 * @since 0.1.0
 */
export interface Operations<A extends Operation<string, unknown>, Status extends string> {
  listOperations(params?: ListParams<{ status: Status }>, options?: CallOptions): List<"operations", A>
  fetchOperation(operationId: string, options?: CallOptions): Promise<A>
  /** Waits for the end of an operation. Concurrent waits for one operation share its polls. */
  waitForOperation(operationId: string, options?: WaitOptions<A>): Promise<A>
}

/**
 * SenderPools, their Senders and their operations.
 *
 * @category models
 * @since 0.1.0
 */
export interface SenderPools extends Operations<SenderPoolOperation, OperationStatus> {
  list(params?: ListParams<{ operationId: string }>, options?: CallOptions): List<"senderPools", SenderPool>
  /** Creates a pool. To find it, list the pools by `operationId` when the operation has ended. */
  create(input: SenderPoolCreate, options?: CallOptions): Promise<AcceptedOperation>
  fetch(senderPoolId: string, options?: CallOptions): Promise<SenderPool>
  update(senderPoolId: string, input: SenderPoolUpdate, options?: CallOptions): Promise<AcceptedChange>
  delete(senderPoolId: string, options?: CallOptions): Promise<AcceptedChange>
  listSenders(senderPoolId: string, params?: ListParams<SenderFilters>, options?: CallOptions): List<"senders", Sender>
  /** Adds 1 to 1,000 Senders. */
  addSender(
    senderPoolId: string,
    senders: ReadonlyArray<{ readonly senderId: string }>,
    options?: CallOptions
  ): Promise<AcceptedOperation>
  removeSender(senderPoolId: string, senderId: string, options?: CallOptions): Promise<AcceptedChange>
}

/**
 * Senders.
 *
 * @category models
 * @since 0.1.0
 */
export interface Senders {
  list(params?: ListParams<SenderFilters>, options?: CallOptions): List<"senders", Sender>
  fetch(senderId: string, options?: CallOptions): Promise<Sender>
  search(
    params:
      & { readonly address: string; readonly channel: Channel }
      & Omit<ListParams<SenderFilters>, "startDate" | "endDate">,
    options?: CallOptions
  ): List<"senders", Sender>
  /** Finds the best ways to reach a person, at most ten. */
  resolve(input: ResolveInput, options?: CallOptions): Promise<{ readonly results: ReadonlyArray<Resolution> }>
}

/**
 * The methods of a client by resource.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resources {
  readonly senderPools: SenderPools
  readonly senders: Senders
  readonly messages: Operations<MessageOperation, SendStatus>
  readonly emails: Operations<EmailOperation, SendStatus>
}
