import { SenderPool } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { rejection } from "./utils/rejection.ts"
import { roundTrips } from "./utils/roundTrip.ts"

const senderPoolId = "comms_senderpool_01h9krwprkeee8fzqspvwy6nq8"

const sendersOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ senderId: `comms_sender_0${String(n).padStart(25, "0")}` }))

describe("a SenderPool", () => {
  roundTrips("SenderPool", SenderPool.SenderPool)

  it.effect("keeps an id that is not documented", () =>
    Effect.gen(function*() {
      const pool = yield* Schema.decodeUnknownEffect(SenderPool.SenderPool)({
        id: "pool-1",
        name: "",
        tags: {},
        createdAt: "2024-01-15T09:30:00Z",
        updatedAt: "2024-01-15T09:30:00Z"
      })
      assert.strictEqual<string>(pool.id, "pool-1")
    }))
})

describe("the input", () => {
  it.effect("of a new pool can be empty or have 10,000 Senders", () =>
    Effect.gen(function*() {
      const decode = Schema.decodeUnknownEffect(SenderPool.CreateInput)
      assert.deepEqual(Object.keys(yield* decode({ name: undefined, senders: undefined })), [])
      const full = yield* decode({ name: "A", senders: sendersOf(10_000), tags: { region: "APAC" } })
      assert.lengthOf(full.senders ?? [], 10_000)
    }))

  it.effect.each<[name: string, schema: Schema.Codec<unknown, unknown>, input: unknown, expected: string]>([
    ["10,001 Senders", SenderPool.CreateInput, { senders: sendersOf(10_001) }, "0 to 10000 Senders, got 10001"],
    ["1,001 Senders", SenderPool.AddSendersInput, sendersOf(1_001), "1 to 1000 Senders, got 1001"],
    ["no Sender", SenderPool.AddSendersInput, [], "1 to 1000 Senders, got 0"],
    ["an id", SenderPool.AddSendersInput, [...sendersOf(2), { senderId: "" }], "[2][\"senderId\"]"],
    ["tags", SenderPool.UpdateInput, { tags: { "": "" } }, "[\"tags\"]"],
    ["the pool", SenderPool.ListSendersParams, { channel: "SMS" }, "[\"senderPoolId\"]"],
    ["the channel", SenderPool.ListSendersParams, { senderPoolId, channel: "FAX" }, "[\"channel\"]"],
    ["the operation", SenderPool.ListParams, { operationId: senderPoolId }, "[\"operationId\"]"]
  ])("is rejected for %s", ([, schema, input, expected]) =>
    Effect.gen(function*() {
      const message = yield* rejection(schema)(input)
      assert.include(message, expected)
      assert.isBelow(message.length, 500)
    }))
})
