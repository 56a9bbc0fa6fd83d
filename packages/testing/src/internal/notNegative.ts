import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

export const notNegative = Schema.makeFilter((duration: Duration.Duration) => !Duration.isNegative(duration), {
  expected: "a duration that is not negative"
})
