// How a program uses the types. `types.test.ts` compiles this module in a project without Effect.
import {
  CommsError,
  type EmailOperation,
  InvalidInputError,
  type List,
  NotFoundError,
  type SenderPoolOperation,
  TooManyRequestsError,
  TwilioClient,
  WaitTimeoutError
} from "@effect-comms/promise"

export const main = async (signal: AbortSignal): Promise<string> => {
  await using client = new TwilioClient({
    accountId: "AC1",
    authToken: "token",
    baseUrl: new URL("http://localhost:1"),
    fetch: (input, init) => fetch(input, init),
    retry: { maxAttempts: 3 },
    onRetry: ({ delay, error }) => `${error.name} ${delay.toFixed()}`
  })
  const list: List<"operations", SenderPoolOperation> = client.senderPools.listOperations(
    { status: "COMPLETED", startDate: new Date(0) },
    { signal, timeout: 1000, maxAttempts: 1 }
  )
  const { operations, pagination } = await list
  const next: string | null = pagination.next
  for await (const operation of client.emails.listOperations({ status: "SCHEDULED" })) {
    const sent: number | undefined = operation.stats.opened
    if (sent === 0) break
  }
  // @ts-expect-error: not a documented status of these operations
  client.senderPools.listOperations({ status: "SCHEDULED" })
  // @ts-expect-error: the address of a search is required
  client.senders.search({ channel: "SMS" })
  const ended: EmailOperation = await client.emails.waitForOperation("id", {
    onProgress: ({ fraction, operation }) => `${operation.createdAt.toISOString()} ${fraction?.toFixed(1)}`
  })
  switch (ended.status) {
    case "COMPLETED":
    case "CANCELED":
      return `${operations.length} ${next}`
    default: {
      const other: string = ended.status
      return other
    }
  }
}

export const explain = (error: unknown): string => {
  if (error instanceof NotFoundError) return `${error.errors[0]?.code} ${error.requestId}`
  if (error instanceof TooManyRequestsError) return `${error.retryAfter} ${error.attempts.length}`
  if (error instanceof InvalidInputError) return error.field
  if (error instanceof WaitTimeoutError) return error.last?.status ?? "not found"
  return error instanceof CommsError ? `${error.status} ${error.name.toUpperCase()}` : ""
}
