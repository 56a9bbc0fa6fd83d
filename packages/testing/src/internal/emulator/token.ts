import * as Base64 from "effect/encoding/Base64"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { uint32 } from "../seeded.ts"

/** What a page token of the emulator says: where the page begins, of which list, and when the token was given. */
export const Token = Schema.Struct({
  /** The position of the page's first operation. */
  at: Schema.Natural,
  /** Tells apart tokens of the same page. */
  copy: Schema.Natural,
  /** The filters of the list, as a number. */
  list: Schema.Int,
  /** When the token was given, in epoch milliseconds; null for one that never expires. */
  given: Schema.NullOr(Schema.Int)
})

export type Token = typeof Token.Type

const Text = Schema.fromJsonString(Token)

const encodeText = Schema.encodeSync(Text)

const decodeText = Schema.decodeOption(Text)

// Real tokens hold `+`, `/` and `=`, and clients get them wrong. These begin with bytes that are written so, and their
// length is never a multiple of three.
const head = Uint8Array.of(0xfb, 0xff, 0xbf)

const encoder = new TextEncoder()

const decoder = new TextDecoder()

// Scrambled, so that nobody is tempted to look into one.
const scramble = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => byte ^ (uint32(7, i) & 0xff))

export const encode = (token: Token): string => {
  const text = encoder.encode(encodeText(token))
  const padding = (text.length % 3 === 0) ? 1 : 0
  const bytes = new Uint8Array(head.length + text.length + padding).fill(0x20)
  bytes.set(head)
  bytes.set(text, head.length)
  bytes.set(scramble(bytes.subarray(head.length)), head.length)
  return Base64.encode(bytes)
}

export const decode = (token: string): Option.Option<Token> => {
  const bytes = Result.getOrUndefined(Base64.decode(token))
  return bytes === undefined || bytes.length < head.length || !head.every((byte, i) => bytes[i] === byte)
    ? Option.none()
    : Option.filter(
      decodeText(decoder.decode(scramble(bytes.subarray(head.length)))),
      // One that was cut may still say all that it should.
      (found) => encode(found) === token
    )
}
