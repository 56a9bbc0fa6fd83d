/**
 * Tags: pairs of a key and a value that describe a SenderPool or a Sender.
 *
 * @module
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Tags as the server sends them.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Tags = Schema.Record(Schema.String, Schema.String)

export type Tags = typeof Tags.Type

/**
 * The limits of tags: their number, and the lengths of a key and of a value.
 *
 * @category constants
 * @since 0.1.0
 */
export const limits = { pairs: 10, key: 128, value: 256 } as const

const isTagText = (text: string, maxLength: number): boolean =>
  text.length <= maxLength && /^[a-zA-Z0-9._~-]+$/.test(text)

const form = (maxLength: number): string => `of 1 to ${maxLength} letters, digits, ".", "_", "~" or "-"`

/**
 * Tags as caller input: at most 10 pairs. A key has up to 128 characters, and a value up to 256. Both consist of
 * letters, digits, `.`, `_`, `~` and `-`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TagsFromCaller = Tags.check(Schema.makeFilter((tags: Tags) => {
  const pairs = Object.entries(tags)
  if (pairs.length > limits.pairs) return `Expected at most ${limits.pairs} tags, got ${pairs.length}`
  return pairs.flatMap(([key, value]) => [
    ...(isTagText(key, limits.key) ? [] : [{ path: [key], issue: `Expected a key ${form(limits.key)}` }]),
    ...(isTagText(value, limits.value) ? [] : [{ path: [key], issue: `Expected a value ${form(limits.value)}` }])
  ])
}, { toJsonSchema: () => ({ maxProperties: limits.pairs }) }))
