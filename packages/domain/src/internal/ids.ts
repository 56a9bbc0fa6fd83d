// The two schemas of a kind of id: strict for ids that callers give, lenient for ids that the server sends.
import * as Schema from "effect/Schema"

/**
 * Makes both schemas.
 *
 * The published pattern has no end anchor and would accept an id followed by a path. This pattern has both anchors.
 * Examples in the API's documentation do not match its own pattern, so the server's ids can be any text.
 */
export const make = (
  type: string,
  { description, name, title }: { readonly title: string; readonly name: string; readonly description: string }
) => {
  const pattern = new RegExp(`^comms_${type}_[0-7][a-hjkmnpqrstv-z0-9]{25,34}$`, "u")
  const expected = `${name} such as comms_${type}_01h9krwprkeee8fzqspvwy6nq8`
  const id = Schema.String.annotate({ title, description, expected })
  return {
    fromCaller: id.check(Schema.isPattern(pattern, { expected })),
    fromServer: id.check(Schema.makeFilter((id: string) => id !== "", {
      expected,
      toJsonSchema: () => ({ pattern: pattern.source }),
      arbitraryConstraint: { patterns: [{ source: pattern.source, flags: pattern.flags }] }
    }))
  }
}
