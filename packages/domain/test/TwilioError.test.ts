import { TwilioError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema, Struct } from "effect"
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

  it.effect("has only the fields that the server sent", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(Object.keys(yield* decode({ message: "No.", context: null })), ["message", "context"])
    }))

  roundTrips("an error", TwilioError.TwilioError, normalizedErrors(TwilioError.TwilioError, (error) => [error]))
})

describe("TwilioErrors", () => {
  it.effect("keeps the order of the errors", () =>
    Effect.gen(function*() {
      const { errors } = yield* decodeEnvelope({ errors: [wire, { ...wire, code: 20001, context: "$.status" }] })
      assert.deepStrictEqual(errors.map(({ code, context }) => [code, context]), [[20404, null], [20001, "$.status"]])
    }))

  it.effect.each(["code", "message", "infoUrl", "context"])("requires %s", (field) =>
    Effect.gen(function*() {
      const body = { errors: [{ ...wire, [field]: undefined }] }
      assert.include(yield* rejection(TwilioError.TwilioErrors)(body), `["${field}"]`)
    }))

  it.effect.each([20404.5, "20404"])("rejects the code %j", (code) =>
    Effect.gen(function*() {
      assert.include(yield* rejection(TwilioError.TwilioErrors)({ errors: [{ ...wire, code }] }), `["code"]`)
    }))

  it.effect("encodes an absent code and link as 0 and an empty text", () =>
    Effect.gen(function*() {
      const errors = [new TwilioError.TwilioError({ message: "No.", context: null })]
      assert.deepStrictEqual(yield* Schema.encodeEffect(TwilioError.TwilioErrors)({ errors }), {
        errors: [{ code: 0, message: "No.", infoUrl: "", context: null }]
      })
    }))

  roundTrips(
    "an envelope",
    TwilioError.TwilioErrors,
    Arbitrary.map(
      normalizedErrors(TwilioError.TwilioErrors, ({ errors }) => errors),
      ({ errors }) => ({
        errors: errors.map((error) =>
          new TwilioError.TwilioError({ code: 1, infoUrl: "", ...Struct.omit(error, ["value"]) })
        )
      })
    )
  )
})

describe("fromBody", () => {
  const error = { code: 20404, message: "The resource was not found.", context: null }
  const infoUrl = "https://www.twilio.com/docs/api/errors/20404"

  it.each<readonly [body: unknown, errors: ReadonlyArray<object>]>([
    [{ errors: [wire] }, [{ ...error, infoUrl }]],
    [{ errors: [{ ...wire, code: "20404" }] }, [{ ...error, infoUrl }]],
    [{ errors: [{ message: "No." }] }, [{ message: "No.", context: null }]],
    [{ errors: [{ ...wire, code: null, infoUrl: 1, context: {} }] }, [{ message: wire.message, context: null }]],
    [{ errors: [{ ...wire, code: "soon" }] }, [{ message: wire.message, infoUrl, context: null }]],
    [{ errors: [{ ...wire, code: 20404.5 }] }, [{ message: wire.message, infoUrl, context: null }]],
    [{ errors: [{ ...wire, context: "$.id" }] }, [{ ...error, infoUrl, context: "$.id" }]],
    [{ errors: [null, "No.", {}, { code: 1 }, { message: 1 }, wire, []] }, [{ ...error, infoUrl }]],
    [{ code: 20404, message: wire.message, more_info: infoUrl, status: 404 }, [{ ...error, infoUrl }]],
    [{ code: "20404", message: wire.message }, [error]],
    [{ errors: null, code: 20404, message: wire.message }, [error]],
    [{ errors: [] }, []],
    [{ message: "Forbidden" }, []],
    [{ code: "ENOENT", message: "No such file" }, []],
    [{ code: 20404 }, []],
    [[wire], []],
    ["No.", []],
    [null, []]
  ])("reads %j", (body, errors) => {
    assert.deepStrictEqual(TwilioError.fromBody(body).map((error) => ({ ...error })), errors)
  })
})
