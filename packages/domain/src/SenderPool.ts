/**
 * SenderPools: named sets of Senders that a message can be sent from.
 *
 * Creating a pool and adding Senders make an operation. All other changes are accepted without one.
 *
 * @module
 * @see https://www.twilio.com/docs/comms/sender-pools
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Accepted from "./Accepted.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Body from "./internal/body.ts"
import * as Listing from "./internal/listing.ts"
import * as Ids from "./internal/senderIds.ts"
import { OperationId } from "./Operation.ts"
import * as Page from "./Page.ts"
import * as Sender from "./Sender.ts"
import { Tags, TagsFromCaller } from "./Tags.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * The id of a SenderPool, as callers give it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SenderPoolId = Ids.senderPool.fromCaller.pipe(Schema.brand("SenderPoolId"))

export type SenderPoolId = typeof SenderPoolId.Type

/**
 * A SenderPool.
 *
 * **Details**
 *
 * A pool does not have the number of its Senders or the operation that created it.
 *
 * @category models
 * @since 0.1.0
 */
export class SenderPool extends Schema.Class<SenderPool>("SenderPool")({
  id: Ids.senderPool.fromServer.pipe(Schema.brand("SenderPoolId")),
  name: Schema.String,
  tags: Tags,
  createdAt: Timestamp,
  updatedAt: Timestamp
}, { description: "A named set of Senders." }) {}

/**
 * One page of SenderPools.
 *
 * @category models
 * @since 0.1.0
 */
export const SenderPoolPage = Page.make({
  key: "senderPools",
  item: SenderPool,
  identifier: "SenderPoolPage",
  description: "One page of SenderPools."
})

export type SenderPoolPage = Page.Page<"senderPools", SenderPool>

/**
 * The filters and paging of a list of SenderPools.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListParams extends Listing.Range {
  /** List the SenderPool that this operation created. Default every SenderPool. */
  readonly operationId?: string | undefined
}

const filters = { operationId: OperationId }

/**
 * Checks the parameters of a list and turns them into its query.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ListParams = Listing.Params(filters, {})

const SenderRef = Schema.Struct({ senderId: Sender.SenderId })

/**
 * The maximum number of Senders in one request.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxSenders = { create: 10_000, add: 1_000 } as const

// Unlike `Schema.isBetween`, the filter does not show the array.
const senders = (min: number, max: number) =>
  Schema.Array(SenderRef).check(
    Schema.makeFilter(({ length }: ReadonlyArray<unknown>) =>
      length >= min && length <= max ? undefined : `Expected ${min} to ${max} Senders, got ${length}`, {
      toJsonSchema: () => ({ minItems: min, maxItems: max })
    })
  )

/**
 * A Sender to add to a pool.
 *
 * @category models
 * @since 0.1.0
 */
export interface SenderRef {
  readonly senderId: string
}

/**
 * A new SenderPool.
 *
 * @category models
 * @since 0.1.0
 */
export interface CreateInput {
  readonly name?: string | undefined
  /** At most 10,000 Senders. */
  readonly senders?: ReadonlyArray<SenderRef> | undefined
  /** See `Tags.TagsFromCaller` for the limits. */
  readonly tags?: Tags | undefined
}

const createBody = Body.make({}, { name: Schema.String, senders: senders(0, maxSenders.create), tags: TagsFromCaller })

/**
 * Checks a {@link CreateInput} and turns it into its body.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CreateInput = createBody.input

/**
 * The changes of a SenderPool. A field that is absent stays as it is.
 *
 * **Gotchas**
 *
 * The API does not document whether new tags are merged with the present ones or replace them.
 *
 * @category models
 * @since 0.1.0
 */
export interface UpdateInput extends Omit<CreateInput, "senders"> {}

const updateBody = Body.make({}, { name: Schema.String, tags: TagsFromCaller })

/**
 * Checks an {@link UpdateInput} and turns it into its body.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UpdateInput = updateBody.input

/**
 * The pool whose Senders are listed, and the filters and paging of the list.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListSendersParams extends Sender.ListParams {
  readonly senderPoolId: string
}

/**
 * Checks {@link ListSendersParams}, and turns them into the query and the id of the pool.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ListSendersParams = Listing.Params(Sender.filters, { senderPoolId: SenderPoolId })

/**
 * The id of the pool with the query, which the positions and checkpoints of a stream store.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ListSendersQuery = Schema.Struct({ senderPoolId: SenderPoolId, ...Sender.endpoints.list.query.fields })

/**
 * The Senders that one request adds: 1 to 1,000.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AddSendersInput = senders(1, maxSenders.add)

const none = { params: Schema.Struct({}), query: Schema.Struct({}), payload: Schema.Void }

const ofPool = { ...none, params: Schema.Struct({ senderPoolId: SenderPoolId }) }

const makesOperation = {
  readOnly: false,
  success: Accepted.AcceptedOperation,
  fromAnswer: Accepted.operationFromAnswer
} as const

const changes = { readOnly: false, success: Accepted.AcceptedChange, fromAnswer: Accepted.changeFromAnswer } as const

/**
 * The endpoints of SenderPools and of their Senders.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const endpoints = {
  list: Endpoint.make({
    ...none,
    call: "SenderPools.list",
    operationId: "listSenderPools",
    description: "List SenderPools, page by page.",
    method: "GET",
    readOnly: true,
    path: "/v1/SenderPools",
    query: Listing.Query(filters),
    success: SenderPoolPage,
    errors: Listing.errors
  }),
  create: Endpoint.make({
    ...none,
    ...makesOperation,
    call: "SenderPools.create",
    operationId: "createSenderPool",
    description: "Create a SenderPool. An operation tracks the work.",
    method: "POST",
    path: "/v1/SenderPools",
    payload: createBody.payload,
    check: "List the SenderPools that were created since then, and look for the name of the pool.",
    errors: Listing.errors
  }),
  fetch: Endpoint.make({
    ...ofPool,
    call: "SenderPools.fetch",
    operationId: "fetchSenderPool",
    description: "Fetch a SenderPool by its id.",
    method: "GET",
    readOnly: true,
    path: "/v1/SenderPools/:senderPoolId",
    success: SenderPool,
    errors: Listing.errorsOfOne,
    answers: ({ senderPoolId }, { id }) => id === senderPoolId
  }),
  update: Endpoint.make({
    ...ofPool,
    ...changes,
    call: "SenderPools.update",
    operationId: "updateSenderPool",
    description: "Change the name or the tags of a SenderPool.",
    method: "PATCH",
    path: "/v1/SenderPools/:senderPoolId",
    payload: updateBody.payload,
    check: "Fetch the SenderPool, and compare its name and its tags.",
    errors: Listing.errorsOfOne
  }),
  delete: Endpoint.make({
    ...ofPool,
    ...changes,
    call: "SenderPools.delete",
    operationId: "deleteSenderPool",
    description: "Delete a SenderPool.",
    method: "DELETE",
    path: "/v1/SenderPools/:senderPoolId",
    check: "Fetch the SenderPool. NotFound means that it was deleted.",
    errors: Listing.errorsOfOne
  }),
  listSenders: Endpoint.make({
    ...ofPool,
    call: "SenderPools.listSenders",
    operationId: "listSenderPoolSenders",
    description: "List the Senders of a SenderPool, page by page.",
    method: "GET",
    readOnly: true,
    path: "/v1/SenderPools/:senderPoolId/Senders",
    query: Sender.endpoints.list.query,
    success: Sender.SenderPage,
    errors: Listing.errorsOfOne
  }),
  addSenders: Endpoint.make({
    ...ofPool,
    ...makesOperation,
    call: "SenderPools.addSenders",
    operationId: "addSenderPoolSenders",
    description: "Add Senders to a SenderPool. An operation tracks the work.",
    method: "POST",
    path: "/v1/SenderPools/:senderPoolId/Senders",
    payload: AddSendersInput,
    check: "List the Senders of the SenderPool, and compare them with the ones that were added.",
    errors: Listing.errorsOfOne
  }),
  removeSender: Endpoint.make({
    ...ofPool,
    ...changes,
    call: "SenderPools.removeSender",
    operationId: "removeSenderPoolSender",
    description: "Remove a Sender from a SenderPool.",
    method: "DELETE",
    path: "/v1/SenderPools/:senderPoolId/Senders/:senderId",
    params: Schema.Struct({ senderPoolId: SenderPoolId, senderId: Sender.SenderId }),
    check: "List the Senders of the SenderPool, and look for the Sender.",
    errors: Listing.errorsOfOne
  })
}
