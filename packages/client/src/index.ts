/**
 * @since 0.1.0
 */
export * as CommsClient from "./CommsClient.ts"
export * as Credentials from "./Credentials.ts"
export * as Paging from "./Paging.ts"
export * as RetryPolicy from "./RetryPolicy.ts"
export * as SenderPoolOperations from "./SenderPoolOperations.ts"
