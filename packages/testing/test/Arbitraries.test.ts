import { CommsError, EmailOperation, MessageOperation, SenderPoolOperation } from "@effect-comms/domain"
import { Arbitraries } from "@effect-comms/testing"
import { assert, describe, it } from "@effect/vitest"
import "./utils/limits.ts"

describe("Arbitraries", () => {
  it.prop("operations", { operation: Arbitraries.models.SenderPoolOperation }, ({ operation }) => {
    assert.instanceOf(operation, SenderPoolOperation.SenderPoolOperation)
    assert.match(operation.id, /^comms_operation_[0-7][a-hjkmnpqrstv-z0-9]{25,34}$/)
  })

  it.prop("operations that send", {
    message: Arbitraries.models.MessageOperation,
    email: Arbitraries.models.EmailOperation
  }, ({ email, message }) => {
    assert.instanceOf(message, MessageOperation.MessageOperation)
    assert.instanceOf(email, EmailOperation.EmailOperation)
    for (const { counts } of [message, email]) assert.isAtLeast(counts.settled, counts.failed)
  })

  it.prop("errors", { error: Arbitraries.error }, ({ error }) => {
    assert.isTrue(CommsError.isCommsError(error))
    assert.isAbove(error.message.length, 10)
  })

  it("exist for each error", () => {
    assert.sameMembers(
      Object.keys(Arbitraries.errors),
      CommsError.CommsError.members.map((member) => member.fields._tag.schema.literal)
    )
  })
})
