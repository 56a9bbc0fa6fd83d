// The same program with promises. All requests of an isolate share one client.
import { CommsError, TwilioClient } from "@effect-comms/promise"
import type { Input, Output } from "./program.js"

let client: TwilioClient | undefined

const retried: Array<string> = []

export const main = async ({ accountSid, authToken, baseUrl, operationId }: Input): Promise<Output> => {
  client ??= new TwilioClient({
    accountId: accountSid,
    authToken,
    baseUrl,
    onRetry: ({ attempt }) => retried.push(attempt.outcome)
  })
  retried.length = 0
  let streamed = 0
  for await (const { createdAt } of client.senderPools.listOperations({ pageSize: 100 })) {
    if (createdAt instanceof Date) streamed++
  }
  const outcome = await client.senderPools.waitForOperation(operationId)
  const absent = await client.senderPools.fetchOperation("comms_operation_00000000000000000000000000").catch(
    (error: unknown) => error instanceof CommsError ? error.name : String(error)
  )
  const page = await client.messages.listOperations({ pageSize: 10 })
  return {
    streamed,
    retried: [...retried],
    outcome: outcome.status,
    absent: typeof absent === "string" ? absent : absent.id,
    readable: page.operations.length,
    invalid: page.invalid.map(({ name }) => name)
  }
}
