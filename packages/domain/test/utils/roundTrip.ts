import { it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Arbitrary, Effect, Schema } from "effect"

// `JSON.parse` of Node 24.21 can read an escaped key as a backslash if another object has that key: it returns
// `{ x: { "\\": 1 }, y: { "\\": 1 } }` for the text of `{ x: { "\\": 1 }, y: { "\n": 1 } }`.
const hasEscapedKey = (text: string): boolean =>
  Array.from(text.matchAll(/"(?:[^"\\]|\\.)*"(:?)/g)).some(([string, colon]) => colon === ":" && string.includes("\\"))

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
      const encoded = yield* Schema.encodeEffect(text)(value)
      if (!hasEscapedKey(encoded)) assertEquals(yield* Schema.decodeEffect(text)(encoded), value)
    }))
}
