/**
 * @since 0.1.0
 */
export * as Attempt from "./Attempt.ts"
export * as Checkpoint from "./Checkpoint.ts"
export * as CommsApi from "./CommsApi.ts"
export * as CommsError from "./CommsError.ts"
export * as Endpoint from "./Endpoint.ts"
export * as FeedCheckpoint from "./FeedCheckpoint.ts"
export * as Input from "./Input.ts"
export * as Operation from "./Operation.ts"
export * as Outcome from "./Outcome.ts"
export * as Pagination from "./Pagination.ts"
export * as SenderPoolOperation from "./SenderPoolOperation.ts"
export * as Timestamp from "./Timestamp.ts"
export * as TwilioError from "./TwilioError.ts"
export * as WaitCheckpoint from "./WaitCheckpoint.ts"
export * as WaitError from "./WaitError.ts"
