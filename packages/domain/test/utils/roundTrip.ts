import { it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Arbitrary, Effect, Schema } from "effect"

export const roundTrips = <A, E>(
  name: string,
  schema: Schema.Codec<A, E>,
  values: Arbitrary.Arbitrary<NoInfer<A>> = Arbitrary.schema(schema)
) => {
  const json = Schema.toCodecJson(schema)
  const text = Schema.fromJsonString(json)
  it.effect.prop(`${name} round-trips through JSON`, [values], ([value]) =>
    Effect.gen(function*() {
      assertEquals(yield* Schema.decodeEffect(json)(yield* Schema.encodeEffect(json)(value)), value)
      assertEquals(yield* Schema.decodeEffect(text)(yield* Schema.encodeEffect(text)(value)), value)
    }))
}
