// A program that does not close its client.
import { TooManyRequestsError, TwilioClient } from "@effect-comms/promise"
import process from "node:process"
import { credentials } from "./emulator.ts"

const client = new TwilioClient(credentials)
const { operations } = await client.senderPools.listOperations({ pageSize: 2 })
const iterator = client.senderPools.listOperations({ pageSize: 2 })[Symbol.asyncIterator]()
await iterator.next()
await client.senderPools.waitForOperation(operations[0]?.id ?? "")
try {
  await client.emails.listOperations()
} catch (error) {
  if (error instanceof TooManyRequestsError) process.stdout.write(`${operations.length} ${error.retryAfter}`)
}
