import { Accepted } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { rejection } from "./utils/rejection.ts"
import { roundTrips } from "./utils/roundTrip.ts"

const id = "comms_operation_01h9krwprkeee8fzqspvwy6nq8"
const other = "comms_operation_01h9krwprkeee8fzqspvwy6nq9"
const url = (id: string) => `https://comms.twilio.com/v1/SenderPools/Operations/${id}`

const decodeOperation = Schema.decodeUnknownEffect(Accepted.AcceptedOperation)

describe("an accepted operation", () => {
  roundTrips("AcceptedOperation", Accepted.AcceptedOperation)

  it.effect.each<[from: string, body: unknown, headers: Readonly<Record<string, string>>]>([
    ["the body", { operationId: id, operationLocation: url(other) }, { "operation-id": other, location: url(other) }],
    ["the header operation-id", { operationLocation: url(other) }, { "operation-id": id, location: url(other) }],
    ["the header operationId", {}, { operationid: id, location: url(other) }],
    ["Location, without a body", undefined, { location: url(id) }],
    ["Location before the body's location", { operationLocation: url(other) }, { location: `${url(id)}/?a=b` }],
    ["a relative Location", "text", { location: `/v1/SenderPools/Operations/${id}` }],
    ["the body's location", { operationId: null, operationLocation: url(id) }, {}],
    ["the header operation-location", { operationId: "" }, { "operation-id": "", "operation-location": url(id) }],
    ["the header operationLocation", [], { operationlocation: url(id) }]
  ])("has its id from %s", ([, body, headers]) =>
    Effect.gen(function*() {
      const accepted = yield* decodeOperation(Accepted.operationFromAnswer({ body, headers }))
      assert.strictEqual(accepted.operationId, id)
    }))

  it.effect("has any id of the body, also of a form that is not documented", () =>
    Effect.gen(function*() {
      const operationId = "comms_operation_01h9ksxq9v7b2m4r5t6y7z8a9"
      const accepted = yield* decodeOperation(Accepted.operationFromAnswer({ body: { operationId }, headers: {} }))
      assert.strictEqual(accepted.operationId, operationId)
      assert.notProperty(accepted, "operationLocation")
    }))

  it.effect.each([
    {},
    { location: "https://comms.twilio.com/v1/SenderPools/comms_senderpool_01h9krwprkeee8fzqspvwy6nq8" },
    { location: `https://example.com/x${id}` }
  ])("is rejected without an id: %o", (headers) =>
    Effect.gen(function*() {
      const answer = Accepted.operationFromAnswer({ body: { operation_id: id }, headers })
      assert.include(yield* rejection(Accepted.AcceptedOperation)(answer), "[\"operationId\"]")
    }))
})

describe("an accepted change", () => {
  roundTrips("AcceptedChange", Accepted.AcceptedChange)

  const resourceLocation = "https://comms.twilio.com/v1/SenderPools/p"

  it.effect.each<[body: unknown, headers: Readonly<Record<string, string>>, expected: object]>([
    [{ resourceId: "p", resourceLocation }, { location: "x" }, { resourceId: "p", resourceLocation }],
    [undefined, { location: resourceLocation }, { resourceLocation }],
    [undefined, { "resource-location": resourceLocation }, { resourceLocation }],
    [{ resourceId: 5 }, {}, {}],
    ["deleted", {}, {}],
    [null, {}, {}]
  ])("is read from %o and %o", ([body, headers, expected]) =>
    Effect.gen(function*() {
      const accepted = yield* Schema.decodeUnknownEffect(Accepted.AcceptedChange)(
        Accepted.changeFromAnswer({ body, headers })
      )
      assert.deepEqual<object>({ ...accepted }, expected)
    }))
})
