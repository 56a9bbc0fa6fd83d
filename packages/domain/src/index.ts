/**
 * Models, tagged errors and the HTTP contract of the Comms API.
 *
 * @module @effect-comms/domain
 * @since 0.1.0
 */
export * as Accepted from "./Accepted.ts"
export * as Attempt from "./Attempt.ts"
export * as Checkpoint from "./Checkpoint.ts"
export * as CommsApi from "./CommsApi.ts"
export * as CommsError from "./CommsError.ts"
export * as EmailOperation from "./EmailOperation.ts"
export * as Endpoint from "./Endpoint.ts"
export * as FeedCheckpoint from "./FeedCheckpoint.ts"
export * as Input from "./Input.ts"
export * as MessageOperation from "./MessageOperation.ts"
export * as Operation from "./Operation.ts"
export * as OperationFamily from "./OperationFamily.ts"
export * as Outcome from "./Outcome.ts"
export * as Page from "./Page.ts"
export * as Pagination from "./Pagination.ts"
export * as Printable from "./Printable.ts"
export * as Sender from "./Sender.ts"
export * as SenderPool from "./SenderPool.ts"
export * as SenderPoolError from "./SenderPoolError.ts"
export * as SenderPoolOperation from "./SenderPoolOperation.ts"
export * as Tags from "./Tags.ts"
export * as Timestamp from "./Timestamp.ts"
export * as TwilioError from "./TwilioError.ts"
export * as WaitCheckpoint from "./WaitCheckpoint.ts"
export * as WaitError from "./WaitError.ts"
