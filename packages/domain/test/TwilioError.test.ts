import { TwilioError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { rejection } from "./utils/rejection.ts"
import { roundTrips } from "./utils/roundTrip.ts"
import { normalizedErrors } from "./utils/values.ts"

const decode = Schema.decodeUnknownEffect(TwilioError.TwilioError)
const decodeEnvelope = Schema.decodeUnknownEffect(TwilioError.TwilioErrors)

const wire = {
  code: 20404,
  message: "The resource was not found.",
  infoUrl: "/docs/api/errors/20404",
  context: "null"
}

describe("TwilioError", () => {
  it.effect.each(
    [
      ["/docs/api/errors/20404", "https://www.twilio.com/docs/api/errors/20404"],
      ["https://www.twilio.com/docs/api/errors/20404", "https://www.twilio.com/docs/api/errors/20404"],
      ["//example.com/x", "//example.com/x"],
      ["", ""]
    ] as const
  )("infoUrl %j", ([infoUrl, expected]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* decode({ ...wire, infoUrl })).infoUrl, expected)
    }))

  it.effect.each([["null", null], [null, null], ["$.pageSize", "$.pageSize"], ["", ""]] as const)(
    "context %j",
    ([context, expected]) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* decode({ ...wire, context })).context, expected)
      })
  )

  it.effect("ignores unknown fields", () =>
    Effect.gen(function*() {
      const error = yield* decode({ ...wire, userError: true })
      assert.hasAllKeys(error, ["code", "context", "infoUrl", "message"])
    }))

  it.effect.each(["code", "message", "infoUrl", "context"])("requires %s", (field) =>
    Effect.gen(function*() {
      assert.include(yield* rejection(TwilioError.TwilioError)({ ...wire, [field]: undefined }), `["${field}"]`)
    }))

  it.effect.each([20404.5, "20404"])("rejects the code %j", (code) =>
    Effect.gen(function*() {
      assert.include(yield* rejection(TwilioError.TwilioError)({ ...wire, code }), `["code"]`)
    }))

  roundTrips("an error", TwilioError.TwilioError, normalizedErrors(TwilioError.TwilioError, (error) => [error]))
})

describe("TwilioErrors", () => {
  it.effect("keeps the order of the errors", () =>
    Effect.gen(function*() {
      const { errors } = yield* decodeEnvelope({ errors: [wire, { ...wire, code: 20001, context: "$.status" }] })
      assert.deepStrictEqual(errors.map(({ code, context }) => [code, context]), [[20404, null], [20001, "$.status"]])
    }))

  roundTrips(
    "an envelope",
    TwilioError.TwilioErrors,
    normalizedErrors(TwilioError.TwilioErrors, ({ errors }) => errors)
  )
})
