/**
 * An Effect client for the Comms API.
 *
 * @module @effect-comms/client
 * @since 0.1.0
 */
export * as Attempts from "./Attempts.ts"
export * as Comms from "./Comms.ts"
export * as CommsClient from "./CommsClient.ts"
export * as Credentials from "./Credentials.ts"
export * as EmailOperations from "./EmailOperations.ts"
export * as Feed from "./Feed.ts"
export * as FlowControl from "./FlowControl.ts"
export * as MessageOperations from "./MessageOperations.ts"
export * as Operations from "./Operations.ts"
export * as Paging from "./Paging.ts"
export * as RetryPolicy from "./RetryPolicy.ts"
export * as SenderPoolChanges from "./SenderPoolChanges.ts"
export * as SenderPoolOperations from "./SenderPoolOperations.ts"
export * as SenderPools from "./SenderPools.ts"
export * as Senders from "./Senders.ts"
export * as Waiting from "./Waiting.ts"
export * as Windows from "./Windows.ts"
