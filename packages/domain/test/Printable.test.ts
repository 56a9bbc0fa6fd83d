import { Printable } from "@effect-comms/domain"
import { assert, it } from "@effect/vitest"

it.each([
  ["a colour", "\u001b[31mred\u0007", "[31mred"],
  ["line breaks", " a\r\n\tb\u0085c\u2028d\u2029e ", "a b c d e"],
  ["a change of the writing direction", "a\u202egpj.exe\u2066b", "a gpj.exe b"],
  ["invisible characters", "a\u200bb\ufeffc", "a b c"],
  ["plain text", "Größe: 5 µm, 東京", "Größe: 5 µm, 東京"]
])("printable of %s", (_, text, expected) => {
  assert.strictEqual(Printable.printable(text), expected)
})
