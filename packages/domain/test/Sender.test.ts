import { Sender } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { rejection } from "./utils/rejection.ts"
import { roundTrips } from "./utils/roundTrip.ts"

const wire = {
  id: "comms_sender_01h9krwprkeee8fzqspvwy6nq8",
  displayName: null,
  address: "+15550000001",
  channel: "SMS",
  status: "ACTIVATED",
  tags: {},
  createdAt: "2024-01-15T09:30:00Z",
  updatedAt: "2024-04-10T12:45:00Z"
}

const decode = Schema.decodeUnknownEffect(Sender.Sender)

describe("a Sender", () => {
  roundTrips("Sender", Sender.Sender)
  roundTrips("Resolution", Sender.Resolution)

  it.effect("keeps ids, channels and statuses that are not documented", () =>
    Effect.gen(function*() {
      const unknown = { ...wire, id: "sender-1", channel: "FAX", status: "PAUSED", displayName: "Sales", more: 1 }
      const { channel, displayName, id, status } = yield* decode(unknown)
      assert.deepEqual<unknown>([id, channel, status, displayName], ["sender-1", "FAX", "PAUSED", "Sales"])
    }))

  it.effect.each(Object.keys(wire))("requires %s", (name) =>
    Effect.gen(function*() {
      const { [name]: _omitted, ...rest } = { ...wire } as Record<string, unknown>
      assert.include(yield* rejection(Sender.Sender)(rest), `["${name}"]`)
    }))
})

it.effect.each([
  "",
  "comms_sender_",
  "comms_senderpool_01h9krwprkeee8fzqspvwy6nq8",
  `${wire.id}/..`,
  `${wire.id}\n`,
  wire.id.toUpperCase(),
  null
])(
  "the id %j of a caller is rejected",
  (id) =>
    Effect.gen(function*() {
      yield* rejection(Sender.SenderId)(id)
      assert.strictEqual(yield* Schema.decodeUnknownEffect(Sender.SenderId)(wire.id), wire.id)
    })
)

describe("the input", () => {
  const address = { address: "+15550000001", channel: "PHONE" }

  it.effect.each<[input: unknown, field: string]>([
    [{ address: "", channel: "SMS" }, "[\"address\"]"],
    [{ channel: "SMS" }, "[\"address\"]"],
    [{ address: "a" }, "[\"channel\"]"],
    [{ address: "a", channel: "FAX" }, "[\"channel\"]"],
    [{ address: "a", channel: "SMS", pageSize: 1001 }, "[\"pageSize\"]"]
  ])("of a search is rejected: %o", ([input, field]) =>
    Effect.gen(function*() {
      assert.include(yield* rejection(Sender.SearchParams)(input), field)
    }))

  it.effect.each<[input: unknown, expected: string]>([
    [{ recipientAddresses: [] }, "Expected 1 to 100 addresses, got 0"],
    [{ recipientAddresses: Array.from({ length: 101 }, () => address) }, "Expected 1 to 100 addresses, got 101"],
    [{ recipientAddresses: [address, { ...address, channel: "SMS" }] }, "[\"recipientAddresses\"][1][\"channel\"]"],
    [{ recipientAddresses: [address], senderPoolId: "x" }, "[\"senderPoolId\"]"],
    [{ recipientAddresses: [address], channels: { filterIn: ["FAX"] } }, "[\"channels\"][\"filterIn\"][0]"]
  ])("of a resolution is rejected: %o", ([input, expected]) =>
    Effect.gen(function*() {
      assert.include(yield* rejection(Sender.ResolveInput)(input), expected)
    }))

  it.effect("omits undefined fields", () =>
    Effect.gen(function*() {
      const input = { recipientAddresses: [address], senderPoolId: undefined, channels: undefined }
      assert.deepEqual(Object.keys(yield* Schema.decodeUnknownEffect(Sender.ResolveInput)(input)), [
        "recipientAddresses"
      ])
    }))
})
