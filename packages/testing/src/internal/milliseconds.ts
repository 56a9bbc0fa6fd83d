import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

export const Milliseconds = Schema.DurationFromMillis.check(
  Schema.makeFilter((duration) => !Duration.isNegative(duration), { expected: "a duration that is not negative" })
)
