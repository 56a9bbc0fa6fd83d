// Lists operations with promises.
import { TwilioClient } from "@effect-comms/promise"

const client = new TwilioClient()

export const ids: Array<string> = []

for await (const { id } of client.senderPools.listOperations()) ids.push(id)
