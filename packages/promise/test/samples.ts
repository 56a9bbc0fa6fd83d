// The calls that Twilio's documentation shows, with the arguments that it shows. `types.test.ts` compiles this module
// in a project without Effect.
import type { TwilioClient } from "@effect-comms/promise"

export const operationId = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"
export const senderPoolId = "comms_senderpool_01h9krwprkeee8fzqspvwy6nq8"
export const senderId = "comms_sender_01h9krwprkeee8fzqspvwy6nq8"

const page = {
  startDate: new Date("2024-01-15T09:30:00Z"),
  endDate: new Date("2024-01-15T09:30:00Z"),
  pageToken: "pageToken",
  pageSize: 50
}

export const samples = ({ emails, messages, senderPools, senders }: TwilioClient) => ({
  "senderPools.list": () => senderPools.list({ ...page, operationId }),
  "senderPools.create": () => senderPools.create({ name: "Sales Leads - APAC", tags: { region: "APAC" } }),
  "senderPools.fetch": () => senderPools.fetch(senderPoolId),
  "senderPools.update": () =>
    senderPools.update(senderPoolId, { name: "Customer Support Senders - Tier 1", tags: { tier: "1" } }),
  "senderPools.addSender": () => senderPools.addSender(senderPoolId, [{ senderId }]),
  "senderPools.listSenders": () =>
    senderPools.listSenders(senderPoolId, { ...page, channel: "SMS", status: "ACTIVATED" }),
  "senderPools.removeSender": () => senderPools.removeSender(senderPoolId, senderId),
  "senderPools.delete": () => senderPools.delete(senderPoolId),
  "senderPools.listOperations": () => senderPools.listOperations({ ...page, status: "PROCESSING" }),
  "senderPools.fetchOperation": () => senderPools.fetchOperation(operationId),
  "senders.list": () => senders.list({ ...page, channel: "SMS", status: "ACTIVATED" }),
  "senders.fetch": () => senders.fetch(senderId),
  "senders.search": () => senders.search({ address: "+14153902337", channel: "SMS" }),
  "senders.resolve": () =>
    senders.resolve({
      recipientAddresses: [
        { address: "+14153902337", channel: "PHONE" },
        { address: "+14153902337", channel: "WHATSAPP" },
        { address: "person@example.com", channel: "EMAIL" }
      ]
    }),
  "messages.listOperations": () => messages.listOperations({ ...page, status: "SCHEDULED" }),
  "messages.fetchOperation": () => messages.fetchOperation(operationId),
  "emails.listOperations": () => emails.listOperations({ ...page, status: "SCHEDULED" }),
  "emails.fetchOperation": () => emails.fetchOperation(operationId)
})
