import * as Base64 from "effect/encoding/Base64"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** The content of a page token: where the page begins, of which list, and when the token was issued. */
export const Token = Schema.Struct({
  /** The position of the first item of the page. */
  at: Schema.Natural,
  /** Distinguishes tokens of the same page. */
  copy: Schema.Natural,
  /** A hash of the resource and the filters. */
  list: Schema.Int,
  /** When the token was issued, in epoch milliseconds. Null never expires. */
  given: Schema.NullOr(Schema.Int)
})

export type Token = typeof Token.Type

const Text = Schema.fromJsonString(Token)

const encodeText = Schema.encodeSync(Text)

const decodeText = Schema.decodeOption(Text)

// Real tokens hold `+`, `/` and `=`, which clients often encode wrongly. The first bytes give `+` and `/`, and a length
// that is never a multiple of three gives `=`.
const head = Uint8Array.of(0xfb, 0xff, 0xbf)

const encoder = new TextEncoder()

const decoder = new TextDecoder()

export const encode = (token: Token): string => {
  const text = encoder.encode(encodeText(token))
  const padding = (text.length % 3 === 0) ? 1 : 0
  const bytes = new Uint8Array(head.length + text.length + padding).fill(0x20)
  bytes.set(head)
  bytes.set(text, head.length)
  return Base64.encode(bytes)
}

export const decode = (token: string): Option.Option<Token> => {
  const bytes = Result.getOrUndefined(Base64.decode(token))
  return bytes === undefined || bytes.length < head.length || !head.every((byte, i) => bytes[i] === byte)
    ? Option.none()
    : Option.filter(
      decodeText(decoder.decode(bytes.subarray(head.length))),
      // A truncated token can still decode.
      (found) => encode(found) === token
    )
}
